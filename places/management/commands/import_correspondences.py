"""`manage.py import_correspondences`: which QPV of 2015 became which of 2024, from ANCT's table."""

from django.core.management.base import BaseCommand

from places.management.reports import printed
from places.territories.correspondences import import_correspondences


class Command(BaseCommand):
    help = "Importe la correspondance des QPV de 2015 et de 2024. Sans --apply, dit seulement ce qui changerait."

    def add_arguments(self, parser):
        parser.add_argument("address", metavar="FICHIER_OU_URL")
        parser.add_argument("--apply", action="store_true", help="écrire les changements")
        parser.add_argument("--report", metavar="FICHIER.json", help="écrire ici le rapport complet, en JSON")

    def handle(self, *, address, apply, report, **options):
        printed(self, lambda: import_correspondences(address, apply=apply), report)
