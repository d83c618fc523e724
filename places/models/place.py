"""Places: the 32 columns of the national schema 1.0.2 under their own names, then what is ours."""

from collections.abc import Iterable
from functools import reduce
from operator import or_

from django.core.exceptions import ValidationError
from django.core.validators import MaxLengthValidator, MaxValueValidator, MinValueValidator, RegexValidator
from django.db import models
from django.db.models import Case, F, IntegerField, Q, Value, When
from django.db.models.functions import StrIndex
from django.db.models.lookups import GreaterThan, LessThan
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from places import geo, lexicon, opening_hours, schedules, word_index
from places.fields import PipeListField, ScheduleField, TermSetField
from places.models.schedule import Turn
from places.models.source import Source
from places.models.territory import Territory
from places.text import searchable
from places.translated import translated
from places.typologies import TYPOLOGIES
from places.understanding import Understood, Unit
from places.validators import validate_emails, validate_id, validate_link, validate_links, validate_phone
from places.vocabularies import OFFERED, VOCABULARIES, Family, ModaliteAcces

CLOSED_TO_PUBLIC = 1 << list(ModaliteAcces).index(ModaliteAcces.PAS_DE_PUBLIC)
UNKNOWN_PIVOT = "0" * 14
OFFER = ["modalites_acces", *(v.column for name, v in VOCABULARIES.items() if name != "modalites_acces")]
WHEN = ["schedule", "has_permanences"]
# In the searched text, what ends the name and what ends the address: folded words hold neither.
NAME_END, ADDRESS_END = "<", ">"


class PlaceQuerySet(models.QuerySet):
    def published(self):
        """What the public may see: published, and open to the public at all."""
        return self.filter(status=Place.Status.PUBLISHED).exclude(modalites_acces__any=CLOSED_TO_PUBLIC)

    def located(self):
        return self.filter(latitude__isnull=False, longitude__isnull=False)

    def conforming(self):
        """Those that hold every column the national schema requires, and so may leave for the national map."""
        required = ("pivot", "nom", "commune", "code_postal", "adresse")
        return self.filter(date_maj__isnull=False).exclude(Q(*((name, "") for name in required), _connector=Q.OR))

    def to_complete(self):
        """Those that miss an address or a point."""
        return self.filter(Q(adresse="") | Q(latitude__isnull=True))

    def offering(self, vocabulary: str, terms, *, together: bool = False, opened: Q | None = None):
        """Narrow to the places that offer one of `terms`, or all of them at once when `together`.

        With `opened`, a condition on a schedule, a term counts only where it is offered by somebody who is there then.
        """
        column = VOCABULARIES[vocabulary].column
        offering = carrying(vocabulary, column, terms, "all" if together else "any")
        if opened is None or not VOCABULARIES[vocabulary].offered:
            return self.filter(offering)
        in_turn = Q(has_permanences=True)
        for some in [[term] for term in terms] if together else [terms]:
            turns = Turn.objects.filter(opened, carrying(vocabulary, vocabulary, some, "any"))
            in_turn &= Q(number__in=turns.values("number"))
        return self.filter(Q(offering, opened, has_permanences=False) | in_turn)

    def opened_then(self, opened: Q):
        """Narrow to the places where somebody is there: at the place itself, or for one of its permanences."""
        return self.filter(
            Q(opened, has_permanences=False)
            | Q(has_permanences=True, number__in=Turn.objects.filter(opened).values("number"))
        )

    def saying(self, understood: Understood, opened: Q | None = None):
        """Narrow to the places that say every unit: in name, address or text, or by what they offer.

        With `opened`, a condition on a schedule, what a place offers must be offered then, even when its text says it.
        """
        places = self
        for unit in understood.units:
            entries = unit.entries + unit.wide
            said = offers(entries) | says(unit)
            if opened is not None and (in_turn := offers(entries, in_turn=True)):
                turns = Turn.objects.filter(opened, in_turn).values("number")
                only_text = Q(says(unit), ~offers(entries))
                said = Q(said, has_permanences=False) | Q(Q(number__in=turns) | only_text, has_permanences=True)
            places = places.filter(said)
        return places

    def best_first(self, understood: Understood):
        """Order by how well places say what was understood, then as ever; `match` is the lower the better.

        Another order composes with it: `places.best_first(…).order_by("distance", "match", "slug")`.
        """
        match = sum((nearness(unit) for unit in understood.units), Value(0))
        return self.annotate(match=match).order_by("match", *self.model._meta.ordering)

    def within(self, kind: str, code: str):
        """Narrow to one quartier, IRIS or QPV by its code; to any QPV with the code `oui`."""
        if code == "oui":
            return self.filter(**{f"{kind}__isnull": False})
        territories = Territory.objects.current().of_kind(kind).known_as(code)
        return self.filter(**{f"{kind}__in": territories.values("pk")})


