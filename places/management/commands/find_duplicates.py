"""`manage.py find_duplicates`: places that may be one, in the base or between a file and the base."""

from django.core.management.base import BaseCommand, CommandError

from places.duplicates import Found, duplicates_of, find
from places.files import UnreadableFile, fetch
from places.importing.reading import read_table
from places.standard import REQUIRED_HEADERS, Lists, RefusedRow, read_row
from places.versions import modernise, recognise


class Command(BaseCommand):
    help = "Cherche les lieux en double. Sans --apply, les dit seulement."

    def add_arguments(self, parser):
        parser.add_argument("--apply", action="store_true", help="les faire attendre dans l’administration")
        parser.add_argument("--file", metavar="FICHIER", help="dans ce fichier, et entre lui et la base ; n’écrit rien")

    def handle(self, *, apply, file, **options):
        if file and apply:
            raise CommandError("Un fichier se compare sans --apply : l’importer d’abord, puis chercher dans la base.")
        try:
            found = Found(duplicates_of(records(file))) if file else find(apply=apply)
        except UnreadableFile as error:
            raise CommandError(str(error)) from error
        for line in found.lines():
            self.stdout.write(line)


def records(address: str) -> list[dict]:
    """Return the clean values of the usable rows of a file; the lists of terms, which are not compared, stay texts."""
    table = read_table(fetch(address))
    names = recognise(table.header)[1]
    if missing := [name for name in REQUIRED_HEADERS if name not in names.values()]:
        raise UnreadableFile(f"Ce n’est pas un fichier du standard national : colonne « {missing[0]} » absente.")
    values, lists = [], Lists({})
    for _line, row in table.rows:
        try:
            values.append(read_row(modernise(row or {}, names), lists).values)
        except RefusedRow:
            continue
    return values
