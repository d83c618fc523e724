"""A place as people read it: what it does, when, how to come, how to reach it, and how sure that is."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from functools import cached_property
from urllib.parse import quote, urlsplit

import phonenumbers
from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from places import geo, lexicon, opening_hours, openings
from places.enumerations import all_of
from places.models import Permanence, Place
from places.opening_hours import PARIS, Day, Hours, State
from places.spoken import clock, dated, weekday
from places.text import fold
from places.translated import isolated
from places.understanding import Understood
from places.vocabularies import VOCABULARIES, Family
from places.when import When
from places.why import Reason, reasons

MOST_PERMANENCES = 3  # in a row of the list; the card says them all


@dataclass(frozen=True)
class FamilyOnMap:
    """One line of the legend."""

    name: str
    label: str
    colour: str


def families() -> list[FamilyOnMap]:
    """Return the legend: each family with its colour and the services it stands for, as the city words them."""
    labels: dict[str, list[str]] = {}
    colours: dict[str, str] = {}
    for entry in lexicon.entries("services"):
        if entry.pictogram:
            labels.setdefault(entry.pictogram, []).append(entry.short_label)
            colours.setdefault(entry.pictogram, entry.colour)
    legend = [FamilyOnMap(name, _(FAMILY_NAMES[name]), colours[name]) for name in FAMILY_NAMES if name in labels]
    return [*legend, FamilyOnMap(Family.AUTRE, _("Autre lieu"), "#3d3d3d")]


FAMILY_NAMES = {
    Family.DEMARCHES: gettext_noop("Démarches"),
    Family.APPRENDRE: gettext_noop("Apprendre"),
    Family.EMPLOI: gettext_noop("Emploi"),
    Family.MATERIEL: gettext_noop("Ordinateur, wifi, matériel"),
    Family.ENFANTS: gettext_noop("Parents et enfants"),
    Family.CREER: gettext_noop("Créer, jouer"),
}


@dataclass(frozen=True)
class Opening:
    """Whether a place is open now: a state for the eye, a sentence for everybody."""

    state: str
    sentence: str


@dataclass(frozen=True)
class WeekDay:
    name: str
    spans: list[str]
    today: bool
    note: str

    @property
    def hours(self) -> str:
        return all_of(self.spans)


@dataclass(frozen=True)
class Fact:
    """Terms of one list, under the words that say what they are about."""

    name: str
    title: str
    labels: list[str]


@dataclass(frozen=True)
class Link:
    address: str
    label: str


@dataclass(frozen=True)
class Way:
    """The way to a place in words: on foot for who may walk it, then in a straight line."""

    on_foot: str
    straight: str

    @classmethod
    def of(cls, metres: float) -> "Way":
        minutes = geo.walking_minutes(metres)
        on_foot = _("%d min à pied") % minutes if minutes <= LONGEST_WALK else _("plus d’une heure à pied")
        return cls(on_foot, _("%s à vol d’oiseau") % length(metres))


LONGEST_WALK = 60  # minutes


def length(metres: float) -> str:
    """Write a distance as people say it: `40 m`, `1,2 km`, `35 km`."""
    if (tens := max(1, round(metres / 10))) < 100:
        return _("%d m") % (tens * 10)
    decimals = 1 if metres < 9_950 else 0
    return _("%s km") % number_format(round(metres / 1000, decimals), decimals)


def opening_at(hours: Hours | None, now: datetime) -> Opening:
    """Say whether these hours are open at an aware `now`, until when, or that nobody knows."""
    if hours is None:
        return Opening("unknown", _("Horaires non renseignés"))
    seen = hours.at(now)
    if seen.holiday:
        return Opening("unknown", _("Jour férié : horaires à vérifier"))
    if seen.state is State.UNKNOWN:
        return Opening("unknown", isolated(seen.comment) or _("Horaires à vérifier"))
    if seen.state is State.OPEN:
        sentence = _open(seen.until, now)
        return Opening("open", f"{sentence} ({isolated(seen.comment)})" if seen.comment else sentence)
    return Opening("closed", _closed(seen.until, now))


def _open(until: datetime | None, now: datetime) -> str:
    if until is None:
        return _("Ouvert")
    days, said = _moment(until, now)
    if days == 0:
        return _("Ouvert jusqu’à minuit") if said["time"] == clock(time()) else _("Ouvert jusqu’à %(time)s") % said
    if days == 1:
        return _("Ouvert jusqu’à demain à %(time)s") % said
    return (_("Ouvert jusqu’à %(day)s à %(time)s") if days < 7 else _("Ouvert jusqu’au %(date)s")) % said


def _closed(until: datetime | None, now: datetime) -> str:
    if until is None:
        return _("Fermé")
    days, said = _moment(until, now)
    if days == 0:
        return _("Fermé, ouvre %(time)s") % said
    if days == 1:
        return _("Fermé, ouvre demain à %(time)s") % said
    return (_("Fermé, ouvre %(day)s à %(time)s") if days < 7 else _("Fermé, ouvre le %(date)s")) % said


def _moment(moment: datetime, now: datetime) -> tuple[int, dict[str, str]]:
    """Return in how many days a moment is, tonight lasting until one o’clock, and what sentences may say of it."""
    local = moment.astimezone(PARIS)
    days = (local.date() - now.astimezone(PARIS).date()).days
    said = {"time": clock(local.time()), "day": weekday(local), "date": dated(local)}
    return (0 if days == 1 and local.hour == 0 else days), said


def week_of(hours: Hours | None, now: datetime) -> list[WeekDay]:
    """Return seven days from Monday of this week, today marked; empty when the hours cannot be read."""
    if hours is None:
        return []
    today = now.astimezone(PARIS).date()
    monday = today.fromordinal(today.toordinal() - today.weekday())
    return [_week_day(day, today) for day in hours.week(monday)]


def days_ahead(hours: Hours | None, now: datetime, weeks: int = 1) -> list[WeekDay]:
    """Return the days of one week from today on, or of several; empty when the hours cannot be read."""
    today = now.astimezone(PARIS).date()
    firsts = [today + timedelta(weeks=n) for n in range(weeks)] if hours else []
    return [_week_day(day, today) for first in firsts for day in hours.week(first)]


def _week_day(day: Day, today) -> WeekDay:
    spans = [
        _("%(from)s – %(to)s") % {"from": clock(span.start), "to": clock(span.end)}
        + (f" ({isolated(span.comment)})" if span.comment else "")
        for span in day.spans
    ]
    note = _("jour férié : à vérifier") if day.uncertain else _("jour férié") if day.holiday else ""
    return WeekDay(weekday(day.date), spans or [_("fermé")], day.date == today, note)


class Card:
    """One place at one moment; everything the templates show of it, what was asked first.

    `asked` is what was asked of each list, as masks; `said`, the words; `start`, the point they come from; `when`, the
    time.
    """

    def __init__(
        self,
        place: Place,
        now: datetime,
        asked: Mapping[str, int] | None = None,
        said: Understood | None = None,
        start: geo.Point | None = None,
        when: When | None = None,
    ):
        self.place = place
        self.now = now
        self.asked = asked or {}
        self.said = said or Understood()
        self.start = start
        self.when = when

    @cached_property
    def opening(self) -> Opening:
        if self.place.hours is None and self.place.horaires:
            return Opening("unknown", _("Horaires : %s") % self.place.horaires)
        return opening_at(self.place.hours, self.now)

    @cached_property
    def why(self) -> list[Reason]:
        """Why the words that were asked found it, when that is not evident."""
        return reasons(self.place, self.said)

    @cached_property
    def hours_asked(self) -> list[str]:
        """The hours of the days asked for, in lines; none when only now matters."""
        return openings.hours_asked(self.place.hours, self.when)

    @cached_property
    def answering(self) -> list[openings.PermanenceInBrief]:
        """The permanences that answer what was asked, the first three."""
        if not self.place.has_permanences or not (self.asked or self.when or self.said.units):
            return []
        held = self.place.permanences.all()
        found = openings.answering(self.place, held, self.asked, self.said, self.when)
        return [openings.in_brief(permanence, self.when, self.now) for permanence in found[:MOST_PERMANENCES]]

    @cached_property
    def week(self) -> list[WeekDay]:
        return week_of(self.place.hours, self.now)

    @property
    def family(self) -> str:
        return self.place.family(self.asked.get("services", 0))

    @property
    def name(self) -> str:
        return self.place.nom

    @property
    def services(self) -> list[lexicon.Entry]:
        return list(self.place.offered_services)

    @property
    def matched(self) -> list[lexicon.Entry]:
        """What was asked for and is offered here, in the order of the question."""
        return [
            entry
            for name, mask in self.asked.items()
            for entry in getattr(self.place, VOCABULARIES[name].column)
            if entry.mask & mask
        ]

    @property
    def other_services(self) -> list[lexicon.Entry]:
        return [entry for entry in self.services if not entry.mask & self.asked.get("services", 0)]

    @property
    def deciding(self) -> list[Fact]:
        """What decides between two places that both help: price, appointment, languages, programmes; once each."""
        said = set(self.matched)
        facts = []
        for name, title in DECIDING.items():
            terms = [entry for entry in getattr(self.place, VOCABULARIES[name].column) if entry not in said]
            if terms:
                facts.append(Fact(name, _(title), [entry.short_label for entry in terms]))
        return facts

    @property
    def address(self) -> str:
        """One line; blank when the address is still to complete."""
        parts = (self.place.adresse, self.place.complement_adresse, self.place.locality)
        return ", ".join(part for part in parts if part) if self.place.adresse else ""

    @cached_property
    def way(self) -> Way | None:
        """How far the place is from the start; None without a start or without a point."""
        if self.start is None or self.place.point is None:
            return None
        return Way.of(geo.distance(self.start, self.place.point))

    @cached_property
    def phone(self) -> Link | None:
        return phone_link(self.place.telephone)

    @property
    def emails(self) -> list[Link]:
        return [Link(f"mailto:{quote(email, safe='@')}", email) for email in self.place.courriels]

    @property
    def sites(self) -> list[Link]:
        return [Link(address, _site_name(address)) for address in self.place.site_web]

    @property
    def offers(self) -> list[tuple[str, list[lexicon.Entry]]]:
        """The terms of every list but services, titled by the question they answer."""
        return self.told(name for name in VOCABULARIES if name != "services")

    def told(self, names: Iterable[str]) -> list[tuple[str, list[lexicon.Entry]]]:
        """The terms of these lists, those that have any, titled by the question they answer."""
        found = ((name, getattr(self.place, VOCABULARIES[name].column)) for name in names)
        return [(_(TITLES.get(name, VOCABULARIES[name].question)), list(terms)) for name, terms in found if terms]

    @cached_property
    def permanences(self) -> list["PermanenceOnCard"]:
        return [PermanenceOnCard(permanence, self.now) for permanence in self.place.permanences.all()]

    @property
    def source(self) -> str:
        """Who collected the data: the place's own source, or that of its import."""
        imported = self.place.import_source
        return self.place.source or (imported.name if imported else "")

    @property
    def is_old(self) -> bool:
        """The record was last updated more than two years before this moment, and nobody verified it since."""
        last = self.place.verified_on or self.place.date_maj
        return last is None or (self.now.astimezone(PARIS).date() - last).days > 730

    @property
    def doubts(self) -> list[str]:
        """What to check before sending somebody there, in sentences."""
        doubts = []
        if not self.place.adresse:
            doubts.append(_("Adresse à compléter."))
        if self.gone_since:
            doubts.append(
                _("Ce lieu n’est plus dans sa source depuis le %s : à vérifier.") % dated(self.gone_since, year=True)
            )
        if self.place.needs_verification:
            doubt = self.place.verification.removesuffix(", à vérifier").rstrip(".")
            doubts.append(_("À vérifier : %s.") % isolated(doubt))
        if self.is_old:
            doubts.append(self._age)
        return doubts

    @property
    def _age(self) -> str:
        """That the record is old, and what to do about it when somebody can be called."""
        if not self.phone:
            return (
                _("Ces informations ont plus de deux ans : elles ont pu changer.")
                if self.place.date_maj
                else _("Date de mise à jour inconnue : ces informations ont pu changer.")
            )
        return (
            _("Ces informations ont plus de deux ans : appelez avant de vous déplacer.")
            if self.place.date_maj
            else _("Date de mise à jour inconnue : appelez avant de vous déplacer.")
        )

    @cached_property
    def gone_since(self):
        """The day the place left its source; None when it is still there, or never was in one."""
        record = getattr(self.place, "source_record", None)
        return record and record.gone_since

    @property
    def distinct_parent(self) -> str:
        parent = self.place.structure_parente
        return "" if fold(parent) == fold(self.place.nom) else parent


