"""Files of the national standard, read, compared with the base, and applied in one transaction."""

from places.importing.applying import apply_file, apply_run, decide, import_places, read_file
from places.importing.report import Report

__all__ = ["Report", "apply_file", "apply_run", "decide", "import_places", "read_file"]
