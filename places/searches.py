"""Counting what is searched and what finds nothing, without cookie, address or word: what the territory lacks.

A process adds up for a minute before it writes: reading pages does not write at each page.
"""

import logging
import re
import time
from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, timedelta
from threading import Lock

from django.conf import settings
from django.db import Error, connection
from django.db.models import Sum
from django.utils import timezone

from places.filters import PlaceFilter
from places.lexicon import Entry
from places.models import SearchCount
from places.territories.subjects import Subject, subjects
from places.understanding import Unit
from places.vocabularies import VOCABULARIES

logger = logging.getLogger(__name__)
EVERY = 60  # seconds between two writings of one process
MOST = 2_000  # rows waiting, when the database does not take them
SHOWN_DAYS = 90
FEWEST = 5  # below, a number might be one person's
SHOWN_FIRST = 15
AREAS = ("qpv", "quartier")
ROBOTS = re.compile(r"bot|crawl|spider|slurp|preview|monitor|curl|python", re.IGNORECASE)
ADD = """
INSERT INTO places_searchcount (day, subject, territory, asked, found_nothing) VALUES (%s, %s, %s, %s, %s)
ON CONFLICT (day, subject, territory) DO UPDATE SET
    asked = places_searchcount.asked + excluded.asked,
    found_nothing = places_searchcount.found_nothing + excluded.found_nothing
"""
_lock = Lock()
_asked: Counter[tuple[date, str, str]] = Counter()
_nothing: Counter[tuple[date, str, str]] = Counter()
_written_at = time.monotonic()


@dataclass(frozen=True)
class Need:
    """How often a subject was searched lately, and how often nothing was found."""

    subject: Subject
    asked: int
    found_nothing: int


def note(request, subjects: Collection[str], found: int, territory: str = "") -> None:
    """Count the keys of subjects of which `found` places were shown, once for the first page of the results."""
    if not settings.COUNT_SEARCHES or not subjects or request.GET.get("page", "1") != "1":
        return
    if ROBOTS.search(request.headers.get("User-Agent", "")):
        return
    today = timezone.localdate()
    with _lock:
        for subject in subjects:
            key = (today, subject, territory)
            if len(_asked) < MOST or key in _asked:
                _asked[key] += 1
                _nothing[key] += found == 0
        due = time.monotonic() - _written_at > EVERY
    if due:
        flush()


def subjects_of(question: PlaceFilter) -> set[str]:
    """Return the keys of what was ticked, and of the terms that the words were understood as; the words stay unsaid."""
    ticked = {f"{name}:{entry.slug}" for name in VOCABULARIES for entry in question.chosen(name)}
    return ticked | {f"{entry.vocabulary}:{entry.slug}" for unit in question.said.units for entry in _meant(unit)}


def _meant(unit: Unit) -> set[Entry]:
    """Return the terms of an expression of the public, but those that only hold it; else those that a word names."""
    return {*unit.meaning.entries} - unit.meaning.wide if unit.meaning else {*unit.entries}


def territory_of(question: PlaceFilter) -> str:
    """Return `kind:code` of the first territory of the question."""
    return next((f"{kind}:{code}" for kind in AREAS if (code := question.data.get(kind, ""))), "")[:40]


def flush() -> None:
    """Write what was counted; what the database does not take now waits for the next time."""
    global _written_at
    with _lock:
        counted = [(*key, number, _nothing[key]) for key, number in _asked.items()]
        _asked.clear()
        _nothing.clear()
        _written_at = time.monotonic()
    if not counted:
        return
    try:
        with connection.cursor() as cursor:
            cursor.executemany(ADD, sorted(counted))
    except Error:
        logger.warning("searches not counted", extra={"rows": len(counted)})
        with _lock:
            for day, subject, territory, asked, nothing in counted:
                _asked[day, subject, territory] += asked
                _nothing[day, subject, territory] += nothing


def needs(today: date) -> list[Need]:
    """Return what was searched most in the last SHOWN_DAYS, first what found nothing most often."""
    since = SearchCount.objects.filter(day__gt=today - timedelta(days=SHOWN_DAYS))
    rows = since.values("subject").annotate(times=Sum("asked"), nothing=Sum("found_nothing")).filter(times__gte=FEWEST)
    known = {subject.key: subject for subject in subjects()}
    found = [
        Need(known[row["subject"]], row["times"], row["nothing"])
        for row in rows.order_by("-times", "subject")
        if row["subject"] in known
    ][:SHOWN_FIRST]
    return sorted(found, key=lambda need: (-need.found_nothing, -need.asked))
