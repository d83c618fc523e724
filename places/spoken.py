"""Hours and days as people say them in the language of the page, never cut by a line."""

from datetime import date, datetime, time

from django.utils.formats import date_format
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from places.translated import is_french

# Which write days and months without a capital, where Django’s own catalogues begin them with one.
SMALL_LETTERS = ("pt", "ro", "uk", "pl")


def clock(moment: time | datetime) -> str:
    """Write a time: `9 h`, `13 h 30`, `minuit`."""
    if (moment.hour, moment.minute) == (0, 0):
        return _("minuit")
    return _("%d h") % moment.hour if not moment.minute else _("%d h %02d") % (moment.hour, moment.minute)


def spoken_day(day: date, *, year: bool = False) -> str:
    """Write a day, with its year when it may be another than this one or the next: `mardi 1er décembre`."""
    return _("%(weekday)s %(date)s") % {"weekday": weekday(day), "date": dated(day, year=year)}


def short_day(day: date) -> str:
    """Write a day of the month that is told already: `mardi 1er`."""
    return _("%(weekday)s %(number)s") % {"weekday": weekday(day), "number": _number(day)}


def weekday(day: date) -> str:
    return _as_inside(date_format(day, "l"))


def dated(day: date, *, year: bool = False) -> str:
    """Write a day without its name: `1er décembre`, `1er décembre 2026`."""
    said = _as_inside(date_format(day, "DATE_FORMAT" if year else "MONTH_DAY_FORMAT"))
    if said.startswith("1 "):
        said = _number(day) + said[1:]
    return said.replace(" ", "\u00a0", 1)


def _number(day: date) -> str:
    return "1er" if day.day == 1 and is_french(get_language()) else str(day.day)


def _as_inside(said: str) -> str:
    """Write the name of a day or of a month as inside a sentence."""
    return said.lower() if get_language() in SMALL_LETTERS else said
