"""`manage.py copy_to_postgresql`: move the site from SQLite to PostgreSQL."""

import os

from django.core.management.base import BaseCommand, CommandError

from places.copying import Refused, copy_to


class Command(BaseCommand):
    help = (
        "Copie toute la base du site dans une base PostgreSQL vide, et vérifie chaque table (nombre et empreinte). "
        "Tout, ou rien ; refaite, ne change rien. Arrêter le site d’abord."
    )

    def add_arguments(self, parser):
        parser.add_argument(
            "address",
            nargs="?",
            metavar="postgres://…",
            help="la base d’arrivée ; TARGET_DATABASE_URL par défaut, qui ne se voit pas dans la liste des processus",
        )
        parser.add_argument("--replace", action="store_true", help="remplacer le site que la base d’arrivée contient")

    def handle(self, *, address, replace, **options):
        def told(table):
            self.stdout.write(f"{table.name} : {table.rows} lignes, empreinte {table.digest:064x}")

        try:
            copied = copy_to(address or os.environ.get("TARGET_DATABASE_URL", ""), replace=replace, told=told)
        except Refused as error:
            raise CommandError(f"{error} Rien n’a été copié.") from error
        self.stdout.write(
            "Tout est copié et vérifié : mettre cette adresse dans DATABASE_URL, et redémarrer le site."
            if copied
            else "La base d’arrivée contient déjà les mêmes lignes : rien à faire."
        )
