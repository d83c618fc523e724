"""What others changed of a place while a person had its form open: told in words, and nothing of either is lost."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, NamedTuple

from django import forms
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from places import history
from places.admin.changes import in_order, in_words, label
from places.models import Place, Revision


class Meanwhile(NamedTuple):
    """Who saved last, and `{field: [what the person had before the eyes, what it is now]}`."""

    who: str
    when: datetime
    changes: dict[str, list]


def sentences(form: forms.ModelForm, cleaned: Mapping[str, Any], version: str) -> list[str]:
    """Return what to tell the person who sends a form about a place that others saved since; nothing when none did."""
    found = since(form.instance, cleaned.get("seen") or "")
    return merge(form, found, version) if found else []


def since(place: Place, seen: str) -> Meanwhile | None:
    """Return what changed after the version `seen` (`merging.version`); None when nothing did, or for no version."""
    try:
        moment = datetime.fromisoformat(seen).astimezone(UTC)
    except (ValueError, OverflowError):
        return None
    later = [*place.revisions.filter(made_at__gt=moment).select_related("author").order_by("made_at", "pk")]
    if not later:
        return None
    changes: dict[str, list] = {}
    for revision in later:
        for name, (old, new) in revision.changes.items():
            changes.setdefault(name, [old, new])[1] = new
    changes = {name: told for name, told in changes.items() if not _same(*told)}
    return Meanwhile(_who(later[-1]), later[-1].made_at, changes)


def merge(form: forms.ModelForm, meanwhile: Meanwhile, version: str) -> list[str]:
    """Bring into a bound form what others changed and its person did not touch; return the sentences that tell it all.

    What the person typed stays as it was typed. The form, shown again, is on the present `version` of the place.
    """
    form.data = form.data.copy()
    form.data[form.add_prefix("seen")] = version
    sentences = [
        _(
            "%(who)s a enregistré cette fiche le %(when)s, pendant que vous la modifiiez. Ce que vous avez tapé est "
            "toujours là, et n’est pas encore écrit : relisez, puis enregistrez à nouveau."
        )
        % {"who": meanwhile.who, "when": date_format(timezone.localtime(meanwhile.when), "DATETIME_FORMAT")}
    ]
    for name, (before, now) in in_order(Place, meanwhile.changes):
        sentences.append(_told(name, before, now, taken=_take(form, name, before)))
    return sentences


def _take(form: forms.ModelForm, name: str, before: Any) -> bool | None:
    """Put the present value in a field left as it was shown; False when it was typed over, None when there is none."""
    if name not in form.fields:
        return None
    if name not in form.cleaned_data or not _same(history.plain(form.cleaned_data[name]), before):
        return False
    field = form.fields[name]
    value = field.prepare_value(form.get_initial_for_field(field, name))
    key = form.add_prefix(name)
    if isinstance(value, list):
        form.data.setlist(key, value)
    else:
        form.data[key] = "" if value is None else str(value)
    return True


def _told(name: str, before: Any, now: Any, *, taken: bool | None) -> str:
    if name == "permanences":
        return _("Les permanences ont changé : les relire dans un autre onglet avant d’enregistrer.")
    words = {"field": capfirst(label(Place, name)), "before": _quoted(name, before), "now": _quoted(name, now)}
    if taken is False:
        return _("%(field)s : %(before)s est devenu %(now)s. Vous avez écrit autre chose : c’est gardé ici.") % words
    return _("%(field)s : %(before)s est devenu %(now)s. C’est repris ici.") % words


def _quoted(name: str, value: Any) -> str:
    text = ", ".join(in_words(Place, name, value))
    return _("« %s »") % (text if len(text) <= 200 else f"{text[:199]}…") if text else _("(vide)")


def _same(one: Any, other: Any) -> bool:
    return one == other or (one in (None, "", []) and other in (None, "", []))


def _who(revision: Revision) -> str:
    author = revision.author
    return (
        (author.get_full_name() or author.get_username()) if author else str(revision.get_origin_display()).capitalize()
    )
