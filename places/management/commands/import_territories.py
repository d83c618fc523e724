"""`manage.py import_territories`: outlines of communes, quartiers, IRIS or QPV from an official file."""

from django.core.management.base import BaseCommand

from places.management.reports import printed
from places.models import Territory
from places.territories.outlines import Wanted, import_territories


class Command(BaseCommand):
    help = (
        "Importe des territoires d’un shapefile en zip, d’un GeoPackage ou d’un GeoJSON, dans toute projection. "
        "Sans --apply, dit seulement ce qui changerait."
    )

    def add_arguments(self, parser):
        parser.add_argument("address", metavar="FICHIER_OU_URL")
        parser.add_argument("--kind", required=True, choices=Territory.Kind.values)
        parser.add_argument("--apply", action="store_true", help="écrire les changements et situer chaque lieu")
        parser.add_argument(
            "--commune", action="append", default=[], metavar="INSEE", help="garder celle-ci ; répétable"
        )
        parser.add_argument("--vintage", default="", metavar="ANNÉE", help="millésime, quand le fichier ne le dit pas")
        parser.add_argument("--current", action="store_true", help="mettre ce millésime en vigueur, même plus ancien")
        parser.add_argument("--source", default="", help="source et licence, quand le fichier ne les dit pas")
        parser.add_argument(
            "--layer", default="", metavar="COUCHE", help="celle qu’il faut lire, s’il y en a plusieurs"
        )
        parser.add_argument("--projection", default="", metavar="EPSG", help="2154 par exemple, si le fichier se tait")
        parser.add_argument("--code", default="", metavar="COLONNE", help="la colonne du code")
        parser.add_argument("--name", default="", metavar="COLONNE", help="la colonne du nom")
        parser.add_argument("--report", metavar="FICHIER.json", help="écrire ici le rapport complet, en JSON")

    def handle(self, *, address, kind, apply, report, **options):
        wanted = Wanted(
            communes=options["commune"],
            **{name: options[name] for name in ("vintage", "current", "source", "layer", "projection", "code", "name")},
        )
        printed(self, lambda: import_territories(address, kind, wanted, apply=apply), report)
