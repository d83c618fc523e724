"""Places as plain data, read in batches whatever their number: what the API and every file say of them.

A record holds the 32 columns of the schema under their own names, then ours. Lists are lists of official texts, dates
are ISO, and what is not known is None or an empty list.
"""

from collections.abc import Iterator, Sequence
from datetime import date
from functools import lru_cache
from itertools import islice
from typing import Any

from django.urls import reverse

from places.fields import TermSet
from places.models import Permanence, Place, Territory
from places.models.place import PlaceQuerySet
from places.standard import COLUMNS
from places.vocabularies import LOCAL, OFFERED, VOCABULARIES

BATCH = 500
AREAS = ("quartier", "qpv", "iris")
AREA = ("code", "next_code", "nom", "vintage")
HELD = ("title", "details", "horaires", "by_appointment", "host", "contact")
OURS = ("verification", "verified_on", "position_quality", "slug", "changed_at", "aliases")
Record = dict[str, Any]


def records(places: PlaceQuerySet, root: str) -> Iterator[Record]:
    """Yield the records of the public ones of these places, in their order; `root` is the address of the site.

    The base sorts the identifiers alone: sorting whole rows would hold them all in memory before giving the first.
    """
    identifiers = places.values_list("pk", flat=True).iterator(chunk_size=BATCH)
    card = root.rstrip("/") + reverse("places:detail", args=["SLUG"])
    texts = lru_cache(maxsize=10_000)(lambda vocabulary, mask: TermSet(vocabulary, mask).values)
    while batch := list(islice(identifiers, BATCH)):
        rows, held = _rows(batch), _permanences(batch)
        for identifier in batch:
            if identifier in rows:  # still public: the reading of a long file takes a while
                yield _record(rows[identifier], held.get(identifier, []), card, texts)


def _rows(ids: Sequence[str]) -> dict[str, Record]:
    areas = [f"{area}__{name}" for area in AREAS for name in AREA]
    rows = Place.objects.published().order_by().filter(pk__in=ids)
    return {row["id"]: row for row in rows.values(*COLUMNS, *LOCAL, *OURS, "import_source__name", *areas)}


def _permanences(ids: Sequence[str]) -> dict[str, list[Record]]:
    held: dict[str, list[Record]] = {}
    for permanence in Permanence.objects.filter(place__in=ids):
        said = {name: _plain(getattr(permanence, name)) for name in HELD}
        said |= {name: getattr(permanence, name).values for name in OFFERED}
        held.setdefault(permanence.place_id, []).append(said)
    return held


def _record(row: Record, permanences: list[Record], card: str, texts) -> Record:
    record = {
        name: texts(name, row[name]) if name in VOCABULARIES else _plain(row[name])
        for name in (*COLUMNS, *LOCAL, *OURS)
    }
    record["card_url"] = card.replace("SLUG", row["slug"])
    record["import_source"] = _plain(row["import_source__name"])
    for area in AREAS:
        record[area] = {name: _plain(row[f"{area}__{name}"]) for name in AREA} if row[f"{area}__code"] else None
    record["permanences"] = permanences
    return record


def territory(area: Territory, *, outline: bool = False) -> Record:
    """Return a territory as plain data, with its simplified outline when asked."""
    names = ("kind", *AREA, "source", "indicators")
    record = {name: _plain(getattr(area, name)) for name in names}
    record["bbox"] = [area.west, area.south, area.east, area.north]
    return record | ({"outline": area.outline} if outline else {})


def _plain(value):
    if isinstance(value, date):  # moments too: always in UTC, as the database gives them
        return value.isoformat()
    return None if value == "" else value
