"""Opening hours as people fill them in: a grid of days, or a few words when the grid cannot say it."""

from dataclasses import dataclass
from datetime import time
from re import ASCII, compile

from django import forms
from django.core.exceptions import ValidationError
from django.utils.dates import WEEKDAYS
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from places.french_hours import read_french_hours
from places.hours_grid import SPANS, Grid, Misfit, day_of, grid_of
from places.opening_hours import parse_horaires

# 9:30, 9h30, 9 h, 09.30, 9
CLOCK = compile(r"(\d{1,2})\s*(?:[:hH.]\s*(\d{2})?)?", ASCII)
LENGTH = 1000

Times = tuple[tuple[tuple[str, str], ...], ...]  # seven days of SPANS pairs of texts
NO_TIMES: Times = ((("", ""),) * SPANS,) * 7


@dataclass(frozen=True)
class TypedHours:
    """The grid and the words as they are on the screen."""

    times: Times = NO_TIMES
    closed_on_holidays: bool = False
    words: str = ""

    @classmethod
    def showing(cls, text: str) -> "TypedHours":
        """What shows these hours: the grid when it can, the words otherwise."""
        grid = grid_of(text)
        if grid is None:
            return cls(words=text)
        times = tuple(
            tuple((f"{start:%H:%M}", f"{end:%H:%M}") for start, end in day) + (("", ""),) * (SPANS - len(day))
            for day in grid.days
        )
        return cls(times, grid.closed_on_holidays)

    @property
    def has_times(self) -> bool:
        return any(clock for day in self.times for span in day for clock in span)


@dataclass(frozen=True)
class SpanInputs:
    from_name: str
    to_name: str
    start: str
    end: str


@dataclass(frozen=True)
class DayInputs:
    name: str
    spans: tuple[SpanInputs, ...]


def inputs(name: str, typed: TypedHours) -> list[DayInputs]:
    """Return the names and values of the inputs of a grid, day by day."""
    return [
        DayInputs(
            str(WEEKDAYS[number]).capitalize(),
            tuple(
                SpanInputs(f"{name}-{number}-{span}-de", f"{name}-{number}-{span}-a", start, end)
                for span, (start, end) in enumerate(times)
            ),
        )
        for number, times in enumerate(typed.times)
    ]


class HoursWidget(forms.Widget):
    """Collects the inputs that `places/moderation/_hours.html` draws."""

    use_fieldset = True

    def value_from_datadict(self, data, files, name) -> TypedHours:
        def typed(*parts) -> str:
            return str(data.get("-".join((name, *map(str, parts))), "")).strip()

        times = tuple(
            tuple((typed(day, span, "de"), typed(day, span, "a")) for span in range(SPANS)) for day in range(7)
        )
        return TypedHours(times, bool(typed("feries")), typed("mots").replace("\r\n", "\n"))

    def value_omitted_from_data(self, data, files, name) -> bool:
        return not any(key.startswith(f"{name}-") for key in data)


class HoursField(forms.Field):
    """Its value is a text: the OSM syntax whenever it can be said so."""

    widget = HoursWidget

    def __init__(self, *, most: int = LENGTH, **kwargs):
        self.most = most
        super().__init__(**kwargs)

    def prepare_value(self, value) -> TypedHours:
        return value if isinstance(value, TypedHours) else TypedHours.showing(value or "")

    def has_changed(self, initial, data) -> bool:
        return self.prepare_value(data) != TypedHours.showing(initial or "")

    def clean(self, value: TypedHours) -> str:
        if value.has_times:
            return self._grid(value).text
        if len(value.words) > self.most:
            too_long = ngettext("Horaires : %d signe au plus.", "Horaires : %d signes au plus.", self.most)
            raise ValidationError(too_long % self.most, code="max_length")
        return read_words(value.words)

    def _grid(self, value: TypedHours) -> Grid:
        days, misfits = [], []
        for number, times in enumerate(value.times):
            try:
                days.append(day_of([(clock(start), clock(end)) for start, end in times]))
            except Misfit as misfit:
                day = str(WEEKDAYS[number]).capitalize()
                misfits.append(_("%(day)s : %(hours)s") % {"day": day, "hours": misfit})
        if misfits:
            raise ValidationError(misfits, code="misfit")
        return Grid(tuple(days), value.closed_on_holidays)


def clock(text: str) -> time | None:
    """Read an hour as browsers and people write it; None for a blank; raise Misfit otherwise."""
    if not text:
        return None
    read = CLOCK.fullmatch(text.strip())
    if read:
        hour, minute = int(read[1]), int(read[2] or 0)
        if (hour, minute) == (24, 0):
            return time(0)
        if hour < 24 and minute < 60:
            return time(hour, minute)
    raise Misfit(_("« %s » n’est pas une heure. Écrivez par exemple 9:30.") % text[:20])


def read_words(words: str) -> str:
    """Return hours in words as OSM hours when they have one meaning, as they are otherwise."""
    if not words or parse_horaires(words):
        return words
    reading = read_french_hours(words)
    return reading.horaires if reading and reading.certain else words
