"""`manage.py preflight`: say what is missing or weak in this installation."""

import sys

from django.core.management.base import BaseCommand
from django.utils import timezone

from places.preflight import Level, look


class Command(BaseCommand):
    help = "Dit ce qui manque ou ce qui est faible dans cette installation ; finit par 1 quand quelque chose manque."
    requires_system_checks = []  # what they say is one of the lines

    def handle(self, **options):
        counts = dict.fromkeys(Level, 0)
        for line in look(timezone.now()):
            counts[line.level] += 1
            self.stdout.write(str(line))
        self.stdout.write(
            f"{counts[Level.GOOD]} en ordre, {counts[Level.WEAK]} à revoir, {counts[Level.MISSING]} qui manquent."
        )
        if counts[Level.MISSING]:
            sys.exit(1)
