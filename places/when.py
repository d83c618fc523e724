"""When the visitor asks for: now, today, tomorrow, this week-end, within a week, or a chosen day and hour, in Paris."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from places.enumerations import any_of
from places.opening_hours import DAY, PARIS
from places.schedules import Slice
from places.spoken import clock, spoken_day, weekday

NOW, TODAY, TOMORROW, WEEKEND, CHOSEN = "maintenant", "aujourdhui", "demain", "weekend", "choisi"
WEEK = "semaine"  # asked for by /trouver/; the form of the list shows it only when a link asked for it
LABELS = {
    NOW: gettext_lazy("Maintenant"),
    TODAY: gettext_lazy("Aujourd’hui"),
    TOMORROW: gettext_lazy("Demain"),
    WEEKEND: gettext_lazy("Ce week-end"),
    CHOSEN: gettext_lazy("Un autre jour"),
    WEEK: gettext_lazy("Dans les 7 jours"),
}
PARAMETERS = ("quand", "jour", "heure", "inconnus")
# Days that may be asked for: a link to yesterday still says what it said; each other day is read for every schedule.
BEHIND, AHEAD = timedelta(days=31), timedelta(days=366)
SATURDAY = 5


@dataclass(frozen=True)
class When:
    """A time asked for; `unknown` keeps the places whose hours nobody knows then."""

    name: str
    now: datetime
    day: date | None = None
    hour: time | None = None
    unknown: bool = False

    @property
    def slices(self) -> tuple[Slice, ...]:
        """What of which days: being open during one of these minutes is enough. The past of today is no use."""
        today, minute = self.now.date(), _minutes(self.now.time())
        rest = Slice(today, minute, DAY)
        if self.name == NOW:
            return (Slice(today, minute, minute + 1),)
        if self.name == TODAY:
            return (rest,)
        if self.name == TOMORROW:
            return (_whole(today + timedelta(days=1)),)
        if self.name in (WEEKEND, WEEK):
            return tuple(rest if day == today else _whole(day) for day in self.days)
        if self.hour is not None:
            minute = _minutes(self.hour)
            return (Slice(self.day, minute, minute + 1),)
        return (rest if self.day == today else _whole(self.day),)

    @property
    def days(self) -> tuple[date, ...]:
        """The days asked for. On a Saturday or a Sunday, the week-end is the one that has begun."""
        today = self.now.date()
        if self.name == WEEKEND:
            saturday = today + timedelta(days=SATURDAY - today.weekday())
            return tuple(day for day in (saturday, saturday + timedelta(days=1)) if day >= today)
        if self.name == WEEK:
            return tuple(today + timedelta(days=number) for number in range(7))
        return (self.day or (today + timedelta(days=1) if self.name == TOMORROW else today),)

    @property
    def moves(self) -> bool:
        """Whether the next minute may answer otherwise."""
        return self.now.date() in self.days

    @property
    def label(self) -> str:
        """Say it in a chip."""
        if self.name != CHOSEN:
            return _("Ouvert : %s") % str(LABELS[self.name]).lower()
        day = spoken_day(self.day)
        return _("Ouvert : %s") % (day if self.hour is None else f"{day}, {clock(self.hour)}")

    @property
    def words(self) -> str:
        """Say it after « Lieux »."""
        words = self._words()
        return _("%s ou aux horaires inconnus") % words if self.unknown else words

    def _words(self) -> str:
        hour = clock(self.now.time())
        if self.name == NOW:
            return _("ouverts maintenant (%(day)s à %(time)s)") % {"day": weekday(self.now), "time": hour}
        if self.name == TODAY:
            return _("ouverts aujourd’hui (%(day)s, après %(time)s)") % {"day": weekday(self.now), "time": hour}
        if self.name == TOMORROW:
            return _("ouverts demain (%s)") % spoken_day(self.days[0])
        if self.name == WEEKEND:
            return _("ouverts ce week-end (%s)") % any_of(map(spoken_day, self.days))
        if self.name == WEEK:
            return _("ouverts dans les 7 jours (d’ici %s)") % spoken_day(self.days[-1])
        if self.hour is None:
            return _("ouverts le %s") % spoken_day(self.day)
        return _("ouverts le %(day)s à %(time)s") % {"day": spoken_day(self.day), "time": clock(self.hour)}


@dataclass(frozen=True)
class Controls:
    """The time asked for as the form shows it; `name` may be a choice whose day is still to give."""

    name: str
    day: str
    hour: str
    unknown: bool
    opened: bool
    first: str
    last: str

    @property
    def choices(self):
        return [(name, label) for name, label in LABELS.items() if name != WEEK or self.name == WEEK]


def controls(name: str, when: When | None, now: datetime) -> Controls:
    asked = parameters(when) if when else {}
    today = now.astimezone(PARIS).date()
    return Controls(
        name=when.name if when else name,
        day=asked.get("jour", ""),
        hour=asked.get("heure", ""),
        unknown="inconnus" in asked,
        opened=bool(when or name),
        first=today.isoformat(),
        last=(today + AHEAD).isoformat(),
    )


def read(data: Mapping[str, str], now: datetime, ignore: Callable[[str], None]) -> When | None:
    """Return the time that `quand`, `jour`, `heure` and `inconnus` ask for; what means nothing is given to `ignore`.

    A day not yet chosen asks for nothing, and so does a day left in the form beside another choice.
    """
    name = data.get("quand", "").strip()
    if name and name not in LABELS:
        ignore(name)
    if name not in LABELS:
        return None
    local = now.astimezone(PARIS).replace(second=0, microsecond=0)
    unknown = data.get("inconnus", "") == "oui"
    if name != CHOSEN:
        return When(name, local, unknown=unknown)
    day = _read(date.fromisoformat, data.get("jour", ""), ignore)
    hour = _read(time.fromisoformat, data.get("heure", ""), ignore)
    if day is None:
        return None
    if not local.date() - BEHIND <= day <= local.date() + AHEAD:
        ignore(data.get("jour", ""))
        return None
    return When(name, local, day, hour and hour.replace(second=0, microsecond=0, tzinfo=None), unknown)


def parameters(when: When) -> dict[str, str]:
    """Return the parameters that ask for it again. Now stays now: the clock is never written."""
    asked = {"quand": when.name}
    if when.day:
        asked["jour"] = when.day.isoformat()
    if when.hour is not None:
        asked["heure"] = when.hour.strftime("%H:%M")
    if when.unknown:
        asked["inconnus"] = "oui"
    return asked


def _read(reader: Callable, text: str, ignore: Callable[[str], None]):
    try:
        return reader(text.strip()) if text.strip() else None
    except ValueError:
        ignore(text)
        return None


def _whole(day: date) -> Slice:
    return Slice(day, 0, DAY)


def _minutes(moment: time) -> int:
    return moment.hour * 60 + moment.minute
