"""No zero before the day, the month in the genitive."""

DATE_FORMAT = "j E Y"
MONTH_DAY_FORMAT = "j E"
