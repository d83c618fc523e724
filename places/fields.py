"""Small fields: a set of terms kept as an integer mask, a list kept in one text column, the key of opening hours.

A mask answers "any of" and "all of" with the same one-line SQL on SQLite and PostgreSQL, and a whole vocabulary is
counted in one grouped query.
"""

import json
from collections.abc import Iterable, Iterator, Set

from django import forms
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models.query_utils import DeferredAttribute
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

from places import lexicon


class TermSet(Set):
    """The terms a place carries from one vocabulary: an immutable set of `lexicon.Entry`, in their order on screen."""

    __slots__ = ("mask", "vocabulary")

    def __init__(self, vocabulary: str, mask: int):
        self.vocabulary = vocabulary
        self.mask = mask

    @classmethod
    def of(cls, vocabulary: str, value: object) -> "TermSet":
        """Build from a mask, another set, or terms, official values and slugs; raise ValidationError on any other."""
        kind = type(value)  # an abstract set makes isinstance ten times slower, and this is the hottest path of all
        if kind is TermSet:
            return value if value.vocabulary == vocabulary else cls(vocabulary, value.mask)
        if kind is int:
            return cls(vocabulary, value)
        if not value:
            return cls(vocabulary, 0)
        mask = 0
        for word in [value] if isinstance(value, str) else value:
            entry = word if isinstance(word, lexicon.Entry) else lexicon.find(vocabulary, word)
            if entry is None or entry.vocabulary != vocabulary:
                raise ValidationError(
                    _("« %(word)s » n’est pas dans la liste « %(list)s »."),
                    params={"word": word, "list": vocabulary},
                    code="unknown_term",
                )
            mask |= entry.mask
        return cls(vocabulary, mask)

    def __contains__(self, word: object) -> bool:
        entry = word if isinstance(word, lexicon.Entry) else lexicon.find(self.vocabulary, word)
        return entry is not None and entry.vocabulary == self.vocabulary and bool(self.mask & entry.mask)

    def __iter__(self) -> Iterator["lexicon.Entry"]:
        return (entry for entry in lexicon.entries(self.vocabulary) if self.mask & entry.mask)

    def __len__(self) -> int:
        return self.mask.bit_count()

    def __eq__(self, other: object) -> bool:
        if type(other) is TermSet:
            return (self.vocabulary, self.mask) == (other.vocabulary, other.mask)
        return super().__eq__(other)

    def __hash__(self) -> int:
        return hash((self.vocabulary, self.mask))

    def __repr__(self) -> str:
        return f"<{self.vocabulary}: {', '.join(self.values)}>"

    @classmethod
    def _from_iterable(cls, iterable: Iterable) -> frozenset:
        return frozenset(iterable)

    @property
    def values(self) -> list[str]:
        """The official texts, in the order of the schema."""
        return list(lexicon.texts(self.vocabulary, self.mask))


class TermSetAttribute(DeferredAttribute):
    """Turns whatever is assigned into a TermSet, at once."""

    def __set__(self, instance: models.Model, value: object) -> None:
        instance.__dict__[self.field.attname] = TermSet.of(self.field.vocabulary, value)


class TermSetField(models.Field):
    """A set of terms of one vocabulary, at most 63, in one big integer; lookups `__any` and `__all`."""

    descriptor_class = TermSetAttribute

    def __init__(self, *args, vocabulary: str, **kwargs):
        self.vocabulary = vocabulary
        kwargs.setdefault("default", 0)
        kwargs.setdefault("blank", True)
        super().__init__(*args, **kwargs)

    def deconstruct(self):
        name, path, args, kwargs = super().deconstruct()
        kwargs["vocabulary"] = self.vocabulary
        return name, path, args, kwargs

    def get_internal_type(self) -> str:
        return "BigIntegerField"

    def to_python(self, value) -> TermSet:
        return TermSet.of(self.vocabulary, value)

    def get_prep_value(self, value) -> int:
        return value.mask if type(value) is TermSet else TermSet.of(self.vocabulary, value).mask

    def get_db_prep_value(self, value, connection, prepared=False) -> int:
        return value if prepared else self.get_prep_value(value)

    def get_db_prep_save(self, value, connection) -> int:
        return value.mask if type(value) is TermSet else super().get_db_prep_save(value, connection)

    def value_to_string(self, obj) -> str:
        return "|".join(self.value_from_object(obj).values)

    def value_from_object(self, obj) -> TermSet:
        return getattr(obj, self.attname)

    def formfield(self, **kwargs):
        return TermSetFormField(
            vocabulary=self.vocabulary,
            label=kwargs.get("label", capfirst(self.verbose_name)),
            help_text=kwargs.get("help_text", self.help_text),
            required=not self.blank,
        )


