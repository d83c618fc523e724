"""Where the visitor starts from: what was typed, and the point that was found for it."""

from dataclasses import dataclass

from django.http import QueryDict
from django.utils.translation import gettext as _

from places import geo
from places.geo import Point
from places.text import fold

MAX_LENGTH = 120
MY_POSITION = "ma position"  # folded: what the button of the page writes


@dataclass(frozen=True)
class Start:
    text: str
    point: Point

    @classmethod
    def read(cls, data: QueryDict) -> "Start | None":
        """Read `autour` and its `point`; None when there is no point, or one that was found for another text.

        A form without JavaScript sends the old point again when the text changes; `repere` is the text of that point.
        """
        text = typed(data)
        point = geo.parse_point(data.get("point", ""))
        if point is None or fold(data.get("repere") or text) != fold(text):
            return None
        return cls(text, point)

    @property
    def words(self) -> str:
        """The start as the end of a sentence: “autour de…”."""
        if not self.text:
            return _("ce point")
        return _("ma position") if fold(self.text) == MY_POSITION else _("« %s »") % self.text


def typed(data: QueryDict) -> str:
    """Return what was typed to start from, in one line and not too long."""
    return " ".join(data.get("autour", "").replace("\x00", " ").split())[:MAX_LENGTH]
