"""Keep the figures of the quality desk of this day; for cron, once a month or once a week."""

from django.utils import timezone

from places.management.scheduled import ScheduledCommand
from places.models import Chore
from places.quality import QUESTIONS, note


class Command(ScheduledCommand):
    help = "Relève la qualité des fiches de ce jour, pour la suivre dans le temps."

    def handle(self, **options):
        counts = note(timezone.localdate()).counts
        sentence = f"{counts['lieux']} lieux, score moyen {counts['score']} sur 100."
        Chore.objects.note("note_quality", sentence)
        self.stdout.write(sentence)
        for question in QUESTIONS:
            self.stdout.write(f"{question.title} : {counts[question.name]}")
