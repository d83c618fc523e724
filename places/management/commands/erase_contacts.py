"""`manage.py erase_contacts`: forget who sent what, once it is long decided; for a timer."""

from django.conf import settings
from django.utils import timezone

from places.management.scheduled import ScheduledCommand
from places.models import Chore
from places.moderation.forgetting import forget


class Command(ScheduledCommand):
    help = (
        "Efface les adresses de ceux qui ont envoyé une proposition décidée depuis plus de CONTACTS_KEPT_DAYS jours, "
        "et les images que personne n’a prises. Sans --apply, compte seulement."
    )

    def add_arguments(self, parser):
        parser.add_argument("--apply", action="store_true", help="effacer vraiment")

    def handle(self, *, apply, **options):
        forgotten = forget(timezone.now(), apply=apply)
        verb = "Effacé" if apply else "À effacer"
        sentence = (
            f"{verb} (plus de {settings.CONTACTS_KEPT_DAYS} jours) : contacts de {forgotten.submissions} propositions, "
            f"{forgotten.mails} courriels, {forgotten.pictures} images."
        )
        self.stdout.write(sentence)
        if apply:
            Chore.objects.note("erase_contacts", sentence)
        else:
            self.stdout.write("Rien n’a été écrit : ajouter --apply.")
