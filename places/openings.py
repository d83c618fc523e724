"""What a result says of time beside being open now: the hours of the day asked for, and the permanence that answers."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import groupby

from django.utils.translation import gettext as _

from places.enumerations import all_of, listed
from places.models import Permanence, Place
from places.opening_hours import PARIS, Day, Hours, State, is_holiday, parse_horaires
from places.spoken import clock, spoken_day, weekday
from places.text import searchable
from places.translated import isolated
from places.understanding import Understood
from places.when import NOW, TODAY, When

AHEAD = 60  # days; a permanence held less often than that is said as it is written
NEEDS = ("services", "demarches", "themes", "materiel", "ateliers")


@dataclass(frozen=True)
class PermanenceInBrief:
    """One line: which permanence, and when it is held."""

    title: str
    held: str
    by_appointment: bool | None


def hours_asked(hours: Hours | None, when: When | None) -> list[str]:
    """Return the hours of each day asked for, `samedi 28 novembre : 9 h – 12 h`; nothing for now, which is said."""
    if hours is None or when is None or when.name in (NOW, TODAY):
        return []
    return [
        _("%(day)s : %(hours)s") % {"day": spoken_day(day.date), "hours": spans_of(day)}
        for day in map(hours.day, when.days)
    ]


def answering(
    place: Place, permanences: Iterable[Permanence], asked: Mapping[str, int], said: Understood, when: When | None
) -> list[Permanence]:
    """Return the permanences that answer what was asked: by what they offer, by their name, or by being held then."""
    wanted = {name: asked.get(name, 0) for name in NEEDS}
    for entry in (entry for unit in said.units for entry in unit.entries if entry.vocabulary in NEEDS):
        wanted[entry.vocabulary] |= entry.mask
    typed = [unit.sought(text) for unit in said.units for text in unit.texts]

    def answers(permanence: Permanence) -> bool:
        if any(getattr(permanence, name).mask & mask for name, mask in wanted.items()):
            return True
        title = f"{searchable(permanence.title)} "
        if any(text in title for text in typed):
            return True
        if when is None or any(wanted.values()):
            return False
        return is_held(permanence.horaires, when) and not is_held(place.horaires, when)

    return [permanence for permanence in permanences if answers(permanence)]


def is_held(horaires: str, when: When) -> bool:
    """Tell whether these hours are open for sure at some time of those asked for."""
    hours = parse_horaires(horaires)
    return hours is not None and any(
        piece.state is State.OPEN and piece.start < asked.end and asked.start < piece.end
        for asked in when.slices
        for piece in hours.pieces(asked.day)
    )


def in_brief(permanence: Permanence, when: When | None, now: datetime) -> PermanenceInBrief:
    """Say when a permanence is held: on the days asked for, else on which days of the week, else the next time."""
    return PermanenceInBrief(permanence.title, held(permanence.horaires, when, now), permanence.by_appointment)


def held(horaires: str, when: When | None, now: datetime) -> str:
    hours = parse_horaires(horaires)
    if hours is None:
        return horaires.strip() or _("horaires non renseignés")
    today = now.astimezone(PARIS).date()
    if when is not None:
        asked = [hours.day(day) for day in when.days]
        if said := [f"{spoken_day(day.date)} {spans_of(day)}" for day in asked if day.spans and not day.uncertain]:
            return listed(said)
    return _by_weekday(hours, today) or next_time(hours, today) or horaires


def spans_of(day: Day) -> str:
    """Return the spans of a day in words, `9 h – 12 h et 14 h – 17 h`, and whether a holiday makes them doubtful."""
    return _("%s (jour férié : à vérifier)") % _said(day) if day.uncertain else _said(day)


def _said(day: Day) -> str:
    if [(span.start, span.end) for span in day.spans] == [(time(), time())]:
        return _("toute la journée")
    spans = [_("%(from)s – %(to)s") % {"from": clock(span.start), "to": clock(span.end)} for span in day.spans]
    return all_of(spans) or _("fermé")


def next_time(hours: Hours, first: date) -> str:
    """Say the first day it is held from `first`, with its date; blank when that is far away."""
    for n in range(AHEAD):
        day = hours.day(first + timedelta(days=n))
        if day.spans:
            return f"{spoken_day(day.date)} {spans_of(day)}"
    return ""


def usual_week(hours: Hours, today: date) -> list[tuple[str, str]]:
    """Say which days have which hours, `du lundi au vendredi` and `9 h – 12 h`, in the next week without a holiday.

    Closed days are said too. Empty when one week is not like the next.
    """
    monday = today - timedelta(days=today.weekday())
    while any(is_holiday(monday + timedelta(days=n)) for n in range(14)):
        monday += timedelta(days=7)
    days, others = (hours.week(first) for first in (monday, monday + timedelta(days=7)))
    if [day.spans for day in days] != [day.spans for day in others]:
        return []
    runs = [(said, list(run)) for said, run in groupby(days, key=_said_whole)]
    return [(_from_to(run), said) for said, run in runs]


def _said_whole(day: Day) -> str:
    """The spans of a day, and what the hours say beside the clock (`sur rendez-vous`)."""
    comments = ", ".join(dict.fromkeys(isolated(span.comment) for span in day.spans if span.comment))
    return f"{_said(day)} ({comments})" if comments else _said(day)


def _from_to(run: list[Day]) -> str:
    first, last = (weekday(day.date) for day in (run[0], run[-1]))
    if len(run) == 1:
        return first
    if len(run) == 2:
        return all_of([first, last])
    return _("du %(first)s au %(last)s") % {"first": first, "last": last}


def _by_weekday(hours: Hours, first: date) -> str:
    """Gather the days that have the same spans, in the order of the week; blank when weeks differ, or hold nothing."""
    days, others = ([hours.day(first + timedelta(days=n)) for n in range(start, start + 7)] for start in (0, 7))
    if [day.spans for day in days] != [day.spans for day in others]:
        return ""
    same: dict[str, list[str]] = {}
    for day in sorted(days, key=lambda day: day.date.weekday()):
        if day.spans:
            same.setdefault(_said(day), []).append(weekday(day.date))
    return _(" ; ").join(f"{all_of(names)} {spans}" for spans, names in same.items())
