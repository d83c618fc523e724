"""Several things said in one breath, as the language of the page says them."""

from collections.abc import Iterable

from django.utils.translation import gettext as _


def all_of(things: Iterable[str]) -> str:
    """Write `mardi, jeudi et samedi`; blank for nothing."""
    return _ended(things, _("%(first)s et %(last)s"))


def any_of(things: Iterable[str]) -> str:
    """Write `mardi, jeudi ou samedi`; blank for nothing."""
    return _ended(things, _("%(first)s ou %(last)s"))


def listed(things: Iterable[str]) -> str:
    return _(", ").join(things)


def _ended(things: Iterable[str], pattern: str) -> str:
    *first, last = things or [""]
    return pattern % {"first": listed(first), "last": last} if first else last
