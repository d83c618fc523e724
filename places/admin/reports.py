"""The report of an import in a moderator's words: its figures, its sections, and where two values differ."""

import re
from collections.abc import Iterable
from difflib import SequenceMatcher
from itertools import groupby
from typing import NamedTuple

from django.contrib.admin.utils import quote
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext_lazy

from places.admin.changes import in_order, in_words, label
from places.models import Place

SHOWN = 200  # rows of a section; the JSON file has them all
MOST_WORDS = 400  # a longer text is not compared word by word
ALIKE = 0.5  # texts that share less than this are shown as another text
LEFT_CAME = ("del", "ins")
BOTH_STAND = ("mark", "mark")
FIGURES = {
    "creees": ngettext_lazy("%d lieu créé", "%d lieux créés"),
    "modifiees": ngettext_lazy("%d lieu modifié", "%d lieux modifiés"),
    "inchangees": ngettext_lazy("%d lieu inchangé", "%d lieux inchangés"),
    "disparues": ngettext_lazy("%d lieu qui n’est plus dans la source", "%d lieux qui ne sont plus dans la source"),
    "desaccords": ngettext_lazy("%d désaccord à décider", "%d désaccords à décider"),
    "refusees": ngettext_lazy("%d ligne refusée", "%d lignes refusées"),
}
UNTOUCHED = {"inchangees", "refusees"}


class Named(NamedTuple):
    """A place as a report names it; no address before it exists."""

    name: str
    address: str


class Difference(NamedTuple):
    """One field, and its two values as HTML in which what differs is marked."""

    label: str
    before: SafeString
    after: SafeString


class Section(NamedTuple):
    anchor: str
    title: str
    hint: str
    template: str
    columns: tuple[str, ...]
    total: int
    rows: list


def figures(report: dict) -> dict[str, int]:
    """Return what the report counts, by the names of FIGURES."""
    return {name: report.get(name, 0) for name in FIGURES}


def in_a_sentence(numbers: dict[str, int]) -> str:
    """`{"creees": 1, "modifiees": 2}` → `1 lieu créé, 2 lieux modifiés`; zeros are not said."""
    return ", ".join(FIGURES[name] % number for name, number in numbers.items() if number)


def changes_anything(numbers: dict[str, int]) -> bool:
    return any(number for name, number in numbers.items() if name not in UNTOUCHED)


def sections(report: dict) -> list[Section]:
    """Return the sections that have something to say, each cut at SHOWN rows."""
    created, gone, back = (report.get(f"lieux_{name}", []) for name in ("crees", "disparus", "revenus"))
    changed, conflicts = report.get("lieux_modifies", []), report.get("champs_en_desaccord", [])
    duplicates = report.get("doublons_possibles", [])
    exist = report.get("applique", False)
    field = _("Champ")
    found = [
        _section("crees", _("Créés"), created, (_named(row, exist) for row in created)),
        _section("modifies", _("Modifiés"), changed, _changed(changed), (field, _("Avant"), _("Après"))),
        _section(
            "disparus",
            _("Ne sont plus dans la source"),
            gone,
            map(_named, gone),
            hint=_("Ils restent publiés, avec une mention. S’ils ont fermé, les archiver à la main."),
        ),
        _section("revenus", _("Revenus dans la source"), back, map(_named, back)),
        _section(
            "desaccords",
            _("Désaccords"),
            conflicts,
            _disagreements(conflicts),
            (field, _("Notre valeur"), _("Valeur de la source")),
            hint=_("Corrigés ici, et changés aussi par la source : notre valeur reste, une personne décidera."),
        ),
        *(_notes(anchor, title, report.get(anchor, [])) for anchor, title in NOTES.items()),
        _section(
            "doublons",
            _("Doublons possibles"),
            duplicates,
            _alike(duplicates, exist),
            template="_duplicates.html",
            hint=_(
                "Dans ce fichier, ou avec la base. Une fois le fichier appliqué, une personne décide de chaque paire."
            ),
        ),
    ]
    return [section for section in found if section.total]


def compared(name: str, before, after, tags: tuple[str, str] = LEFT_CAME) -> Difference:
    """Tell one field of a place from plain data, each side marking in its tag what the other has not."""
    old, new = in_words(Place, name, before), in_words(Place, name, after)
    if isinstance(before, list) or isinstance(after, list):
        return Difference(label(Place, name), _items(old, new, tags[0]), _items(new, old, tags[1]))
    return Difference(label(Place, name), *_words(" ".join(old), " ".join(new), tags))


