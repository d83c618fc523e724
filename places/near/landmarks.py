"""The landmarks of a territory, from a CSV file: ours, or that of the Base adresse nationale as it is published."""

import csv
import io
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from places import geo
from places.files import UnreadableFile, fetch
from places.geo import Point
from places.models import DataVersion, Landmark
from places.near.words import plain
from places.text import searchable

OURS = ("nom", "genre", "latitude", "longitude")
NATIONAL = ("numero", "nom_voie", "nom_commune", "lon", "lat")
KINDS = {
    "station": Landmark.Kind.STATION,
    "rue": Landmark.Kind.STREET,
    "adresse": Landmark.Kind.ADDRESS,
    "lieu-dit": Landmark.Kind.SPOT,
}
TOLD = 20  # refused lines


@dataclass
class GazetteerReport:
    source: str
    applied: bool = False
    read: Counter[str] = field(default_factory=Counter)
    replaced: int = 0
    refused: list[tuple[int, str]] = field(default_factory=list)

    def lines(self) -> Iterable[str]:
        """Say in French what was found."""
        yield _("%(source)s : %(kinds)s.") % {
            "source": self.source,
            "kinds": ", ".join(f"{number} × {Landmark.Kind(kind).label}" for kind, number in sorted(self.read.items())),
        }
        for line, reason in self.refused[:TOLD]:
            yield _("Ligne %(line)d refusée : %(reason)s") % {"line": line, "reason": reason}
        if len(self.refused) > TOLD:
            yield _("… et %d autres lignes refusées.") % (len(self.refused) - TOLD)
        if self.applied:
            yield ngettext(
                "%d ancien repère de cette source remplacé.",
                "%d anciens repères de cette source remplacés.",
                self.replaced,
            ) % (self.replaced)
        else:
            yield _("Rien n’a été écrit : ajouter --apply pour appliquer.")


def import_gazetteer(address: str, *, source: str = "", apply: bool = False) -> GazetteerReport:
    """Read the landmarks of a file and, when asked, put them in the place of those of the same source.

    Raises UnreadableFile, also for a file without a usable landmark: it would leave the source empty.
    """
    report = GazetteerReport(source or Path(address).stem, applied=apply)
    found = list(_with_streets(read_landmarks(fetch(address), report)))
    if not found:
        raise UnreadableFile(_("Ce fichier ne contient aucun repère utilisable."))
    report.read = Counter(landmark.kind for landmark in found)
    if apply:
        with transaction.atomic():
            report.replaced, _by_model = Landmark.objects.filter(source=report.source).delete()
            Landmark.objects.bulk_create(found, batch_size=1_000)
            DataVersion.objects.advance()
    return report


def read_landmarks(content: bytes, report: GazetteerReport) -> Iterator[Landmark]:
    """Yield the landmarks of a CSV file; note in the report the lines that mean none."""
    text = _decoded(content)
    first = text.partition("\n")[0]
    delimiter = max(",;\t", key=first.count)
    rows = csv.DictReader(io.StringIO(text, newline=""), delimiter=delimiter)
    header = [(name or "").strip() for name in rows.fieldnames or []]
    rows.fieldnames = header
    read = next(
        (read for columns, read in ((OURS, _read_ours), (NATIONAL, _read_national)) if set(columns) <= set(header)),
        None,
    )
    if read is None:
        raise UnreadableFile(
            _("Colonnes attendues : %(ours)s ; ou celles de la Base adresse nationale : %(national)s.")
            % {"ours": ", ".join(OURS), "national": ", ".join(NATIONAL)}
        )
    try:
        for row in rows:
            try:
                landmark = read({name: (value or "").strip() for name, value in row.items() if isinstance(value, str)})
            except ValueError as error:
                report.refused.append((rows.line_num, str(error)))
            else:
                landmark.source = report.source
                yield landmark
    except csv.Error as error:
        raise UnreadableFile(_("Ce fichier n’est pas un CSV : %s.") % error) from error


def _decoded(content: bytes) -> str:
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("cp1252", errors="replace")


def _read_ours(row: dict[str, str]) -> Landmark:
    kind = KINDS.get(row.get("genre", "").lower())
    if kind is None:
        raise ValueError(_("genre inconnu : %s.") % (", ".join(KINDS)))
    return _landmark(kind, row["nom"], row, row.get("latitude", ""), row.get("longitude", ""), row.get("commune", ""))


def _read_national(row: dict[str, str]) -> Landmark:
    """Read one address of the Base adresse nationale; number 0 and 5000 or more mean that there is none."""
    number = row.get("numero", "")
    real = number.isdecimal() and 0 < int(number) < 5_000
    street = row.get("nom_voie", "")
    name = " ".join(part for part in (number, row.get("rep", ""), street) if part) if real and street else street
    kind = Landmark.Kind.ADDRESS if real else Landmark.Kind.SPOT
    return _landmark(kind, name, {}, row.get("lat", ""), row.get("lon", ""), row.get("nom_commune", ""))


def _landmark(kind: str, nom: str, row: dict[str, str], latitude: str, longitude: str, commune: str) -> Landmark:
    nom = " ".join(nom.replace("\x00", "").split())[:200]
    if not plain(nom):
        raise ValueError(_("sans nom."))
    point = geo.parse_point(f"{latitude.replace(',', '.')},{longitude.replace(',', '.')}")
    if point is None:
        raise ValueError(_("%s : position illisible.") % nom)
    detail, commune = row.get("detail", "")[:100], commune[:120]
    return Landmark(
        kind=kind,
        nom=nom,
        detail=detail,
        commune=commune,
        latitude=point.latitude,
        longitude=point.longitude,
        plain_name=plain(nom)[:250],
        search_text=searchable(plain(nom), "station" if kind == Landmark.Kind.STATION else "", detail, commune)[:500],
    )


def _with_streets(landmarks: Iterable[Landmark]) -> Iterator[Landmark]:
    """Yield the landmarks, then the streets that only their addresses tell: at the address nearest to their middle."""
    known: set[tuple[str, str]] = set()
    numbered: dict[tuple[str, str], list[Landmark]] = {}
    for landmark in landmarks:
        if landmark.kind == Landmark.Kind.ADDRESS:
            if street := street_of(landmark.nom):
                numbered.setdefault((plain(street), landmark.commune), []).append(landmark)
        else:
            known.add((landmark.plain_name, landmark.commune))
        yield landmark
    for street, addresses in numbered.items():
        if street not in known:
            middle = _medoid(addresses)
            yield Landmark(
                kind=Landmark.Kind.STREET,
                nom=street_of(middle.nom),
                commune=middle.commune,
                latitude=middle.latitude,
                longitude=middle.longitude,
                source=middle.source,
                plain_name=street[0][:250],
                search_text=searchable(street[0], middle.commune)[:500],
            )


def street_of(address: str) -> str:
    """Return the street of an address that begins with a number: `16 bis rue de Lille` → `rue de Lille`."""
    number, _space, rest = address.partition(" ")
    if not number[:1].isdecimal():
        return ""
    first, _space, others = rest.partition(" ")
    repeats = first.lower() in {"bis", "ter", "quater"} or (len(first) == 1 and first.isalpha() and others)
    return others if repeats else rest


def _medoid(addresses: list[Landmark]) -> Landmark:
    latitude = sum(address.latitude for address in addresses) / len(addresses)
    longitude = sum(address.longitude for address in addresses) / len(addresses)
    middle = Point(latitude, longitude)
    return min(addresses, key=lambda address: geo.distance(middle, address.point))
