"""Terms: the words for every option of every vocabulary, which the city renames, hides, orders and adds to."""

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.db import models, transaction
from django.utils.translation import gettext_lazy as _

from places import lexicon
from places.colours import is_readable
from places.models.history import DataVersion
from places.vocabularies import VOCABULARIES, Family

LAST_BIT = 62
FAMILY_COLOURS = {
    Family.DEMARCHES: "#0b3d91",
    Family.APPRENDRE: "#a3210f",
    Family.EMPLOI: "#5b2a86",
    Family.MATERIEL: "#00594f",
    Family.ENFANTS: "#8a3b00",
    Family.CREER: "#9b1166",
    Family.AUTRE: "#3d3d3d",
}


def lists() -> list[tuple[str, str]]:
    """The vocabularies by the question of their filters: a function, so that new words make no migration."""
    return [(name, vocabulary.question) for name, vocabulary in VOCABULARIES.items()]


class TermManager(models.Manager):
    def complete(self) -> int:
        """Add the terms this release ships and the database lacks; return how many. Existing ones stay untouched."""
        known = set(self.values_list("vocabulary", "value"))
        added = [
            Term(
                vocabulary=name,
                value=seed.value,
                bit=bit,
                slug=seed.slug,
                short_label=seed.short_label,
                label=seed.label,
                help=seed.help,
                group=seed.group,
                pictogram=seed.pictogram,
                colour=FAMILY_COLOURS.get(seed.pictogram, ""),
                order=(bit + 1) * 10,
            )
            for name, vocabulary in VOCABULARIES.items()
            for bit, seed in enumerate(vocabulary.seeds)
            if (name, seed.value) not in known
        ]
        with transaction.atomic():
            taken = set(self.values_list("vocabulary", "bit"))
            for term in added:
                if (term.vocabulary, term.bit) in taken:
                    term.bit = self.next_bit(term.vocabulary, taken)
                taken.add((term.vocabulary, term.bit))
            self.bulk_create(added)
            if added:
                DataVersion.objects.advance()
        lexicon.forget()
        return len(added)

    def next_bit(self, vocabulary: str, taken=None) -> int:
        """Return the bit after the highest ever given in this vocabulary; bits are never used twice."""
        if taken is None:
            taken = set(self.filter(vocabulary=vocabulary).values_list("vocabulary", "bit"))
        return max((bit for name, bit in taken if name == vocabulary), default=-1) + 1


class Term(models.Model):
    vocabulary = models.CharField(_("liste"), max_length=40, choices=lists)
    value = models.CharField(
        _("valeur officielle"),
        max_length=100,
        help_text=_("Le texte exact du standard national, ou le code de la ville. Il ne change plus."),
    )
    bit = models.PositiveSmallIntegerField(_("rang technique"), editable=False)
    slug = models.SlugField(_("nom dans les adresses"), max_length=60)
    short_label = models.CharField(
        _("nom court"), max_length=80, help_text=_("Sur les fiches et dans la phrase des résultats.")
    )
    label = models.CharField(
        _("nom du filtre"),
        max_length=140,
        blank=True,
        help_text=_("Par exemple « Lieux qui aident aux démarches administratives ». Vide : le nom court."),
    )
    help = models.CharField(_("phrase d’aide"), max_length=240, blank=True)
    group = models.CharField(_("sous-groupe"), max_length=60, blank=True)
    translations = models.TextField(
        _("dans les autres langues"),
        blank=True,
        help_text=_(
            "Pour un mot que vous avez renommé ou ajouté : une langue par ligne, « en : Jobs in Roubaix ». Sans cela, "
            "il paraît en français dans les pages des autres langues."
        ),
    )
    pictogram = models.CharField(
        _("pictogramme"), max_length=20, blank=True, choices=[(family.value, family.value) for family in Family]
    )
    colour = models.CharField(
        _("couleur"), max_length=7, blank=True, validators=[RegexValidator(r"^#[0-9a-fA-F]{6}$", _("Comme #0b3d91."))]
    )
    order = models.PositiveIntegerField(_("ordre"), default=1000)
    visible = models.BooleanField(_("proposé comme filtre"), default=True)

    objects = TermManager()

    class Meta:
        verbose_name = _("mot de la carte")
        verbose_name_plural = _("mots de la carte")
        ordering = ["vocabulary", "order", "bit"]
        constraints = [
            models.UniqueConstraint(fields=["vocabulary", "bit"], name="term_bit"),
            models.UniqueConstraint(fields=["vocabulary", "value"], name="term_value"),
            models.UniqueConstraint(fields=["vocabulary", "slug"], name="term_slug"),
            models.CheckConstraint(condition=models.Q(bit__lte=LAST_BIT), name="term_bit_fits"),
        ]

    def __str__(self):
        return self.short_label

    def save(self, *args, **kwargs):
        with transaction.atomic():
            if self.bit is None:
                self.bit = Term.objects.next_bit(self.vocabulary)
            super().save(*args, **kwargs)
            DataVersion.objects.advance()
        lexicon.forget()

    def clean(self):
        self._check_translations()
        if not is_readable(self.colour):
            raise ValidationError({"colour": _("Couleur trop claire : le contraste avec le blanc doit atteindre 4,5.")})
        if self.bit is None and self.vocabulary and Term.objects.next_bit(self.vocabulary) > LAST_BIT:
            raise ValidationError(_("Cette liste est pleine : 63 mots au plus."))

    def _check_translations(self):
        known = [code for code, _name in settings.LANGUAGES if code != settings.LANGUAGE_CODE]
        for line in self.translations.splitlines():
            code, colon, text = line.partition(":")
            if line.strip() and not (colon and code.strip() in known and text.strip()):
                words = {"line": line.strip(), "known": ", ".join(known)}
                raise ValidationError(
                    {
                        "translations": _(
                            "« %(line)s » : écrire « langue : mot », avec une de ces langues : %(known)s."
                        )
                        % words
                    }
                )

    @property
    def translated(self) -> dict[str, str]:
        """Its name in the languages that the city wrote, by their code."""
        pairs = (line.partition(":") for line in self.translations.splitlines())
        return {code.strip(): text.strip() for code, _colon, text in pairs if text.strip()}

    @property
    def is_national(self) -> bool:
        return VOCABULARIES[self.vocabulary].national
