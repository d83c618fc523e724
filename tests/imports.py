"""Files to import: rows of the standard written in every format and state."""

import csv
import io

from places.standard import COLUMNS

ROW = {
    "id": "1",
    "pivot": "43493312300029",
    "nom": "Mairie",
    "commune": "Roubaix",
    "code_postal": "59100",
    "adresse": "17 Grand Place",
    "date_maj": "2026-01-02",
}
CLEAN = {"modifiees": 0, "inchangees": 0, "refusees": 0, "corrigees": 0}


def as_csv(*rows: dict, header=COLUMNS, delimiter=",", encoding="utf-8") -> bytes:
    """Write rows under a header; what a row lacks is blank."""
    text = io.StringIO()
    writer = csv.DictWriter(text, header, restval="", extrasaction="ignore", delimiter=delimiter)
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode(encoding)
