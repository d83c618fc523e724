"""Why a place was found, when its name and address do not tell."""

from collections.abc import Iterator
from dataclasses import dataclass

from django.utils.translation import gettext as _

from places.lexicon import Entry
from places.models import Place
from places.text import WORD, fold, searchable
from places.understanding import Understood, Unit
from places.vocabularies import VOCABULARIES

AROUND = 40  # characters shown on each side of a word found in a text
MOST_TERMS = 2


@dataclass(frozen=True)
class Reason:
    """What was typed and what it led to; or `where` it is written, as a sentence begins, with the words around it."""

    typed: str
    led_to: str = ""
    where: str = ""
    before: str = ""
    found: str = ""
    after: str = ""


def reasons(place: Place, understood: Understood) -> list[Reason]:
    """Return one reason for each unit that the name and the address of a place that was found do not show."""
    found = (_reason(place, unit) for unit in understood.units)
    return [reason for reason in found if reason]


def _reason(place: Place, unit: Unit) -> Reason | None:
    name, address = searchable(place.nom), searchable(place.adresse, place.complement_adresse, place.locality)
    if _is_in(name, unit, unit.texts[0]):
        return None
    for other in unit.texts[1:]:
        if _is_in(name, unit, other):
            return Reason(unit.typed, led_to=_other_words(unit, other))
    if offered := _offered(place, unit.entries):
        shown = [entry for entry in offered if entry.vocabulary == "services"]
        if any(_is_in(searchable(entry.short_label), unit, unit.texts[0]) for entry in shown):
            return None  # the row lists the services
        return Reason(unit.typed, led_to=", ".join(entry.short_label for entry in offered[:MOST_TERMS]))
    if any(_is_in(address, unit, text) for text in unit.texts):
        return None
    if excerpt := next(_excerpts(place, unit), None):
        return excerpt
    wide = _offered(place, unit.wide)
    return Reason(unit.typed, led_to=", ".join(entry.short_label for entry in wide[:MOST_TERMS])) if wide else None


def _is_in(searched: str, unit: Unit, text: str) -> bool:
    return unit.sought(text) in f"{searched} "


def _other_words(unit: Unit, text: str) -> str:
    return next((other for other in unit.meaning.others if fold(other) == text), text)


def _offered(place: Place, entries: tuple[Entry, ...]) -> list[Entry]:
    return [entry for entry in entries if entry.mask & getattr(place, VOCABULARIES[entry.vocabulary].column).mask]


def _excerpts(place: Place, unit: Unit) -> Iterator[Reason]:
    """Yield where the texts of a place say the unit, the most readable first."""
    texts = [
        (_("Trouvé dans la présentation :"), place.presentation_resume),
        (_("Trouvé dans la présentation :"), place.presentation_detail),
        (_("Trouvé dans la structure :"), place.structure_parente),
        *((_("Trouvé dans un label :"), label) for label in place.autres_formations_labels),
    ]
    for permanence in place.permanences.all():
        where = _("Trouvé dans une permanence :")
        texts += [(where, text) for text in (permanence.title, permanence.details, permanence.host)]
    for where, text in texts:
        for words in unit.texts:
            if span := find(text, words, whole=unit.whole and words == unit.texts[0]):
                before, after = _around(text, *span)
                yield Reason(unit.typed, where=where, before=before, found=text[slice(*span)], after=after)


def find(text: str, words: str, *, whole: bool = False) -> tuple[int, int] | None:
    """Return from where to where a text says folded words, the last of which may begin a longer one unless `whole`.

    >>> find("Aide : l’Écrivain public, le mardi", "ecrivain pub")
    (9, 24)
    """
    said = [(word, match.span()) for match in WORD.finditer(text) for word in fold(match[0]).split()]
    *first, last = words.split()
    for start in range(len(said) - len(first)):
        *beginning, (end, span) = said[start : start + len(first) + 1]
        if [word for word, _span in beginning] == first and (end == last if whole else end.startswith(last)):
            return said[start][1][0], span[1]
    return None


def _around(text: str, start: int, end: int) -> tuple[str, str]:
    """Return what stands before and after, cut between words."""
    before, after = text[:start], text[end:]
    if len(before) > AROUND:
        before = "…" + before[-AROUND:].partition(" ")[2]
    if len(after) > AROUND:
        after = after[:AROUND].rpartition(" ")[0] + "…"
    return before, after
