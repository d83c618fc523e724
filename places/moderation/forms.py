"""What every visitor's form asks of the person who sends it, and the short forms."""

from datetime import datetime
from functools import partial

from django import forms
from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy

from places.models import Submission
from places.moderation.stamp import Stamp

TEXT_LENGTH = 5000
TOO_LONG = ngettext_lazy(
    "Ce texte est trop long : %(limit_value)d signe au plus.",
    "Ce texte est trop long : %(limit_value)d signes au plus.",
    "limit_value",
)


class Lines(forms.CharField):
    """Text of several lines; browsers send them apart by CR LF."""

    widget = forms.Textarea(attrs={"rows": 4})

    def to_python(self, value):
        return super().to_python(value).replace("\r\n", "\n")

    def has_changed(self, initial, data):
        return super().has_changed(initial, (data or "").replace("\r\n", "\n"))


def _capitalized(choices: type[models.TextChoices]) -> list[tuple[str, str]]:
    return [(value, label[0].upper() + label[1:]) for value, label in choices.choices]


class SenderForm(forms.Form):
    """Who sends it, if they want to say, and what tells people from robots without asking them anything."""

    # The browser's own checks say less, and stop in silence at a field in a closed section.
    use_required_attribute = False

    # Its name invites robots; people never see it.
    sujet = forms.CharField(
        label=_("Ne rien écrire ici"),
        required=False,
        widget=forms.TextInput(attrs={"tabindex": "-1", "autocomplete": "off"}),
    )
    text = Lines(label=_("Votre message"), required=False, max_length=TEXT_LENGTH)
    role = forms.ChoiceField(
        label=_("Vous et ce lieu"),
        required=False,
        choices=partial(_capitalized, Submission.Role),
    )
    email = forms.EmailField(
        label=_("Votre e-mail, si vous voulez une réponse"),
        required=False,
        max_length=254,
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
        help_text=_(
            "Facultatif. Jamais affiché, effacé ensuite. Vous recevrez un premier e-mail : appuyez sur son lien pour "
            "avoir les suivants."
        ),
        error_messages={"invalid": _("Votre e-mail n’est pas complet : il ressemble à prenom.nom@exemple.fr.")},
    )

    def __init__(self, *args, stamp: Stamp | None, now: datetime, **kwargs):
        self.stamp = stamp
        self.now = now
        super().__init__(*args, **kwargs)
        if not settings.MAIL_TO_VISITORS:
            del self.fields["email"]
        for field in self.fields.values():
            if isinstance(field, forms.CharField):
                field.error_messages["max_length"] = TOO_LONG

    def clean(self):
        cleaned = super().clean()
        if cleaned.get("sujet"):
            self.add_error(None, _("Une case cachée, faite pour les robots, était remplie. Relisez, puis renvoyez."))
        elif self.stamp is None:
            self.add_error(None, _("Cette page avait changé. Relisez ce que vous avez écrit, puis renvoyez."))
        elif self.stamp.is_too_fast(self.now):
            self.add_error(None, _("C’est parti très vite. Relisez ce que vous avez écrit, puis renvoyez."))
        elif self.stamp.is_too_old(self.now):
            self.add_error(None, _("Cette page était ouverte depuis plus d’un jour. Relisez, puis renvoyez."))
        return cleaned

    def problems(self) -> list[tuple[str, str]]:
        """Return what is wrong in the order of the page: a field's id, blank for the whole form, a sentence."""
        return [
            (self[name].auto_id if name in self.fields else "", sentence)
            for name, sentences in self.errors.items()
            for sentence in sentences
        ]


class ErrorForm(SenderForm):
    wrong = forms.MultipleChoiceField(
        label=_("Qu’est-ce qui est faux ?"),
        required=False,
        choices=partial(_capitalized, Submission.Wrong),
        widget=forms.CheckboxSelectMultiple,
    )
    field_order = ["wrong", "text", "role", "email"]

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["text"].label = _("Qu’est-ce qui serait juste ?")

    def clean(self):
        cleaned = super().clean()
        if not cleaned.get("wrong") and not cleaned.get("text") and not {"wrong", "text"} & {*self.errors}:
            self.add_error("wrong", _("Cochez ce qui est faux, ou dites-le avec vos mots."))
        return cleaned


class ClosedForm(SenderForm):
    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["text"].label = _("Qu’avez-vous vu ? Depuis quand ?")
        self.fields["text"].help_text = _("Facultatif. Par exemple : « rideau baissé depuis juin, déménagé rue X ».")


class ConfirmedForm(SenderForm):
    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["text"].label = _("Quelque chose à ajouter ?")
        self.fields["text"].help_text = _("Facultatif.")


class ProblemForm(SenderForm):
    page = forms.CharField(label=_("Sur quelle page ?"), required=False, max_length=500)
    field_order = ["text", "page", "email"]

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        del self.fields["role"]
        self.fields["text"].label = _("Que se passe-t-il ?")
        self.fields["text"].required = True
        self.fields["text"].error_messages["required"] = _("Dites en quelques mots ce qui ne va pas.")


class AnswerForm(SenderForm):
    """The person's words in the thread."""

    field_order = ["text"]

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields.pop("email", None)
        del self.fields["role"]
        self.fields["text"].label = _("Votre réponse")
        self.fields["text"].required = True
        self.fields["text"].error_messages["required"] = _("Écrivez votre réponse.")
