"""`manage.py import_gtfs`: read the timetables of public transport, say what they hold, apply them when asked."""

import sys

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from tqdm import tqdm

from places.files import UnreadableFile
from places.transport.importing import MARGIN, import_gtfs


class Command(BaseCommand):
    help = (
        "Importe les arrêts, les lignes et les horaires d’un fichier GTFS (zip ou adresse https), dans le territoire. "
        "Sans --apply, dit seulement ce qu’il contient ; un fichier fautif est refusé et rien ne change."
    )

    def add_arguments(self, parser):
        parser.add_argument("address", metavar="ZIP_OU_URL")
        parser.add_argument("--apply", action="store_true", help="remplacer les horaires en vigueur")
        parser.add_argument(
            "--margin",
            type=float,
            default=MARGIN,
            metavar="KM",
            help="autour de la commune et des lieux (%(default)s km)",
        )
        parser.add_argument("--licence", default="", help="celle du fichier, montrée avec les horaires")

    def handle(self, *, address, apply, margin, licence, **options):
        if not 0 <= margin <= 1000:
            raise CommandError("--margin : entre 0 et 1000 km.")
        try:
            report = import_gtfs(
                address,
                apply=apply,
                margin=margin,
                licence=licence,
                today=timezone.localdate(),
                progress=self._progress,
            )
        except UnreadableFile as error:
            raise CommandError(str(error)) from error
        for sentence in report.sentences():
            self.stdout.write(sentence)
        if report.is_refused:
            raise CommandError("Rien n’a été écrit.")

    @staticmethod
    def _progress(rows):
        return tqdm(rows, unit=" horaires", leave=False, disable=not sys.stderr.isatty())
