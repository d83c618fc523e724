"""What one reading of a file found: counts that add up, and every note with its line, column, value and reason."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from places.standard import Note

SHOWN = 12  # kinds of notes, and changed places, that a terminal shows


@dataclass
class Report:
    """What one reading found; `counts` add up: lignes = creees + modifiees + inchangees + refusees.

    `corrigees` counts the cells that were repaired; `refus` holds refused rows and the refused cells of rows kept.
    """

    file: str
    source: str
    format: str = ""
    version: str = ""
    applied: bool = False
    refusal: str = ""
    counts: Counter = field(default_factory=Counter)
    unknown_columns: list[str] = field(default_factory=list)
    missing_columns: list[str] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)
    notes: list[dict] = field(default_factory=list)
    created: list[dict] = field(default_factory=list)
    changed: list[dict] = field(default_factory=list)
    gone: list[dict] = field(default_factory=list)
    back: list[dict] = field(default_factory=list)
    conflicts: list[dict] = field(default_factory=list)
    duplicates: list[dict] = field(default_factory=list)

    COUNTED = ("lignes", "creees", "modifiees", "inchangees", "refusees", "corrigees")

    def add(self, line: int, note: Note, *, kept: bool) -> None:
        entry = {
            "nature": note.kind,
            "ligne": line,
            "colonne": note.column,
            "valeur": note.value,
            "raison": note.reason,
        }
        if note.kind != "refus":
            entry["devient"] = note.becomes
        else:
            entry["ligne_gardee"] = kept
        self.add_entry(entry)

    def add_entry(self, entry: dict) -> None:
        self.notes.append(entry)
        self.counts["corrigees"] += entry["nature"] == "correction"

    def of_kind(self, kind: str) -> list[dict]:
        return [note for note in self.notes if note["nature"] == kind]

    def as_dict(self) -> dict:
        return {
            "fichier": self.file,
            "source": self.source,
            "format": self.format,
            "version": self.version,
            "applique": self.applied,
            "refuse": self.refusal,
            **self.counted,
            "disparues": len(self.gone),
            "desaccords": len(self.conflicts),
            "colonnes_inconnues": self.unknown_columns,
            "colonnes_absentes": self.missing_columns,
            "remarques_fichier": self.remarks,
            "refus": self.of_kind("refus"),
            "corrections": self.of_kind("correction"),
            "remarques": self.of_kind("remarque"),
            "lieux_crees": self.created,
            "lieux_modifies": self.changed,
            "lieux_disparus": self.gone,
            "lieux_revenus": self.back,
            "champs_en_desaccord": self.conflicts,
            "doublons_possibles": self.duplicates,
        }

    @property
    def counted(self) -> dict:
        return {name: self.counts[name] for name in self.COUNTED}

    # --- for a terminal

    def lines(self) -> Iterator[str]:
        """Say in French what was found."""
        words = self.counted | {
            "file": self.file,
            "source": self.source,
            "format": self.format,
            "version": self.version,
        }
        yield _("%(lignes)d lignes lues dans « %(file)s » (source : %(source)s).") % words
        yield _("Format : %(format)s, version %(version)s du standard.") % words
        yield from self.remarks
        yield (
            _("%(creees)d à créer, %(modifiees)d à modifier, %(inchangees)d inchangées, %(refusees)d refusées.") % words
        )
        for title, kind in ((_("Refus"), "refus"), (_("Corrections"), "correction"), (_("Remarques"), "remarque")):
            yield from self._notes_lines(title, kind)
        yield from self._changes_lines()
        if self.gone:
            names = ", ".join(place["nom"] for place in self.gone[:SHOWN])
            yield _("%(number)d lieux ne sont plus dans la source : %(names)s") % {
                "number": len(self.gone),
                "names": names,
            }
        if self.unknown_columns:
            yield _("Colonnes inconnues, laissées de côté : %s.") % ", ".join(self.unknown_columns)
        if self.missing_columns:
            yield _("Colonnes du standard absentes, non touchées : %s.") % ", ".join(self.missing_columns)
        yield from self._duplicates_lines()
        if self.refusal:
            yield self.refusal
            yield _("S’il est bien complet, ajouter --allow-gone.")
        elif self.applied:
            yield _("C’est écrit.")
        else:
            yield _("Rien n’a été écrit : ajouter --apply pour appliquer.")

    def _notes_lines(self, title: str, kind: str) -> Iterator[str]:
        notes = self.of_kind(kind)
        if not notes:
            return
        yield _("%(title)s : %(number)d") % {"title": title, "number": len(notes)}
        firsts: dict[tuple, dict] = {}
        groups = Counter()
        for note in notes:
            key = note["colonne"], note["raison"]
            groups[key] += 1
            firsts.setdefault(key, note)
        for (column, reason), number in groups.most_common(SHOWN):
            yield _("  %(number)d × %(column)s : %(reason)s (ligne %(line)d : « %(value)s »)") % {
                "number": number,
                "column": column,
                "reason": reason,
                "line": firsts[column, reason]["ligne"],
                "value": firsts[column, reason]["valeur"][:60],
            }
        if len(groups) > SHOWN:
            yield _("  … et d’autres : le rapport complet est dans le fichier demandé par --report.")

    def _changes_lines(self) -> Iterator[str]:
        for place in self.changed[:SHOWN]:
            yield _("~ %s") % place["nom"]
            for name, (old, new) in place["champs"].items():
                yield f"    {name} : {_shown(old)} → {_shown(new)}"
        if len(self.changed) > SHOWN:
            yield _("  … et %d autres modifiés.") % (len(self.changed) - SHOWN)
        for conflict in self.conflicts[:SHOWN]:
            yield _("! %(nom)s, %(champ)s : corrigé ici en %(ours)s, la source dit maintenant %(theirs)s") % {
                "nom": conflict["nom"],
                "champ": conflict["champ"],
                "ours": _shown(conflict["notre"]),
                "theirs": _shown(conflict["source"]),
            }

    def _duplicates_lines(self) -> Iterator[str]:
        if self.duplicates:
            number = len(self.duplicates)
            yield ngettext("%d doublon possible :", "%d doublons possibles :", number) % number
        for pair in self.duplicates[:SHOWN]:
            yield f"  {pair['ressemblance']} % : {' '.join(pair['indices'])}"
            for place in pair["lieux"]:
                where = _("dans le fichier") if place["nouveau"] else _("déjà dans la base")
                yield f"    {place['nom']} – {place['adresse']} ({where})"
        if len(self.duplicates) > SHOWN:
            yield _("  … et %d autres.") % (len(self.duplicates) - SHOWN)


def _shown(value) -> str:
    text = "|".join(map(str, value)) if isinstance(value, list) else "" if value is None else str(value)
    return f"« {text[:60]} »" if text else _("(vide)")