def place_address(pk: str) -> str:
    return reverse("admin:places_place_change", args=[quote(pk)])


# --- rows


NOTES = {
    "refus": gettext_lazy("Refus"),
    "corrections": gettext_lazy("Corrections"),
    "remarques": gettext_lazy("Remarques"),
}


def _section(
    anchor: str, title: str, every: list, rows: Iterable, columns: tuple = (), hint: str = "", template: str = ""
) -> Section:
    template = template or ("_changes.html" if len(columns) == 3 else "_notes.html" if columns else "_names.html")
    shown = [row for row, _number in zip(rows, range(SHOWN), strict=False)]
    return Section(anchor, title, hint, f"admin/places/importrun/{template}", columns, len(every), shown)


def _notes(anchor: str, title: str, notes: list[dict]) -> Section:
    last = _("Effet") if anchor == "refus" else _("Devient")
    columns = (_("Ligne"), _("Colonne"), _("Valeur"), _("Raison"), last)
    rows = ((n["ligne"], n["colonne"], n["valeur"], n["raison"], _becomes(n)) for n in notes)
    return _section(anchor, title, notes, rows, columns)


def _becomes(note: dict) -> str:
    if note["nature"] == "refus":
        return _("cellule laissée vide") if note.get("ligne_gardee") else _("ligne refusée")
    return note.get("devient") or _("(vide)")


def _named(place: dict, exists: bool = True) -> Named:
    return Named(place["nom"], place_address(place["id"]) if exists else "")


def _alike(pairs: list[dict], exist: bool) -> Iterable[tuple[int, list, str]]:
    """Tell each pair: its score, the two places with where they are, and the evidence."""
    for pair in pairs:
        both = [
            (_named(place, exist or not place["nouveau"]), place["adresse"], place["nouveau"])
            for place in pair["lieux"]
        ]
        yield pair["ressemblance"], both, " ".join(pair["indices"])


def _changed(places: list[dict]) -> Iterable[tuple[Named, list[Difference]]]:
    for place in places:
        told = [compared(name, old, new) for name, (old, new) in in_order(Place, place["champs"])]
        yield _named(place), told


def _disagreements(conflicts: list[dict]) -> Iterable[tuple[Named, list[Difference]]]:
    for _pk, found in groupby(conflicts, key=lambda conflict: conflict["id"]):
        of_place = list(found)
        yield _named(of_place[0]), [compared(c["champ"], c["notre"], c["source"], BOTH_STAND) for c in of_place]


# --- differences


def _items(items: list[str], others: list[str], tag: str) -> SafeString:
    rows = ((_marked(item, tag) if item not in others else item,) for item in items)
    return format_html_join(", ", "{}", rows) or _empty()


def _words(before: str, after: str, tags: tuple[str, str]) -> tuple[SafeString, SafeString]:
    """Mark the words that differ; the whole when the texts have little in common or are too long to compare."""
    old, new = (re.findall(r"\s*\S+\s*", text) for text in (before, after))
    compared = SequenceMatcher(None, [*map(str.strip, old)], [*map(str.strip, new)], autojunk=False)
    if max(len(old), len(new)) > MOST_WORDS or compared.ratio() < ALIKE:
        return _whole(before, tags[0]), _whole(after, tags[1])
    blocks = compared.get_opcodes()
    return (
        format_html_join("", "{}", ((_part("".join(old[a:b]), kind, tags[0]),) for kind, a, b, _c, _d in blocks)),
        format_html_join("", "{}", ((_part("".join(new[c:d]), kind, tags[1]),) for kind, _a, _b, c, d in blocks)),
    )


def _whole(text: str, tag: str) -> SafeString:
    return _marked(text, tag) if text else _empty()


def _part(text: str, kind: str, tag: str) -> str:
    """Return a run of words, marked without the space that follows when it differs."""
    if kind == "equal" or not text:
        return text
    words = text.rstrip()
    return format_html("{}{}", _marked(words, tag), text[len(words) :])


def _marked(text: str, tag: str) -> SafeString:
    return format_html("<{0}>{1}</{0}>", tag, text)


def _empty() -> SafeString:
    return format_html('<span class="quiet">{}</span>', _("(vide)"))
