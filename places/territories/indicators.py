"""Indicators of the territories: INSEE's tables keyed by QPV, IRIS or commune, and the digital fragility index."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from places.files import UnreadableFile, fetch
from places.importing.reading import Table, read_table
from places.models import Correspondence, DataVersion, Indicator, Territory
from places.territories.archives import Archive
from places.territories.numbers import read_number
from places.text import fold

Unit = Indicator.Unit
KEYS = {
    "commune": ("codgeo", "code_insee", "insee_com", "code commune", "com", "depcom", "insee"),
    "iris": ("iris", "code_iris", "code iris", "dcomiris", "codgeo"),
    "qpv": ("codgeo", "code_qp", "code_qpv", "code qpv", "codqp", "qpv", "code du quartier"),
    "quartier": ("code", "code_quartier", "quartier", "codgeo"),
}
# Columns that name or place a territory: no indicator.
NOT_FIGURES = re.compile(
    r"^(lib|nom|dep$|reg$|uu\d|grd|typ|modif|lab|code|com$|insee|siren|epci|gid|fid|id$|objectid|iris$|millesime|annee)"
)
# Titles of the digital fragility index (La MedNum), folded, by how they begin.
FRAGILITY = {
    "score global": "fragilite_numerique",
    "indice de fragilite": "fragilite_numerique",
    "acces a l information": "ifn_acces_information",
    "acces aux interfaces": "ifn_acces_interfaces",
    "competences administ": "ifn_competences_administratives",
    "competences numeriques": "ifn_competences_numeriques",
}
# What is known of an indicator before anybody renames it: its name, its unit, its order on the screen.
KNOWN = {
    "fragilite_numerique": (
        "Fragilité numérique",
        Unit.INDEX,
        10,
        "Plus l’indice dépasse 100, plus le risque d’être en difficulté avec le numérique est fort.",
    ),
    "ifn_acces_information": (
        "Difficulté d’accès à l’information",
        Unit.INDEX,
        20,
        "Partie de l’indice de fragilité numérique.",
    ),
    "ifn_acces_interfaces": (
        "Difficulté d’accès au réseau et au matériel",
        Unit.INDEX,
        21,
        "Partie de l’indice de fragilité numérique.",
    ),
    "ifn_competences_administratives": (
        "Fragilité dans les démarches",
        Unit.INDEX,
        22,
        "Partie de l’indice de fragilité numérique.",
    ),
    "ifn_competences_numeriques": (
        "Fragilité des compétences numériques",
        Unit.INDEX,
        23,
        "Partie de l’indice de fragilité numérique.",
    ),
    "population": ("Population", Unit.NUMBER, 30, ""),
    "part_moins_25_ans": ("Moins de 25 ans", Unit.SHARE, 40, ""),
    "part_60_ans_et_plus": ("60 ans et plus", Unit.SHARE, 41, ""),
    "part_etrangers": ("Habitants de nationalité étrangère", Unit.SHARE, 42, ""),
    "part_menages_1_personne": ("Ménages d’une personne", Unit.SHARE, 43, ""),
    "part_menages_6_personnes": ("Ménages de six personnes et plus", Unit.SHARE, 44, ""),
    "allocataires_caf": ("Allocataires de la CAF", Unit.NUMBER, 50, ""),
    "personnes_couvertes_caf": ("Personnes couvertes par la CAF", Unit.NUMBER, 51, ""),
}
SHOWN = 12


@dataclass
class IndicatorReport:
    """`lignes` = modifiees + inchangees + refusees + ailleurs (codes of no territory of ours)."""

    kind: str
    applied: bool = False
    format: str = ""
    lines_read: int = 0
    changed: list[str] = field(default_factory=list)
    unchanged: int = 0
    elsewhere: int = 0
    refused: list[tuple[int, str]] = field(default_factory=list)
    cells: list[tuple[int, str, str]] = field(default_factory=list)
    columns: dict[str, str] = field(default_factory=dict)
    remarks: list[str] = field(default_factory=list)

    def as_dict(self) -> dict:
        return {
            "genre": self.kind,
            "format": self.format,
            "applique": self.applied,
            "lignes": self.lines_read,
            "modifiees": len(self.changed),
            "inchangees": self.unchanged,
            "refusees": len(self.refused),
            "ailleurs": self.elsewhere,
            "indicateurs": self.columns,
            "refus": [{"ligne": number, "raison": reason} for number, reason in self.refused],
            "cellules_vides": [
                {"ligne": line, "colonne": column, "valeur": value} for line, column, value in self.cells
            ],
            "remarques_fichier": self.remarks,
        }

    def lines(self) -> Iterable[str]:
        """Say in French what was found."""
        yield _("Indicateurs lus : %s.") % ", ".join(self.columns)
        yield _("%(changed)d territoires à compléter, %(same)d inchangés, %(elsewhere)d lignes d’ailleurs.") % {
            "changed": len(self.changed),
            "same": self.unchanged,
            "elsewhere": self.elsewhere,
        }
        for number, reason in self.refused[:SHOWN]:
            yield _("Ligne %(number)d refusée : %(reason)s") % {"number": number, "reason": reason}
        if self.cells:
            number = len(self.cells)
            yield (
                ngettext("%d cellule illisible laissée vide.", "%d cellules illisibles laissées vides.", number)
                % number
            )
        for remark in self.remarks:
            yield _("Remarque : %s") % remark
        if not self.applied:
            yield _("Rien n’a été écrit : ajouter --apply pour appliquer.")


def import_indicators(
    address,
    kind: str,
    *,
    columns: Iterable[str] = (),
    vintage: str = "",
    source: str = "",
    apply: bool = False,
) -> IndicatorReport:
    """Read a table keyed by the code of a territory; `columns` are titles, or `title=key`, all with figures if none.

    Figures are written on every vintage that has the code. Raises UnreadableFile.
    """
    report = IndicatorReport(kind, apply)
    table = _table(str(address), kind)
    report.format = table.format
    titles = {title.strip().lower(): title for title in table.header}
    key_column = next((titles[name] for name in KEYS[kind] if name in titles), None)
    if key_column is None:
        raise UnreadableFile(
            _("Aucune colonne ne porte le code (%(codes)s) ; il y a : %(titles)s.")
            % {"codes": ", ".join(KEYS[kind]), "titles": ", ".join(table.header)[:300]}
        )
    rows = [(line, row) for line, row in table.rows if row is not None]
    report.lines_read = len(rows)
    report.columns = _asked(columns, titles) if columns else _figure_columns(rows, table.header, key_column)
    if not report.columns:
        raise UnreadableFile(_("Ce fichier ne contient aucune colonne de chiffres."))
    known: dict[str, list[Territory]] = {}
    for territory in Territory.objects.of_kind(kind).light():
        known.setdefault(territory.code, []).append(territory)
    written = _compared(rows, key_column, kind, known, report)
    if apply:
        with transaction.atomic():
            Territory.objects.bulk_update(written, ["indicators"], batch_size=500)
            named = {key: title for title, key in report.columns.items()}
            if name_indicators(named, source=source, vintage=vintage) or written:
                DataVersion.objects.advance()
    return report


def _table(address: str, kind: str) -> Table:
    content = fetch(address)
    if content.startswith(b"PK"):
        archive = Archive(content)
        tables = [name for name in archive.names(".csv") if "meta" not in name.lower()]
        if len(tables) == 1:
            content = archive.read(tables[0])
        elif tables:
            raise UnreadableFile(_("Cette archive contient plusieurs tableaux : %s.") % ", ".join(tables[:20]))
        elif books := archive.names(".xlsx", ".ods"):
            content = archive.read(books[0])

    # INSEE's workbooks begin with a title and a note: the header is the first row that holds the code's name.
    return read_table(content, is_header=lambda texts: any(text.strip().lower() in KEYS[kind] for text in texts))


def _asked(columns: Iterable[str], titles: dict[str, str]) -> dict[str, str]:
    found = {}
    for asked in columns:
        title, _equal, key = asked.partition("=")
        known = titles.get(title.strip().lower())
        if known is None:
            raise UnreadableFile(_("Il n’y a pas de colonne « %s » dans ce fichier.") % title.strip())
        found[known] = key.strip()[:60] or key_of(known)
    return found


def _figure_columns(rows: list, header: list[str], key_column: str) -> dict[str, str]:
    """Keep the columns that hold at least as many numbers as unreadable texts in their first hundred rows."""
    found = {}
    for title in header:
        if title == key_column or NOT_FIGURES.search(title.strip().lower()):
            continue
        read = [_is_number(row.get(title, "")) for _line, row in rows[:100]]
        if any(read) and read.count(True) >= read.count(False):
            found[title] = key_of(title)
    return found


def _is_number(text: str) -> bool | None:
    """Tell a number from a text; None for a mark of what is missing, which says nothing of its column."""
    try:
        return True if read_number(text) is not None else None
    except ValueError:
        return False


def key_of(title: str) -> str:
    """Return the technical name of an indicator: that of the fragility index when it is one, else its folded title."""
    folded = fold(title)
    fragility = next((key for beginning, key in FRAGILITY.items() if folded.startswith(beginning)), None)
    return fragility or folded.replace(" ", "_")[:60]


def _compared(rows, key_column: str, kind: str, known: dict, report: IndicatorReport) -> list[Territory]:
    written: dict[int, Territory] = {}
    seen: set[str] = set()
    other_vintage = 0
    linked = set(Correspondence.objects.filter(kind=kind).values_list("new_code", flat=True))
    for line, row in rows:
        code = row[key_column].strip()
        if kind in ("iris", "commune") and code.isdecimal():
            code = code.zfill(9 if kind == "iris" else 5)  # a spreadsheet eats the zero of Ain
        if not code:
            report.refused.append((line, _("code absent.")))
        elif code in seen:
            report.refused.append((line, _("le code %s est déjà dans ce fichier.") % code))
        elif code not in known:
            report.elsewhere += 1
            other_vintage += code in linked
        else:
            seen.add(code)
            figures = _figures(line, row, report)
            changed = [t for t in known[code] if t.indicators != t.indicators | figures]
            for territory in changed:
                territory.indicators = territory.indicators | figures
                written[territory.pk] = territory
            if changed:
                report.changed.append(code)
            else:
                report.unchanged += 1
    if other_vintage:
        report.remarks.append(
            _("%d lignes portent le code d’un autre millésime : charger d’abord ses contours.") % other_vintage
        )
    return list(written.values())


def _figures(line: int, row: dict[str, str], report: IndicatorReport) -> dict[str, float | None]:
    figures = {}
    for title, key in report.columns.items():
        try:
            figures[key] = read_number(row.get(title, ""))
        except ValueError:
            figures[key] = None
            report.cells.append((line, title, row[title][:60]))
    return figures


def name_indicators(keys: dict[str, str] | Iterable[str], *, source: str = "", vintage: str = "") -> int:
    """Give words to the indicators that have none yet, from what is known or from the title of their column."""
    titles = keys if isinstance(keys, dict) else dict.fromkeys(keys, "")
    named = set(Indicator.objects.filter(key__in=titles).values_list("key", flat=True))
    added = []
    for key, title in titles.items():
        if key in named:
            continue
        label, unit, order, help_text = KNOWN.get(key, ((title or key)[:160], Unit.NUMBER, 1000, ""))
        added.append(
            Indicator(
                key=key, label=label, unit=unit, order=order, help=help_text, source=source[:300], vintage=vintage[:10]
            )
        )
    Indicator.objects.bulk_create(added)
    return len(added)


def available_indicators(kind: str) -> list[Indicator]:
    """Return the indicators that at least two territories of a kind know."""
    counts: dict[str, int] = {}
    for indicators in Territory.objects.current().of_kind(kind).values_list("indicators", flat=True):
        for key, value in indicators.items():
            counts[key] = counts.get(key, 0) + (value is not None)
    keys = [key for key, number in counts.items() if number > 1]
    return list(Indicator.objects.filter(visible=True, key__in=keys))
