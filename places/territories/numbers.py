"""Numbers as French statistics write them."""

import math
import re

from django.utils.translation import gettext as _

# INSEE's marks for what is secret, not significant, not available, or does not apply.
MISSING = {"", "s", "ns", "nd", "c", "n/a", "na", "nc", "so", "-", "–", ".", "…", "null", "none", "nan"}
NUMBER = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]{1,3})?")
SPACES = re.compile(r"[\s\u00a0\u202f]")


def read_number(text: str) -> float | None:
    """Return a number written `1 234,5`, `12.5 %` or `1e3`; None for a mark of what is missing.

    Raise ValueError with a sentence for anything else, infinities included.

    >>> read_number("1\u202f234,5")
    1234.5
    """
    bare = SPACES.sub("", text).removesuffix("%")
    if bare.lower() in MISSING:
        return None
    if bare.count(",") == 1 and "." not in bare:
        bare = bare.replace(",", ".")
    if not NUMBER.fullmatch(bare) or not math.isfinite(number := float(bare)):
        raise ValueError(_("« %s » n’est pas un nombre.") % text.strip()[:40])
    return number
