"""What leaves: places as plain data, the national file valid to the letter, and the formats of both."""

from places.exporting.formats import FORMATS, Format, TooManyForASpreadsheet
from places.exporting.publication import Publication

__all__ = ["FORMATS", "Format", "Publication", "TooManyForASpreadsheet"]
