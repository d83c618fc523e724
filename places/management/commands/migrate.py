"""`manage.py migrate`: Django's, by one machine at a time, and without making the site wait behind it."""

import time

from django.core.management.commands import migrate
from django.db import OperationalError, connections

from roubaix_map import locks

TRIES = 20
LOCK_TIMEOUT = 3  # seconds: whoever asks for a table waits behind a migration that waits for it
PAUSE = 1


class Command(migrate.Command):
    def handle(self, *args, **options):
        """Wait for another machine that migrates; then, most often, nothing is left to do."""
        if options["plan"] or options["check_unapplied"]:
            return super().handle(*args, **options)
        connection = connections[options["database"]]
        with locks.alone("migrate", wait=True, alias=options["database"]):
            if connection.vendor != "postgresql":
                return super().handle(*args, **options)
            with connection.cursor() as cursor:
                cursor.execute(f"SET lock_timeout = '{LOCK_TIMEOUT}s'")
            for left in reversed(range(TRIES)):
                try:
                    super().handle(*args, **options)
                    break
                except OperationalError as error:
                    if getattr(error.__cause__, "sqlstate", "") != "55P03" or not left:
                        raise
                    self.stderr.write("Une table est occupée : encore une fois dans un instant.")
                    time.sleep(PAUSE)  # those that waited behind pass
            with connection.cursor() as cursor:
                cursor.execute("RESET lock_timeout")
        return None