class TermSetFormField(forms.TypedMultipleChoiceField):
    """Checkboxes for one vocabulary; its Python value is a TermSet."""

    widget = forms.CheckboxSelectMultiple

    def __init__(self, *, vocabulary: str, **kwargs):
        self.vocabulary = vocabulary
        super().__init__(choices=self._choices_now, coerce=str, **kwargs)

    def _choices_now(self):
        return [(entry.slug, entry.short_label) for entry in lexicon.entries(self.vocabulary)]

    def prepare_value(self, value):
        return [entry.slug for entry in value] if isinstance(value, TermSet) else value

    def clean(self, value) -> TermSet:
        return TermSet.of(self.vocabulary, super().clean(value))

    def has_changed(self, initial, data) -> bool:
        return super().has_changed(self.prepare_value(initial) or [], data)


class MaskLookup(models.Lookup):
    def get_prep_lookup(self) -> int:
        return TermSet.of(self.lhs.output_field.vocabulary, self.rhs).mask

    def get_db_prep_lookup(self, value, connection):
        return "%s", [value]


@TermSetField.register_lookup
class AnyOf(MaskLookup):
    """At least one of the given terms; nothing carries one of none."""

    lookup_name = "any"

    def as_sql(self, compiler, connection):
        lhs, lhs_params = self.process_lhs(compiler, connection)
        rhs, rhs_params = self.process_rhs(compiler, connection)
        return f"({lhs} & {rhs}) <> 0", [*lhs_params, *rhs_params]


@TermSetField.register_lookup
class AllOf(MaskLookup):
    """Every one of the given terms; everything carries all of none."""

    lookup_name = "all"

    def as_sql(self, compiler, connection):
        lhs, lhs_params = self.process_lhs(compiler, connection)
        rhs, rhs_params = self.process_rhs(compiler, connection)
        return f"({lhs} & {rhs}) = {rhs}", [*lhs_params, *rhs_params, *rhs_params]


class PipeListField(models.TextField):
    """A list of short texts in one column, separated by `|` as in the national schema."""

    def __init__(self, *args, **kwargs):
        kwargs.setdefault("default", list)
        kwargs.setdefault("blank", True)
        super().__init__(*args, **kwargs)

    def from_db_value(self, value, expression, connection) -> list[str]:
        return self.to_python(value)

    def to_python(self, value) -> list[str]:
        if isinstance(value, str):
            value = value.split("|")
        return [item.strip() for item in value or [] if item.strip()]

    def get_prep_value(self, value) -> str:
        return "|".join(self.to_python(value)) if value else ""

    def value_to_string(self, obj) -> str:
        return self.get_prep_value(self.value_from_object(obj))

    def formfield(self, **kwargs):
        return PipeListFormField(
            label=kwargs.get("label", capfirst(self.verbose_name)),
            help_text=kwargs.get("help_text", self.help_text or _("Un par ligne.")),
            required=not self.blank,
            validators=self.validators,
        )


class PipeListFormField(forms.CharField):
    """One item per line."""

    widget = forms.Textarea(attrs={"rows": 2})

    def prepare_value(self, value):
        return "\n".join(value) if isinstance(value, list) else value

    def to_python(self, value) -> list[str]:
        return [line.strip() for line in (value or "").replace("|", "\n").splitlines() if line.strip()]

    def has_changed(self, initial, data) -> bool:
        return self.to_python(data) != list(initial or [])


class ScheduleField(models.BigIntegerField):
    """The key of readable opening hours (`places.schedules.key_of`); None where nobody can read any."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **({"null": True, "editable": False} | kwargs))


@models.BigIntegerField.register_lookup
@models.CharField.register_lookup
class Among(models.Lookup):
    """Among many numbers or texts, sent as one value: a parameter for each would be too many for a base."""

    lookup_name = "among"
    prepare_rhs = False

    def as_sql(self, compiler, connection):
        lhs, params = self.process_lhs(compiler, connection)
        return f"{lhs} = ANY(%s)", [*params, list(self.rhs)]

    def as_sqlite(self, compiler, connection):
        lhs, params = self.process_lhs(compiler, connection)
        return f"{lhs} IN (SELECT value FROM json_each(%s))", [*params, json.dumps([*self.rhs])]  # noqa: S608
