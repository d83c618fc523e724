"""`manage.py diagnose`: compute the diagnosis again, write its table, keep it for the month."""

from pathlib import Path

from django.core.management.base import CommandError
from django.utils import timezone

from places.management.scheduled import ScheduledCommand
from places.models import Chore
from places.territories import words
from places.territories.diagnosis import ALL_QPV, NOT_QPV, WHOLE, diagnose, keep_month
from places.territories.diagnosis_pages import write_csv
from places.territories.subjects import EVERYTHING


class Command(ScheduledCommand):
    help = "Calcule le diagnostic du territoire sur les données d’aujourd’hui."

    def add_arguments(self, parser):
        parser.add_argument("--keep", action="store_true", help="garder aussi celui du mois, pour l’évolution")
        parser.add_argument("--csv", metavar="FICHIER.csv", help="écrire ici tous les chiffres")

    def handle(self, *, keep, csv, **options):
        now = timezone.now()
        found = diagnose(now)
        if keep:
            sentence = f"Gardé pour {keep_month(now).month}."
            Chore.objects.note("diagnose", sentence)
            self.stdout.write(sentence)
        if csv:
            try:
                with Path(csv).open("w", encoding="utf-8", newline="") as file:
                    write_csv(found, file)
            except OSError as error:
                raise CommandError(f"« {csv} » ne peut pas être écrit : {error.strerror}.") from error
        self.stdout.write(f"{found.places} lieux, {found.cells} carreaux, {found.figures.count()} chiffres.")
        for key, title in ((WHOLE, "Ensemble"), (ALL_QPV, "QPV"), (NOT_QPV, "Hors QPV")):
            figure = found.figures.filter(kind=key[0], code=key[1], subject=EVERYTHING).first()
            if figure and figure.near10 is not None:
                self.stdout.write(f"{title} : {words.percent(figure.near10)} ont un lieu à moins de 10 minutes à pied.")
