"""What a resident has answered so far, read from the address, and the addresses that hold one answer more."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from django.http import QueryDict
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from places import geo, when
from places.finding.needs import NEEDS, Need
from places.near.gazetteer import Spot
from places.near.start import MY_POSITION, Start
from places.when import When

TIMES = {
    when.NOW: gettext_lazy("Maintenant"),
    when.TODAY: gettext_lazy("Aujourd’hui"),
    when.WEEK: gettext_lazy("Cette semaine"),
}
DECIMALS = 4  # of a degree: about ten metres, enough to walk from
WORST_PRECISION = 50_000  # metres
STEPS = ("find", "find_where", "find_when", "find_results")


@dataclass(frozen=True)
class Answer:
    """One answer as the results repeat it, with the address where it is given again."""

    pictogram: str
    title: str
    address: str


@dataclass(frozen=True)
class Asked:
    """The answers to the three questions; None for what was not answered, or answered “any”.

    `changing` says that all three were answered once: one more answer leads back to the results.
    """

    now: datetime
    need: Need | None = None
    start: Start | None = None
    precision: int | None = None
    when: When | None = None
    changing: bool = False
    ignored: list[str] = field(default_factory=list)

    @classmethod
    def read(cls, data: QueryDict, now: datetime) -> "Asked":
        """Read what means something; the rest is listed in `ignored`."""
        ignored: list[str] = []
        slug = data.get("besoin", "").strip()
        if slug and slug not in NEEDS:
            ignored.append(slug)
        start = Start.read(data)
        if start:
            start = Start(start.text, geo.Point(*(round(degrees, DECIMALS) + 0.0 for degrees in start.point)))
        elif data.get("point", "").strip():
            ignored.append(data["point"])
        chosen = data.get("quand", "").strip()
        if chosen and chosen not in TIMES:
            ignored.append(chosen)
        return cls(
            now,
            NEEDS.get(slug),
            start,
            _metres(data.get("precision", "")) if start else None,
            when.read(data, now, ignored.append) if chosen in TIMES else None,
            data.get("changer") == "oui",
            [text.replace("\x00", "")[:60] for text in ignored],
        )

    @property
    def parameters(self) -> dict[str, str]:
        """The answers as the address writes them, always in the same order."""
        found = {"besoin": self.need.slug} if self.need else {}
        if self.start:
            found |= {"autour": self.start.text} if self.start.text else {}
            found["point"] = geo.write_point(self.start.point)
            if self.precision:
                found["precision"] = str(self.precision)
        if self.when:
            found["quand"] = self.when.name
        if self.changing:
            found["changer"] = "oui"
        return found

    def address(self, step: str, *without: str, **answers: str) -> str:
        """Return the address of a step that holds these answers, some left out, others given."""
        kept = {name: value for name, value in (self.parameters | answers).items() if name not in without}
        return written(step, kept)

    def next(self, step: str, *without: str, **answers: str) -> str:
        """Return the address that answering a step leads to: the next one, or the results when all is answered."""
        if self.changing:
            return self.address("find_results", "changer", *without, **answers)
        return self.address(STEPS[STEPS.index(step) + 1], *without, **answers)

    @property
    def canonical(self) -> str:
        """Return the address of the results for the need alone: what search engines know, and never where one is."""
        return self.address("find_results", "autour", "point", "precision", "quand", "changer")

    def place_address(self, slug: str) -> str:
        """Return the address of a place's card, which leads back to these results."""
        return written("find_place", self.parameters, slug)

    @property
    def answers(self) -> list[Answer]:
        """The three answers, in words."""
        need, start, time = self.need, self.start, self.when
        any_need, any_time = _("Tous les besoins"), _("N’importe quand")
        return [
            Answer(need.slug if need else "partout", need.title if need else any_need, self._again("find")),
            Answer("adresse" if start else "partout", self._where(), self._again("find_where")),
            Answer(time.name if time else "partout", TIMES[time.name] if time else any_time, self._again("find_when")),
        ]

    def _again(self, step: str) -> str:
        return self.address(step, changer="oui")

    def _where(self) -> str:
        if self.start is None:
            return _("Partout")
        if self.start.text not in ("", MY_POSITION):
            return _("Près de : %s") % self.start.text
        if self.precision is None:
            return _("Près de vous")
        return ngettext(
            "Près de vous, à %(metres)d mètre près", "Près de vous, à %(metres)d mètres près", self.precision
        ) % {"metres": self.precision}

    def starting(self, spot: Spot) -> str:
        """Return the address that choosing a spot to start from leads to."""
        return self.next("find_where", "precision", autour=spot.name, point=geo.write_point(spot.point))

    def hidden(self, *without: str) -> list[tuple[str, str]]:
        """The answers as the fields that a form sends again unseen."""
        return [(name, value) for name, value in self.parameters.items() if name not in without]


def written(name: str, parameters: Mapping[str, str], *arguments: str) -> str:
    query = QueryDict(mutable=True)
    query.update(parameters)
    address = reverse(f"places:{name}", args=arguments)
    return f"{address}?{query.urlencode()}" if query else address


def _metres(text: str) -> int | None:
    """Return a precision in metres, None when it is none."""
    return int(text) if text.isascii() and text.isdecimal() and 0 < int(text[:6]) <= WORST_PRECISION else None