class Place(models.Model):
    class Status(models.TextChoices):
        DRAFT = "draft", _("brouillon")
        PUBLISHED = "published", _("publié")
        ARCHIVED = "archived", _("archivé")

    class PositionQuality(models.TextChoices):
        UNKNOWN = "", _("non renseignée")
        EXACT = "exact", _("vérifiée")
        SOURCE = "source", _("donnée par la source")
        FAR = "far", _("loin de la commune, à vérifier")

    # --- the national schema, verbatim and in its order
    id = models.CharField(_("identifiant"), primary_key=True, max_length=2704, validators=[validate_id], editable=False)
    pivot = models.CharField(
        _("SIRET ou RNA"),
        max_length=14,
        default=UNKNOWN_PIVOT,
        validators=[RegexValidator(r"^[a-zA-Z0-9]{9,14}\Z", _("9 à 14 chiffres ou lettres, sans espace."))],
        help_text=_("Quatorze zéros : inconnu."),
    )
    nom = models.CharField(_("nom"), max_length=300)
    commune = models.CharField(_("commune"), max_length=120)
    code_postal = models.CharField(
        _("code postal"), max_length=5, blank=True, validators=[RegexValidator(r"^[0-9]{5}\Z", _("Cinq chiffres."))]
    )
    code_insee = models.CharField(
        _("code INSEE de la commune"),
        max_length=5,
        blank=True,
        validators=[RegexValidator(r"^([013-9][0-9]|2[AB1-9])[0-9]{3}\Z", _("Cinq caractères, par exemple 59512."))],
    )
    adresse = models.CharField(
        _("adresse"),
        max_length=300,
        blank=True,
        help_text=_("Numéro et rue seulement. Vide : « adresse à compléter »."),
    )
    complement_adresse = models.CharField(_("complément d’adresse"), max_length=300, blank=True)
    latitude = models.FloatField(
        _("latitude"), null=True, blank=True, validators=[MinValueValidator(-90), MaxValueValidator(90)]
    )
    longitude = models.FloatField(
        _("longitude"), null=True, blank=True, validators=[MinValueValidator(-180), MaxValueValidator(180)]
    )
    typologie = PipeListField(_("type de structure"), help_text=_("Codes data·inclusion, un par ligne : CCAS, CS…"))
    telephone = models.CharField(
        _("téléphone"), max_length=20, blank=True, validators=[validate_phone], help_text=_("Comme +33320815757.")
    )
    courriels = PipeListField(_("adresses e-mail"), validators=[validate_emails])
    site_web = PipeListField(_("sites web"), validators=[validate_links])
    horaires = models.CharField(
        _("horaires"),
        max_length=1000,
        blank=True,
        help_text=_("Syntaxe OSM, par exemple « Mo-Fr 09:00-12:00,14:00-18:00; PH off »."),
    )
    presentation_resume = models.TextField(_("présentation courte"), blank=True, validators=[MaxLengthValidator(280)])
    presentation_detail = models.TextField(_("présentation"), blank=True)
    source = models.CharField(_("qui a recueilli la donnée"), max_length=200, blank=True)
    itinerance = TermSetField(_("fixe ou itinérant"), vocabulary="itinerance")
    structure_parente = models.CharField(_("structure parente"), max_length=300, blank=True)
    date_maj = models.DateField(_("date de mise à jour"), null=True, blank=True)
    services = TermSetField(_("services"), vocabulary="services")
    publics_specifiquement_adresses = TermSetField(
        _("publics"), vocabulary="publics_specifiquement_adresses", help_text=_("Rien de coché : tout le monde.")
    )
    prise_en_charge_specifique = TermSetField(_("prise en charge"), vocabulary="prise_en_charge_specifique")
    frais_a_charge = TermSetField(_("frais à charge"), vocabulary="frais_a_charge")
    dispositif_programmes_nationaux = TermSetField(
        _("dispositifs et programmes"), vocabulary="dispositif_programmes_nationaux"
    )
    formations_labels = TermSetField(_("formations et labels"), vocabulary="formations_labels")
    autres_formations_labels = PipeListField(_("autres formations et labels"))
    modalites_acces = TermSetField(_("modalités d’accès"), vocabulary="modalites_acces")
    modalites_accompagnement = TermSetField(_("modalités d’accompagnement"), vocabulary="modalites_accompagnement")
    fiche_acces_libre = models.CharField(_("fiche Accès libre"), max_length=500, blank=True, validators=[validate_link])
    prise_rdv = models.CharField(_("prise de rendez-vous"), max_length=500, blank=True, validators=[validate_link])

    # --- the city's own lists
    demarches = TermSetField(_("démarches"), vocabulary="demarches")
    themes = TermSetField(_("besoins particuliers"), vocabulary="themes")
    materiel = TermSetField(_("matériel"), vocabulary="materiel")
    ateliers = TermSetField(_("ateliers"), vocabulary="ateliers")
    langues = TermSetField(_("langues parlées"), vocabulary="langues")

    # --- ours
    slug = models.SlugField(_("nom dans l’adresse"), max_length=120, unique=True, editable=False)
    status = models.CharField(_("état"), max_length=10, choices=Status, default=Status.PUBLISHED)
    position_quality = models.CharField(_("position"), max_length=10, choices=PositionQuality, blank=True)
    verification = models.CharField(
        _("ce que valent ces données"),
        max_length=200,
        blank=True,
        help_text=_("« à vérifier » dans ce texte met la fiche dans la liste à vérifier."),
    )
    verified_on = models.DateField(_("vérifié le"), null=True, blank=True)
    verified_by = models.CharField(_("vérifié par"), max_length=120, blank=True)
    logo = models.CharField(_("logo"), max_length=80, blank=True, help_text=_("Nom du fichier, voir places/logos.py."))
    import_source = models.ForeignKey(
        Source, models.PROTECT, null=True, blank=True, related_name="places", verbose_name=_("importé depuis")
    )
    source_id = models.CharField(_("identifiant dans cette source"), max_length=2704, blank=True)
    aliases = PipeListField(_("anciens identifiants"))
    merged_into = models.ForeignKey(
        "self",
        models.PROTECT,
        null=True,
        blank=True,
        editable=False,
        related_name="merged",
        verbose_name=_("fusionné dans"),
    )
    qpv = models.ForeignKey(
        Territory, models.SET_NULL, null=True, blank=True, editable=False, related_name="+", verbose_name="QPV"
    )
    quartier = models.ForeignKey(
        Territory, models.SET_NULL, null=True, blank=True, editable=False, related_name="+", verbose_name=_("quartier")
    )
    iris = models.ForeignKey(
        Territory, models.SET_NULL, null=True, blank=True, editable=False, related_name="+", verbose_name="IRIS"
    )
    created_at = models.DateTimeField(_("créé le"), default=timezone.now, editable=False)
    changed_at = models.DateTimeField(_("modifié le"), default=timezone.now, editable=False)

    # --- derived: what is offered here, at the place itself or in one of its permanences, when, and the searched text
    offered_services = TermSetField(vocabulary="services", editable=False)
    offered_demarches = TermSetField(vocabulary="demarches", editable=False)
    offered_themes = TermSetField(vocabulary="themes", editable=False)
    offered_materiel = TermSetField(vocabulary="materiel", editable=False)
    offered_ateliers = TermSetField(vocabulary="ateliers", editable=False)
    offered_publics_specifiquement_adresses = TermSetField(vocabulary="publics_specifiquement_adresses", editable=False)
    offered_langues = TermSetField(vocabulary="langues", editable=False)
    search_text = models.TextField(editable=False, default="")
    # Its number in the index of words; 0 as long as it is not there.
    number = models.BigIntegerField(editable=False, default=0)
    schedule = ScheduleField()
    has_permanences = models.BooleanField(default=False, editable=False)

    objects = PlaceQuerySet.as_manager()

    class Meta:
        verbose_name = _("lieu")
        verbose_name_plural = _("lieux")
        ordering = ["slug"]
        permissions = [
            ("hold_place", _("Peut corriger les lieux que son compte tient")),
            ("undo_changes", _("Peut défaire tout ce qu’un auteur ou un import a changé")),
            ("handle_personal_data", _("Peut exporter et effacer les données d’une personne")),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["import_source", "source_id"], name="place_source_record", condition=~Q(source_id="")
            ),
            models.CheckConstraint(
                condition=Q(latitude__isnull=True, longitude__isnull=True)
                | Q(latitude__range=(-90, 90), longitude__range=(-180, 180)),
                name="place_whole_point",
            ),
        ]
        indexes = [
            # Every filter, every facet and the map's counts per cell are answered from the first index alone; those of
            # words, from the second.
            models.Index(fields=["status", "latitude", "longitude", *OFFER, "number", *WHEN], name="place_map"),
            models.Index(fields=["number", "status", *OFFER, *WHEN], name="place_said"),
            # A page of the list is read in its order, and no further than its last place.
            models.Index(fields=["status", "slug"], name="place_list"),
        ]

    def __str__(self):
        return self.nom

    def get_absolute_url(self):
        return reverse("places:detail", args=[self.slug])

    def clean(self):
        if (self.latitude is None) != (self.longitude is None):
            raise ValidationError({"longitude": _("La latitude et la longitude vont ensemble : les deux, ou aucune.")})
        if self.merged_into_id and self.status != self.Status.ARCHIVED:
            raise ValidationError({"status": _("Fusionné dans un autre lieu : il reste archivé. Défaire la fusion.")})

    # --- what is derived from the rest
    def derive(self, permanences=()) -> list[str]:
        """Compute again what is offered here and the searched text, from the place and its permanences.

        The searched text holds the name, then the address, then the rest; return the texts it was made from.
        """
        for name in OFFERED:
            offered = getattr(self, name)
            if permanences and (offered or not VOCABULARIES[name].blank_is_all):
                offered = reduce(or_, (getattr(permanence, name).mask for permanence in permanences), offered.mask)
            setattr(self, f"offered_{name}", offered)
        self.schedule, self.has_permanences = schedules.key_of(self.horaires), bool(permanences)
        address = [self.adresse, self.complement_adresse, self.code_postal, self.commune]
        rest = [
            self.presentation_resume,
            self.presentation_detail,
            self.structure_parente,
            *self.autres_formations_labels,
            *(f"{permanence.title} {permanence.details} {permanence.host}" for permanence in permanences),
        ]
        name, address_text, rest_text = searchable(self.nom), searchable(*address), searchable(*rest)
        self.number = word_index.number(self.pk)
        self.search_text = f"{name} {NAME_END}{address_text} {ADDRESS_END}{rest_text} "
        return [self.nom, *address, *rest]

    # --- questions
    @property
    def point(self) -> geo.Point | None:
        return None if self.latitude is None else geo.Point(self.latitude, self.longitude)

    @property
    def is_published(self) -> bool:
        return self.status == self.Status.PUBLISHED and not self.modalites_acces.mask & CLOSED_TO_PUBLIC

    @property
    def needs_verification(self) -> bool:
        return "à vérifier" in self.verification and self.verified_on is None

    @property
    def successor(self) -> "Place":
        """The place that stands for this one since they were merged, at the end of the chain; itself otherwise."""
        place, met = self, set()
        while place.merged_into_id and place.pk not in met:
            met.add(place.pk)
            place = place.merged_into
        return place

    def family(self, asked: int = 0) -> str:
        """Return the family whose marker stands for the place: that of a service asked for (a mask), else its first."""
        return family_of(self.offered_services.mask, asked)

    # --- words
    @property
    def locality(self) -> str:
        """Postcode and town as on an envelope."""
        return f"{self.code_postal} {self.commune}".strip()

    @property
    def kinds(self) -> list[str]:
        """The kinds of structure in words; an unknown code as it is."""
        return [translated(TYPOLOGIES.get(code, code)) for code in self.typologie]

    @cached_property
    def hours(self) -> opening_hours.Hours | None:
        """The opening hours, None when none are given or when they cannot be read."""
        return opening_hours.parse_horaires(self.horaires)


