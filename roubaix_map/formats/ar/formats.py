"""No comma before the year, and digits grouped as in the Maghreb, where they are the ones written here too."""

DATE_FORMAT = "j F Y"
THOUSAND_SEPARATOR = "\u00a0"
NUMBER_GROUPING = 3
