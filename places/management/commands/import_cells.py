"""`manage.py import_cells`: who lives where, from the 200 m grid of INSEE."""

from django.core.management.base import BaseCommand

from places.management.reports import printed
from places.territories.cells import import_cells


class Command(BaseCommand):
    help = (
        "Importe les carreaux de population de l’Insee (Filosofi, 200 m ; CSV, GeoPackage, zip). "
        "Sans --apply, dit seulement ce qui changerait."
    )

    def add_arguments(self, parser):
        parser.add_argument("address", metavar="FICHIER_OU_URL")
        parser.add_argument("--vintage", required=True, metavar="ANNÉE")
        parser.add_argument(
            "--commune", action="append", default=[], metavar="INSEE", help="garder celle-ci ; répétable"
        )
        parser.add_argument("--apply", action="store_true", help="écrire les changements")
        parser.add_argument("--report", metavar="FICHIER.json", help="écrire ici le rapport complet, en JSON")

    def handle(self, *, address, vintage, commune, apply, report, **options):
        printed(self, lambda: import_cells(address, vintage=vintage, communes=commune, apply=apply), report)
