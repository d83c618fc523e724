"""The words the public uses, and the words that places use: what the search box understands beside our own lists."""

import csv
from pathlib import Path

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.utils.translation import gettext_lazy as _

from places import lexicon
from places.fields import PipeListField
from places.models.history import DataVersion
from places.text import LONGEST_WORD, words_of
from places.understanding import key

FIXTURE = settings.BASE_DIR / "fixtures" / "synonymes.csv"
BATCH = 500


class SynonymQuerySet(models.QuerySet):
    def complete(self, file: Path = FIXTURE) -> int:
        """Give the expressions this release ships to a database that has none; return how many.

        A city that has its own keeps them as they are: what it took away does not come back.
        """
        if self.exists():
            return 0
        with file.open(encoding="utf-8", newline="") as lines, transaction.atomic():
            shipped = [
                Synonym(
                    expression=row["expression"],
                    key=" ".join(key(row["expression"])),
                    terms=row["termes"],
                    others=row["autres_mots"],
                )
                for row in csv.DictReader(lines)
            ]
            self.bulk_create(shipped)
            DataVersion.objects.advance()
        lexicon.forget()
        return len(shipped)

    def delete(self):
        with transaction.atomic():
            deleted = super().delete()
            DataVersion.objects.advance()
        lexicon.forget()
        return deleted


class Synonym(models.Model):
    """An expression of the public; with neither terms nor other words, it says nothing of what is looked for."""

    expression = models.CharField(
        _("ce que les gens écrivent"),
        max_length=80,
        help_text=_("Un mot ou quelques-uns : « carte grise », « RSA ». Accents, majuscules et pluriels sont égaux."),
    )
    key = models.CharField(max_length=80, unique=True, editable=False)
    terms = PipeListField(_("ce que cela veut dire sur la carte"))
    others = PipeListField(
        _("autres mots à chercher"),
        help_text=_("Un par ligne : « médiathèque » fait chercher aussi « bibliothèque »."),
    )

    objects = SynonymQuerySet.as_manager()

    class Meta:
        verbose_name = _("mot du public")
        verbose_name_plural = _("mots du public")
        ordering = ["key"]

    def __str__(self):
        return self.expression

    def save(self, *args, **kwargs):
        self.key = " ".join(key(self.expression))
        with transaction.atomic():
            super().save(*args, **kwargs)
            DataVersion.objects.advance()
        lexicon.forget()

    def delete(self, *args, **kwargs):
        with transaction.atomic():
            deleted = super().delete(*args, **kwargs)
            DataVersion.objects.advance()
        lexicon.forget()
        return deleted

    def clean(self):
        self.key = " ".join(key(self.expression))
        if not self.key:
            raise ValidationError({"expression": _("Au moins une lettre ou un chiffre.")})
        same = Synonym.objects.filter(key=self.key).exclude(pk=self.pk).first()
        if same:
            raise ValidationError({"expression": _("« %s » est déjà dans la liste.") % same.expression})

    @property
    def entries(self) -> list[lexicon.Entry]:
        """The terms it stands for; those that no longer exist are left out."""
        found = (lexicon.find(*term.partition(":")[::2]) for term in self.terms)
        return [entry for entry in found if entry]


class KnownWordManager(models.Manager):
    def learn(self, texts) -> None:
        """Add the words of these texts that are not known yet."""
        words = dict(words_of(" ".join(dict.fromkeys(texts))))
        known = set(self.filter(text__among=words).values_list("text", flat=True))
        new = (KnownWord(text=word, shown=words[word]) for word in sorted(words.keys() - known))
        self.bulk_create(new, batch_size=BATCH, ignore_conflicts=True)


class KnownWord(models.Model):
    """A word that some place says, folded, and as it is written there: what a typing error is compared with.

    Words are only added: one that no published place says any more is never proposed.
    """

    text = models.CharField(max_length=LONGEST_WORD, unique=True)
    shown = models.CharField(max_length=LONGEST_WORD)

    objects = KnownWordManager()

    class Meta:
        verbose_name = _("mot des lieux")
        verbose_name_plural = _("mots des lieux")

    def __str__(self):
        return self.shown
