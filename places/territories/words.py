"""Figures of the territory as people read them: thousands apart, a comma, the unit after."""

from django.utils.formats import number_format
from django.utils.translation import gettext as _

from places.models import Indicator

UNKNOWN = "–"


def number(value: float | None, decimals: int = 0) -> str:
    if value is None:
        return UNKNOWN
    return number_format(round(value, decimals) + 0, decimals, use_l10n=True, force_grouping=True)


def percent(share: float | None) -> str:
    """Write a share from 0 to 1; a share that is not nothing is never written 0 %, nor one that is not all, 100 %."""
    if share is None:
        return UNKNOWN
    rounded = round(share * 100)
    if rounded == 0 and share > 0:
        return _("moins de 1 %")
    if rounded == 100 and share < 0.9995:
        rounded = 99
    return _("%s %%") % number(rounded)


def beside(name: str, value: str) -> str:
    return _("%(name)s : %(value)s") % {"name": name, "value": value}


def metres(distance: float | None) -> str:
    if distance is None:
        return UNKNOWN
    if distance < 1_000:
        return _("%s m") % number(round(distance / 10) * 10)
    return _("%s km") % number(distance / 1_000, 1)


def figure(value: float | None, unit: str) -> str:
    """Write the figure of an indicator in its unit."""
    if value is None:
        return UNKNOWN
    if unit == Indicator.Unit.SHARE:
        return _("%s %%") % number(value, 1)
    if unit == Indicator.Unit.EUROS:
        return f"{number(value)} €"
    return number(value, 0 if value == round(value) or abs(value) >= 1_000 else 1)
