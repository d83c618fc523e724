"""From what was typed to where it is: our own names, then the national geocoder, and what to say when in doubt."""

from dataclasses import dataclass, field

from django.conf import settings
from django.http import QueryDict
from django.utils.translation import gettext as _

from places import geo
from places.near import gazetteer, geocoder
from places.near.gazetteer import Spot
from places.near.start import MY_POSITION, Start, typed
from places.near.words import plain

MOST_CHOICES = 6


@dataclass(frozen=True)
class Found:
    """The spots that a text may mean, the best first; `silent` when the geocoder was asked in vain."""

    spots: list[Spot]
    silent: bool = False
    only_street: bool = False

    @property
    def one(self) -> Spot | None:
        """The spot that the text means, when there is no doubt."""
        sure = [spot for spot in self.spots if spot.exact] or self.spots
        return sure[0] if len(sure) == 1 and not self.only_street else None


def find(text: str, who: str) -> Found:
    """Return what a text may mean; `who` asks, as `limits.allowed` counts."""
    ours = gazetteer.search(text)
    if any(spot.exact for spot in ours):
        return Found(ours)
    try:
        theirs = geocoder.search(text, who)
        silent = False
    except geocoder.NoAnswer:
        theirs, silent = [], bool(settings.GEOCODER_URL)
    spots = sorted([*ours, *theirs], key=lambda spot: not spot.exact)
    if not spots and (street := gazetteer.street_alone(text)):
        return Found(gazetteer.search(street), silent, only_street=True)
    return Found(list(gazetteer.distinct(spots)), silent)


@dataclass(frozen=True)
class Choice:
    """One of several spots that a text may mean, and the address of the question that starts there."""

    spot: Spot
    query: str


@dataclass
class Around:
    """What the page knows of the start that is asked for, before the question: found, several, nowhere, or given."""

    data: QueryDict
    text: str = ""
    found: str = ""  # the question with the point that was found
    choices: list[Choice] = field(default_factory=list)
    sentences: list[str] = field(default_factory=list)

    @classmethod
    def read(cls, data: QueryDict, who: str) -> "Around":
        """Look for the start of a question that has none yet; ask the geocoder only then."""
        around = cls(data.copy(), typed(data))
        start = Start.read(data)
        if start is None:
            around._look_for(who)
        elif (rounded := geo.write_point(start.point)) != data["point"]:
            # No address of ours, printed or shared, says where somebody is to the centimetre.
            around.data["point"] = rounded
            around.found = around.data.urlencode()
        return around

    def _look_for(self, who: str) -> None:
        asked, minutes = self.data.copy(), self.data.get("minutes", "")
        for name in ("autour", "repere", "minutes"):
            self.data.pop(name, None)
        if geo.parse_point(self.data.get("point", "")):
            self.data.pop("point")  # that of the text that was there before
        if not plain(self.text):
            if minutes:
                self.sentences.append(_("Pour choisir un temps de marche, dites d’abord d’où vous partez."))
            return
        if self.text == MY_POSITION:
            self.sentences.append(
                _("Votre position se donne avec le bouton « Ma position », ou en écrivant une adresse.")
            )
            return
        found = find(self.text, who)
        if found.silent:
            self.sentences.append(
                _("Le service national d’adresses ne répond pas : voici ce que la carte connaît elle-même.")
            )
        if spot := found.one:
            self.found = starting(asked, spot)
            return
        self.choices = [Choice(spot, starting(asked, spot)) for spot in found.spots[:MOST_CHOICES]]
        self.sentences.append(self._doubt(found))

    def _doubt(self, found: Found) -> str:
        if not found.spots:
            return _("« %s » n’a pas été trouvé : voici tous les lieux.") % self.text
        if found.only_street:
            return _("Le numéro n’a pas été trouvé. Partir de la rue ?")
        return _("« %s » : d’où partez-vous ?") % self.text


def settled(data: QueryDict, who: str) -> QueryDict:
    """Return a question with the point of its start, for those who choose among no spots: programs, files, feeds.

    A start that is nowhere, or may be in several places, stays as it was typed, and the question says so.
    """
    found = Around.read(data, who).found
    return QueryDict(found) if found else data


def starting(data: QueryDict, spot: Spot) -> str:
    """Return the question of `data` that starts from a spot, from its first page."""
    asked = data.copy()
    for name in ("repere", "page"):
        asked.pop(name, None)
    asked["autour"], asked["point"] = spot.name, geo.write_point(spot.point)
    return asked.urlencode()
