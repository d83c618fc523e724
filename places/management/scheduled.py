"""What the commands of the timers have in common: each machine starts them, one does the work."""

from contextlib import ExitStack
from datetime import timedelta

from django.core.management.base import BaseCommand, CommandError
from django.db import Error
from django.utils import timezone

from places.models import Chore
from roubaix_map import locks


class ScheduledCommand(BaseCommand):
    """A command that leaves, in good order, when another machine is already at it, or has just done it."""

    def create_parser(self, *args, **kwargs):
        parser = super().create_parser(*args, **kwargs)
        parser.add_argument(
            "--unless-done",
            metavar="HEURES",
            type=int,
            default=0,
            help="ne rien faire si une machine l’a fait il y a moins de tant d’heures",
        )
        return parser

    def execute(self, *args, **options):
        name = type(self).__module__.rpartition(".")[2]
        with ExitStack() as stack:
            try:
                is_alone = stack.enter_context(locks.alone(name))
            except Error as error:
                reason, *_rest = str(error).splitlines() or [""]
                raise CommandError(f"La base ne répond pas : {reason}") from error
            is_done = is_alone and _is_done(name, options.get("unless_done") or 0)
            if is_alone and not is_done:
                return super().execute(*args, **options)
        out = options.get("stdout") or self.stdout
        why = "déjà fait" if is_done else "déjà en cours"
        out.write(f"{name} : {why}, ici ou sur une autre machine.\n")
        return None


def _is_done(name: str, hours: int) -> bool:
    since = timezone.now() - timedelta(hours=hours)
    return hours > 0 and Chore.objects.filter(name=name, failed=False, at__gt=since).exists()
