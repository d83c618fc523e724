"""No zero before the day."""

DATE_FORMAT = "j F Y"
MONTH_DAY_FORMAT = "j F"
