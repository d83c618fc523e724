"""`manage.py import_gazetteer`: streets, addresses and stations to start a search from, from a CSV file."""

from django.core.management.base import BaseCommand, CommandError

from places.files import UnreadableFile
from places.near.landmarks import import_gazetteer


class Command(BaseCommand):
    help = (
        "Importe les rues, adresses et stations d’où l’on peut chercher : un CSV « nom,genre,latitude,longitude » ou "
        "celui de la Base adresse nationale. Sans --apply, dit seulement ce qui serait écrit."
    )

    def add_arguments(self, parser):
        parser.add_argument("address", metavar="FICHIER_OU_URL")
        parser.add_argument("--apply", action="store_true", help="remplacer les repères de cette source")
        parser.add_argument("--source", default="", help="nom de la source ; celui du fichier par défaut")

    def handle(self, *, address, apply, source, **options):
        try:
            report = import_gazetteer(address, source=source, apply=apply)
        except UnreadableFile as error:
            raise CommandError(str(error)) from error
        for line in report.lines():
            self.stdout.write(line)
