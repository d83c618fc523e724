"""Try the web addresses of the places, a few at each turn; for cron."""

from places.links import check
from places.management.scheduled import ScheduledCommand
from places.models import Chore


class Command(ScheduledCommand):
    help = "Essaie les liens des lieux, les moins récemment essayés d’abord."

    def add_arguments(self, parser):
        parser.add_argument("--most", metavar="NOMBRE", type=int, default=200, help="au plus, 200 par défaut")

    def handle(self, *, most, **options):
        tried = check(most)
        failing = [link for link in tried if link.failure]
        for link in failing:
            self.stdout.write(f"{link.address} : {link.failure} ({link.failures} fois de suite)")
        sentence = f"{len(tried)} liens essayés, {len(failing)} en échec."
        Chore.objects.note("check_links", sentence)
        self.stdout.write(sentence)
