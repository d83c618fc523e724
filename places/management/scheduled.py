"""What the commands of the timers have in common: each machine starts them, one does the work."""

from contextlib import ExitStack

from django.core.management.base import BaseCommand, CommandError
from django.db import Error

from roubaix_map import locks


class ScheduledCommand(BaseCommand):
    """A command that leaves, in good order, when another machine is already at it."""

    def execute(self, *args, **options):
        name = type(self).__module__.rpartition(".")[2]
        with ExitStack() as stack:
            try:
                is_alone = stack.enter_context(locks.alone(name))
            except Error as error:
                reason, *_rest = str(error).splitlines() or [""]
                raise CommandError(f"La base ne répond pas : {reason}") from error
            if is_alone:
                return super().execute(*args, **options)
        out = options.get("stdout") or self.stdout
        out.write(f"{name} : déjà en cours, ici ou sur une autre machine.\n")
        return None
