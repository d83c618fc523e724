"""Days before months, as in Europe."""

DATE_FORMAT = "j F Y"
MONTH_DAY_FORMAT = "j F"
