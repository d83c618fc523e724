"""`manage.py import_places`: read a file of the national standard, say what would change, and apply when asked."""

import json
import sys
from pathlib import Path

from django.core.management.base import BaseCommand, CommandError
from tqdm import tqdm

from places.files import UnreadableFile
from places.importing import import_places


class Command(BaseCommand):
    help = (
        "Importe un fichier du standard national (CSV, JSON, GeoJSON, .ods, .xlsx ; toute version). "
        "Sans --apply, dit seulement ce qui changerait."
    )

    def add_arguments(self, parser):
        parser.add_argument("address", metavar="FICHIER_OU_URL")
        parser.add_argument("--apply", action="store_true", help="écrire les changements, tous ou aucun")
        parser.add_argument(
            "--allow-gone", action="store_true", help="accepter que plus d’un cinquième des lieux n’y soient plus"
        )
        parser.add_argument("--source", default="", help="nom de la source ; celui du fichier par défaut")
        parser.add_argument("--report", metavar="FICHIER.json", help="écrire ici le rapport complet, en JSON")

    def handle(self, *, address, apply, allow_gone, source, report, **options):
        try:
            result = import_places(
                address, source_name=source, apply=apply, allow_gone=allow_gone, progress=self._progress
            )
        except UnreadableFile as error:
            raise CommandError(str(error)) from error
        if report:
            text = json.dumps(result.as_dict(), ensure_ascii=False, indent=1)
            try:
                Path(report).write_text(text, encoding="utf-8")
            except OSError as error:
                raise CommandError(f"Le rapport « {report} » ne peut pas être écrit : {error.strerror}.") from error
        for line in result.lines():
            self.stdout.write(line)
        if apply and result.refusal:
            raise CommandError("Rien n’a été écrit.")

    @staticmethod
    def _progress(rows):
        return tqdm(rows, unit=" lignes", leave=False, disable=not sys.stderr.isatty())