def family_of(services: int, asked: int = 0) -> str:
    for entry in lexicon.entries("services"):
        if entry.pictogram and entry.mask & services & (asked or services):
            return entry.pictogram
    return Family.AUTRE if not services or not asked else family_of(services)


# --- how a place says what is looked for


def offers(entries: Iterable[lexicon.Entry], *, in_turn: bool = False) -> Q:
    """It offers one of these terms; or, `in_turn`, one of its turns does."""
    offered = Q()
    for name, vocabulary in VOCABULARIES.items():
        if in_turn and not vocabulary.offered:
            continue
        if named := [entry for entry in entries if entry.vocabulary == name]:
            offered |= Q(**{f"{name if in_turn else vocabulary.column}__any": named})
    return offered


def carrying(vocabulary: str, column: str, terms, how: str) -> Q:
    """Its `column` holds `any` or `all` of these terms of a vocabulary, or is blank where that means everybody."""
    held = Q(**{f"{column}__{how}": terms})
    return held | Q(**{column: 0}) if VOCABULARIES[vocabulary].blank_is_all else held


def says(unit: Unit) -> Q:
    """One of the texts of this unit is in its own."""
    return Q(number__in=word_index.saying(unit.sought(text) for text in unit.texts))


def nearness(unit: Unit) -> Case:
    """Return where a place that says this unit says it best: 0 at the very beginning of its name, 6 in a wide term."""
    levels = []
    sought = [unit.sought(text) for text in unit.texts]
    levels += [When(search_text__startswith=f"{text.rstrip()} ", then=0) for text in sought]
    levels += [When(search_text__startswith=text, then=1) for text in sought]
    levels += [When(said_before(text, NAME_END), then=2) for text in sought]
    if unit.entries:
        levels.append(When(offers(unit.entries), then=3))
    levels += [When(said_before(text, ADDRESS_END), then=4) for text in sought]
    if unit.wide:
        levels += [When(search_text__contains=text, then=5) for text in sought]
    return Case(*levels, default=6 if unit.wide else 5, output_field=IntegerField())


def said_before(text: str, end: str) -> Q:
    """The searched text holds this one before the character that ends one of its parts."""
    found, limit = StrIndex(F("search_text"), Value(text)), StrIndex(F("search_text"), Value(end))
    return Q(GreaterThan(found, 0), LessThan(found, limit))
