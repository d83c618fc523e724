"""`manage.py export_places`: write the national file and its complements, or other formats; say what is left out."""

import os
from contextlib import suppress
from pathlib import Path
from tempfile import NamedTemporaryFile

from django.core.management.base import BaseCommand, CommandError
from django.http import QueryDict

from places.exporting import FORMATS, Publication, TooManyForASpreadsheet
from places.exporting.national import Report
from places.filters import PlaceFilter


class Command(BaseCommand):
    help = "Écrit les lieux publiés : le fichier du standard national et ses compléments, ou d’autres formats."

    def add_arguments(self, parser):
        parser.add_argument("folder", metavar="DOSSIER", nargs="?", default=".", type=Path)
        parser.add_argument(
            "--format",
            nargs="+",
            choices=FORMATS,
            default=["csv", "complements"],
            help="ce qui est écrit ; csv et complements par défaut",
        )
        parser.add_argument("--question", default="", help="comme dans l’adresse de la liste : services=emploi&qpv=oui")
        parser.add_argument("--site", default="", help="l’adresse du site, pour celle de chaque fiche")

    def handle(self, *, folder, format, question, site, **options):
        asked = PlaceFilter(QueryDict(question.lstrip("?")))
        if asked.ignored:
            raise CommandError(f"Choix inconnus dans --question : {', '.join(asked.ignored)}.")
        publication = Publication.now(site)
        for name in dict.fromkeys(format):
            report = Report()
            path = folder / publication.file_name(FORMATS[name].ending)
            try:
                content = FORMATS[name].write(asked.qs, publication, report)
                write(path, content)
            except TooManyForASpreadsheet as error:
                raise CommandError(str(error)) from error
            except OSError as error:
                raise CommandError(f"« {path} » ne peut pas être écrit : {error.strerror}.") from error
            self.stdout.write(f"{path} : {report.written} lieux.")
            for line in told(report):
                self.stdout.write(line)


def told(report: Report):
    """Say what a file of the standard had to leave out, and why."""
    if report.left_out:
        reasons = ", ".join(f"{column} ({number})" for column, number in report.missing.most_common())
        yield f"  {report.left_out} laissés de côté, faute d’une colonne exigée : {reasons}."
    if report.emptied:
        reasons = ", ".join(f"{column} ({number})" for column, number in report.emptied.most_common())
        yield f"  Cellules que le standard ne peut pas écrire, gardées dans les compléments : {reasons}."


def write(path: Path, content) -> None:
    """Write a whole file or none: an older one stays until the new one is complete."""
    with NamedTemporaryFile(dir=path.parent, prefix=f".{path.name}-", delete=False) as file:
        try:
            for piece in content:
                file.write(piece if isinstance(piece, bytes) else piece.encode())
            os.chmod(file.name, 0o666 & ~umask())
            os.replace(file.name, path)
        except BaseException:
            with suppress(OSError):
                os.unlink(file.name)
            raise


def umask() -> int:
    current = os.umask(0)
    os.umask(current)
    return current
