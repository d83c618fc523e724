"""Small GTFS feeds to test with: a city of two lines, in which a test names only what it changes."""

import csv
import io
import zipfile
from pathlib import Path

Table = list[dict[str, str]]

WEEKDAYS = dict.fromkeys(("monday", "tuesday", "wednesday", "thursday", "friday"), "1") | {
    "saturday": "0",
    "sunday": "0",
}
EVERY_DAY = dict.fromkeys(WEEKDAYS, "1")

# Three stops in the streets of Roubaix some 500 m apart, then one far away.
STOPS: Table = [
    {"stop_id": "A", "stop_name": "Gare", "stop_lat": "50.6950", "stop_lon": "3.1640"},
    {"stop_id": "B", "stop_name": "Grand-Place", "stop_lat": "50.6916", "stop_lon": "3.1740"},
    {"stop_id": "C", "stop_name": "Eurotéléport", "stop_lat": "50.6913", "stop_lon": "3.1798"},
    {"stop_id": "L", "stop_name": "Lille", "stop_lat": "50.6370", "stop_lon": "3.0700"},
]


def tables(**changed: Table) -> dict[str, Table]:
    """Return the tables of a sound feed: a metro (A, B, C at 8:00 on weekdays) and a bus (C, B at 23:50 every day)."""
    sound = {
        "agency": [{"agency_id": "1", "agency_name": "Réseau", "agency_timezone": "Europe/Paris"}],
        "stops": STOPS,
        "routes": [
            {"route_id": "M", "route_short_name": "M2", "route_type": "1", "route_color": "E30613"},
            {"route_id": "N", "route_short_name": "36", "route_long_name": "Gare – Hem", "route_type": "3"},
        ],
        "trips": [
            {"route_id": "M", "service_id": "semaine", "trip_id": "m1", "trip_headsign": "C. H. Dron"},
            {"route_id": "N", "service_id": "toujours", "trip_id": "n1", "trip_headsign": ""},
        ],
        "stop_times": [
            *calls("m1", ("A", "08:00:00"), ("B", "08:02:00"), ("C", "08:04:00")),
            *calls("n1", ("C", "23:50:00"), ("B", "24:10:00")),
        ],
        "calendar": [
            {"service_id": "semaine", **WEEKDAYS, "start_date": "20261101", "end_date": "20261231"},
            {"service_id": "toujours", **EVERY_DAY, "start_date": "20261101", "end_date": "20261231"},
        ],
    }
    return sound | changed


def calls(trip: str, *times: tuple[str, str]) -> Table:
    """Return the stop times of a trip from `(stop, time)`, arriving and leaving at the same time."""
    return [
        {"trip_id": trip, "stop_sequence": str(rank), "stop_id": stop, "arrival_time": time, "departure_time": time}
        for rank, (stop, time) in enumerate(times, start=1)
    ]


def as_text(table: Table, *, end: str = "\n") -> str:
    columns = list(dict.fromkeys(column for row in table for column in row))
    text = io.StringIO()
    writer = csv.DictWriter(text, columns, restval="", lineterminator=end)
    writer.writeheader()
    writer.writerows(table)
    return text.getvalue()


def packed(contents: dict[str, str | bytes], folder: str = "") -> bytes:
    """Return a zip of these files."""
    zipped = io.BytesIO()
    with zipfile.ZipFile(zipped, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in contents.items():
            archive.writestr(f"{folder}{name}", content)
    return zipped.getvalue()


def feed(**changed: Table) -> bytes:
    """Return the zip of a sound feed with some tables changed; an empty table is a file that is not there."""
    return packed({f"{name}.txt": as_text(table) for name, table in tables(**changed).items() if table})


def saved(folder: Path, content: bytes, name: str = "gtfs.zip") -> str:
    path = folder / name
    path.write_bytes(content)
    return str(path)
