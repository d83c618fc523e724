"""`manage.py sync_sources`: read again the sources whose turn has come; for a timer."""

from django.core.management.base import CommandError
from django.utils import timezone

from places.importing.sources import sync, sync_due
from places.management.scheduled import ScheduledCommand
from places.models import Chore, Source


class Command(ScheduledCommand):
    help = "Relit les sources dont c’est le tour. Finit par 1 si l’une a échoué ; les autres sont lues."

    def add_arguments(self, parser):
        parser.add_argument("--source", metavar="NOM", help="celle-ci seulement, que ce soit son tour ou non")

    def handle(self, *, source, **options):
        now = timezone.now()
        if source:
            found = Source.objects.exclude(address="").filter(name=source).first()
            if found is None:
                raise CommandError(f"Aucune source « {source} » n’a d’adresse.")
            outcomes = [sync(found, now)]
        else:
            outcomes = sync_due(now)
            failed = sum(outcome.failed for outcome in outcomes)
            Chore.objects.note(
                "sync_sources", f"{len(outcomes)} sources relues, {failed} en échec", failed=bool(failed)
            )
        for outcome in outcomes:
            self.stdout.write(f"{outcome.source} : {outcome.sentence}")
        if any(outcome.failed for outcome in outcomes):
            raise CommandError("Une source au moins est en échec.")
