"""Which QPV of 2015 became which of 2024, from the table that ANCT publishes."""

import re

from django.db import transaction
from django.utils.translation import gettext as _

from places.files import UnreadableFile, fetch
from places.importing.reading import read_table
from places.models import Correspondence, DataVersion, Territory
from places.territories.report import TerritoryReport

OLD, NEW = re.compile(r"QP[0-9A-Z]{6}"), re.compile(r"QN[0-9A-Z]{6}")


def import_correspondences(address, *, apply: bool = False) -> TerritoryReport:
    """Read the pairs of codes of a table, told by what they look like and not by titles; raises UnreadableFile."""
    table = read_table(fetch(str(address)))
    report = TerritoryReport(_("correspondance"), apply, table.format)
    pairs = set()
    for line, row in table.rows:
        text = " ".join((row or {}).values())
        olds, news = OLD.findall(text), NEW.findall(text)
        if olds and news:
            pairs |= {(old, new) for old in olds for new in news}
        elif olds or news:
            report.refused.append((line, _("un seul code : %s.") % (olds + news)[0]))
    if not pairs:
        raise UnreadableFile(_("Ce fichier ne contient aucune paire de codes de QPV (QP…, QN…)."))
    known = set(Correspondence.objects.filter(kind=Territory.Kind.QPV).values_list("old_code", "new_code"))
    added = sorted(pairs - known)
    report.created = [f"{old} → {new}" for old, new in added]
    report.unchanged = len(pairs & known)
    if apply and added:
        with transaction.atomic():
            Correspondence.objects.bulk_create(
                Correspondence(kind=Territory.Kind.QPV, old_code=old, new_code=new) for old, new in added
            )
            DataVersion.objects.advance()
    return report
