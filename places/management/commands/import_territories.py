"""`manage.py import_territories`: outlines of communes, quartiers, IRIS or QPV from a GeoJSON file."""

from pathlib import Path

from django.core.management.base import BaseCommand, CommandError

from places.files import UnreadableFile
from places.models import Territory
from places.territories import import_territories


class Command(BaseCommand):
    help = "Importe des territoires d’un fichier GeoJSON. Sans --apply, dit seulement ce qui changerait."

    def add_arguments(self, parser):
        parser.add_argument("path", metavar="FICHIER", type=Path)
        parser.add_argument("--kind", required=True, choices=Territory.Kind.values)
        parser.add_argument("--apply", action="store_true", help="écrire les changements et situer chaque lieu")

    def handle(self, *, path, kind, apply, **options):
        try:
            report = import_territories(Path(path), kind, apply=apply)
        except UnreadableFile as error:
            raise CommandError(str(error)) from error
        for line in report.lines():
            self.stdout.write(line)
