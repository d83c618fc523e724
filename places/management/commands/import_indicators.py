"""`manage.py import_indicators`: figures of INSEE or the digital fragility index, by territory."""

from django.core.management.base import BaseCommand

from places.management.reports import printed
from places.models import Territory
from places.territories.indicators import import_indicators


class Command(BaseCommand):
    help = (
        "Importe les indicateurs d’un tableau (CSV, .xlsx, .ods, zip) qui porte le code des territoires. "
        "Sans --apply, dit seulement ce qui changerait."
    )

    def add_arguments(self, parser):
        parser.add_argument("address", metavar="FICHIER_OU_URL")
        parser.add_argument("--kind", required=True, choices=Territory.Kind.values)
        parser.add_argument("--apply", action="store_true", help="écrire les changements")
        parser.add_argument(
            "--column",
            action="append",
            default=[],
            metavar="TITRE[=nom]",
            help="une colonne à lire, et son nom technique ; toutes celles de chiffres par défaut",
        )
        parser.add_argument("--vintage", default="", metavar="ANNÉE", help="année des chiffres")
        parser.add_argument("--source", default="", help="source et licence")
        parser.add_argument("--report", metavar="FICHIER.json", help="écrire ici le rapport complet, en JSON")

    def handle(self, *, address, kind, apply, column, vintage, source, report, **options):
        asked = {"columns": column, "vintage": vintage, "source": source, "apply": apply}
        printed(self, lambda: import_indicators(address, kind, **asked), report)
