"""Hours and days as French people say them, never cut by a line."""

from datetime import date, datetime, time

from django.utils.formats import date_format
from django.utils.translation import gettext as _


def clock(moment: time | datetime) -> str:
    """Write a time: `9 h`, `13 h 30`, `minuit`."""
    if (moment.hour, moment.minute) == (0, 0):
        return _("minuit")
    return _("%d h") % moment.hour if not moment.minute else _("%d h %02d") % (moment.hour, moment.minute)


def spoken_day(day: date) -> str:
    """Write a day of this year or the next: `mardi 1er décembre`."""
    return f"{date_format(day, 'l')} {dated(day)}"


def dated(day: date, *, year: bool = False) -> str:
    """Write a day without its name: `1er décembre`, `1er décembre 2026`."""
    number = _("1er") if day.day == 1 else day.day
    return f"{number}\u00a0{date_format(day, 'F Y' if year else 'F')}"