class PermanenceOnCard:
    def __init__(self, permanence: Permanence, now: datetime):
        self.permanence = permanence
        self._hours = opening_hours.parse_horaires(permanence.horaires)
        self._now = now

    @property
    def opening(self) -> Opening:
        return opening_at(self._hours, self._now)

    @property
    def week(self) -> list[WeekDay]:
        """Only the days it is held on."""
        return [day for day in week_of(self._hours, self._now) if day.spans != [_("fermé")]]

    @property
    def terms(self) -> list[lexicon.Entry]:
        return [entry for name, v in VOCABULARIES.items() if v.offered for entry in getattr(self.permanence, name)]


# The lists that a row of results tells, each with its words.
DECIDING = {
    "frais_a_charge": gettext_noop("Prix"),
    "modalites_acces": gettext_noop("Accès"),
    "langues": gettext_noop("On parle"),
    "dispositif_programmes_nationaux": gettext_noop("Programme"),
}
# What the card says above the terms of a list, where the filter's question would read oddly.
TITLES = {
    "demarches": gettext_noop("Démarches"),
    "themes": gettext_noop("Aussi sur place"),
    "materiel": gettext_noop("Matériel"),
    "ateliers": gettext_noop("Ateliers"),
    "publics_specifiquement_adresses": gettext_noop("Pour qui"),
    "prise_en_charge_specifique": gettext_noop("Accueil adapté"),
    "langues": gettext_noop("Langues parlées"),
    "frais_a_charge": gettext_noop("Prix"),
    "modalites_accompagnement": gettext_noop("Comment on vous aide"),
    "modalites_acces": gettext_noop("Comment venir"),
    "dispositif_programmes_nationaux": gettext_noop("Labels et programmes"),
    "formations_labels": gettext_noop("Formation des aidants"),
    "itinerance": gettext_noop("Lieu fixe ou de passage"),
}


def phone_link(telephone: str) -> Link | None:
    """Return a `tel:` link with the number as it is read in its country; None for a blank."""
    if not telephone:
        return None
    try:
        number = phonenumbers.parse(telephone, "FR")
    except phonenumbers.NumberParseException:
        return Link(f"tel:{quote(telephone, safe='+')}", telephone)
    style = phonenumbers.PhoneNumberFormat.NATIONAL
    label = phonenumbers.format_number(number, style).replace(" ", "\u00a0")
    return Link(f"tel:{phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)}", label)


def _site_name(address: str) -> str:
    return urlsplit(address).netloc.removeprefix("www.") or address
