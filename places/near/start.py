"""Where the visitor starts from: what was typed, and the point that was found for it."""

from dataclasses import dataclass
from functools import cache

from django.conf import settings
from django.http import QueryDict
from django.utils import translation
from django.utils.translation import gettext as _

from places import geo
from places.geo import Point

MAX_LENGTH = 120
MY_POSITION = "Ma position"  # as it is read here, in whatever language the button of the page wrote it


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
        if point is None or (_known(data.get("repere", "")) or text).casefold() != text.casefold():
            return None
        return cls(text, point)

    @property
    def around(self) -> str:
        """Say it in a chip."""
        return self._said(_("Autour de ce point"), _("Autour de ma position"), _("Autour de « %(start)s »"))

    def within(self, minutes: int) -> str:
        """Say, after « Lieux », how far one walks from there."""
        return self._said(
            _("à moins de %(minutes)d minutes à pied de ce point"),
            _("à moins de %(minutes)d minutes à pied de ma position"),
            _("à moins de %(minutes)d minutes à pied de « %(start)s »"),
            minutes=minutes,
        )

    def nearest_first(self, places: str) -> str:
        """Say in which order these places, already in words, are shown."""
        return self._said(
            _("%(places)s, du plus proche au plus loin de ce point"),
            _("%(places)s, du plus proche au plus loin de ma position"),
            _("%(places)s, du plus proche au plus loin de « %(start)s »"),
            places=places,
        )

    def _said(self, from_point: str, from_position: str, from_name: str, **values) -> str:
        if not self.text:
            return from_point % values
        return from_position % values if self.text == MY_POSITION else from_name % (values | {"start": self.text})


def typed(data: QueryDict) -> str:
    """Return what was typed to start from, in one line and not too long."""
    return _known(data.get("autour", ""))


def shown(text: str) -> str:
    """Return what was typed as the field shows it again."""
    return _("Ma position") if text == MY_POSITION else text


def _known(text: str) -> str:
    text = " ".join(text.replace("\x00", " ").split())[:MAX_LENGTH]
    return MY_POSITION if text.casefold() in _own_positions() else text


@cache
def _own_positions() -> frozenset[str]:
    """What the button of the page writes, in each language: a link may be read in another one."""
    said = {MY_POSITION.casefold()}
    for code, _name in settings.LANGUAGES:
        with translation.override(code):
            said.add(_("Ma position").casefold())
    return frozenset(said)
