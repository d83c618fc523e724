"""Send the mails that wait; every few minutes, by cron or a timer (see README)."""

from places.management.scheduled import ScheduledCommand
from places.models import Chore, Mail
from places.moderation.mail_queue import send_due


class Command(ScheduledCommand):
    help = "Envoie les courriels qui attendent ; ceux qui échouent seront réessayés de plus en plus tard, trois jours."

    def handle(self, *args, **options):
        report = send_due()
        waiting = Mail.objects.filter(sent_at=None, given_up_at=None).count()
        sentence = (
            f"Partis : {report.sent}. En échec : {report.failed}, dont abandonnés : {report.given_up}. "
            f"En attente : {waiting}."
        )
        Chore.objects.note("send_mail_queue", sentence, failed=bool(report.failed))
        self.stdout.write(sentence)
