"""What a diagnosis looks for: every place, each term of the lists the city speaks of, and the moments of the week."""

from dataclasses import dataclass
from datetime import date, time, timedelta

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from places import lexicon
from places.models import Place
from places.opening_hours import is_holiday, parse_horaires
from places.vocabularies import VOCABULARIES, ModaliteAcces

EVERYTHING = "lieux"
LISTS = {
    "services": gettext_lazy("Aides"),
    "demarches": gettext_lazy("Démarches"),
    "themes": gettext_lazy("Besoins particuliers"),
    "materiel": gettext_lazy("Matériel"),
    "ateliers": gettext_lazy("Ateliers"),
    "langues": gettext_lazy("Langues"),
    "dispositif_programmes_nationaux": gettext_lazy("Labels et programmes"),
    "formations_labels": gettext_lazy("Formation des aidants"),
}
MOMENTS = {
    "soir": gettext_lazy("Ouvert après 18 h, un soir de semaine"),
    "samedi": gettext_lazy("Ouvert le samedi"),
    "sans-rendez-vous": gettext_lazy("Sans rendez-vous"),
    "sur-rendez-vous": gettext_lazy("Sur rendez-vous"),
}
EVENING = time(18)
SATURDAY = 5
ACCESS = list(ModaliteAcces)
WALK_IN = 1 << ACCESS.index(ModaliteAcces.SE_PRESENTER)
BOOKED = sum(
    1 << ACCESS.index(way) for way in (ModaliteAcces.TELEPHONER, ModaliteAcces.MAIL, ModaliteAcces.RDV_EN_LIGNE)
)


@dataclass(frozen=True)
class Subject:
    """`key` is how addresses and figures name it: `lieux`, `services:emploi`, `moment:samedi`."""

    key: str
    label: str
    group: str

    @property
    def query(self) -> str:
        """The question that lists its places; blank when no filter says it."""
        name, _colon, slug = self.key.partition(":")
        return f"{name}={slug}" if name in VOCABULARIES else ""


def subjects() -> list[Subject]:
    """Return every subject in the order of the screen, with the words of the city."""
    found = [Subject(EVERYTHING, _("Tous les lieux"), _("Tous les lieux"))]
    for name, title in LISTS.items():
        entries = (entry for entry in lexicon.entries(name) if entry.visible)
        found += [Subject(f"{name}:{entry.slug}", entry.short_label, str(title)) for entry in entries]
    return found + [Subject(f"moment:{name}", str(label), _("Moments")) for name, label in MOMENTS.items()]


def find(key: str) -> Subject | None:
    return next((subject for subject in subjects() if subject.key == key), None)


def examined_week(today: date) -> date:
    """Return the Monday of the first whole week from today without a public holiday, which hides the usual hours."""
    monday = today + timedelta(days=-today.weekday() % 7)
    while any(is_holiday(monday + timedelta(days=n)) for n in range(7)):
        monday += timedelta(days=7)
    return monday


def moments_of(place: Place, permanences, week: date, known: dict[str, set[str]]) -> set[str]:
    """Return the moments at which somebody is helped there, at the place's own hours or in a permanence.

    `known` remembers what each text of hours says, many places having the same.
    """
    found = set()
    for text in {place.horaires, *(permanence.horaires for permanence in permanences)}:
        if text not in known:
            known[text] = open_moments(text, week)
        found |= known[text]
    access = place.modalites_acces.mask
    if access & WALK_IN or any(permanence.by_appointment is False for permanence in permanences):
        found.add("sans-rendez-vous")
    if access & BOOKED or place.prise_rdv or any(permanence.by_appointment for permanence in permanences):
        found.add("sur-rendez-vous")
    return found


def open_moments(text: str, week: date) -> set[str]:
    """Return the evening and the Saturday, when hours in the OSM syntax are open then in the week of this Monday."""
    hours = parse_horaires(text)
    if hours is None:
        return set()
    days = [hours.day(week + timedelta(days=n)).spans for n in range(SATURDAY + 1)]
    # A span that ends at or before its start runs past midnight.
    late = any(span.end > EVENING or span.end <= span.start for spans in days[:SATURDAY] for span in spans)
    return ({"soir"} if late else set()) | ({"samedi"} if days[SATURDAY] else set())
