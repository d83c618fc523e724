"""`manage.py restore`: check a backup, and put it back when told to."""

import os
from pathlib import Path

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from places.backups import making
from places.backups.archive import Unusable


class Command(BaseCommand):
    help = (
        "Vérifie une sauvegarde ; avec --apply, remplace par elle la base et les images (arrêter le site d’abord). "
        "Sans nom, dit celles qu’il y a."
    )

    def add_arguments(self, parser):
        parser.add_argument("backup", nargs="?", metavar="NOM_OU_FICHIER")
        parser.add_argument("--apply", action="store_true", help="remplacer vraiment")
        parser.add_argument(
            "--key", metavar="FICHIER", help="où est la clé secrète ; la variable BACKUP_SECRET_KEY sinon"
        )

    def handle(self, *, backup, apply, key, **options):
        try:
            if not backup:
                for name in making.names() or ["Aucune sauvegarde."]:
                    self.stdout.write(name)
                return
            found = making.restore(backup, self.secret(key), apply=apply)
        except Unusable as error:
            raise CommandError(f"{error} Rien n’a été touché.") from error
        verb = "Restaurée" if apply else "Bonne"
        self.stdout.write(
            f"{verb} : sauvegarde du {found.made_at} ({found.vendor}), {len(found.files)} fichiers dont "
            f"{found.uploads} images."
        )
        if apply:
            self.stdout.write(f"Ses réglages, sans secrets : {settings.VAR_DIR / making.RESTORED_SETTINGS}.")
        else:
            self.stdout.write("Rien n’a été touché : ajouter --apply.")

    def secret(self, path: str | None) -> str:
        """Return the last line of the file that is not a comment, as age-keygen writes them."""
        if not path:
            return os.environ.get("BACKUP_SECRET_KEY", "").strip()
        try:
            lines = Path(path).read_text(encoding="utf-8").split("\n")
        except (OSError, UnicodeDecodeError) as error:
            raise CommandError(f"La clé « {path} » ne peut pas être lue.") from error
        return next((line.strip() for line in reversed(lines) if line.strip() and not line.startswith("#")), "")
