"""`manage.py backup`: the database, the uploads and the settings without secrets, in one file; for a timer."""

from contextlib import suppress

from django.core.management.base import CommandError
from django.db import DatabaseError
from django.utils import timezone

from places.backups import archive, making
from places.management.scheduled import ScheduledCommand
from places.models import Chore


class Command(ScheduledCommand):
    help = "Sauvegarde la base, les images et les réglages sans leurs secrets, dans BACKUP_TO."

    def add_arguments(self, parser):
        parser.add_argument("--new-key", action="store_true", help="montrer une paire de clés neuve, et rien d’autre")

    def handle(self, *, new_key, **options):
        if new_key:
            public, secret = archive.new_key()
            self.stdout.write(f"À mettre dans les réglages : BACKUP_KEY={public}")
            self.stdout.write(f"À garder ailleurs, seule à ouvrir les sauvegardes : {secret}")
            return
        try:
            made = making.make(timezone.now())
        except (archive.Unusable, DatabaseError, OSError) as error:
            with suppress(DatabaseError):  # which may be what failed
                Chore.objects.note("backup", str(error), failed=True)
            raise CommandError(f"La sauvegarde a échoué : {error}") from error
        sentence = f"{made.name} dans {made.place} : {made.files} fichiers, {made.bytes / 1_000_000:.1f} Mo"
        Chore.objects.note("backup", sentence)
        self.stdout.write(f"{sentence}.")
        for name in made.removed:
            self.stdout.write(f"Remplacée par de plus récentes, effacée : {name}")
