"""Show, or erase, everything that is kept of one person."""

import json

from django.core.management.base import BaseCommand

from places.personal_data import erase, export, held_of


class Command(BaseCommand):
    help = "Écrit en JSON tout ce qui est gardé d’une personne ; avec --erase --apply, l’efface."

    def add_arguments(self, parser):
        parser.add_argument("who", metavar="QUI", help="une adresse e-mail, ou le nom d’utilisateur d’un compte")
        parser.add_argument("--erase", action="store_true", help="dire ce qui serait effacé, au lieu de l’écrire")
        parser.add_argument("--apply", action="store_true", help="avec --erase : effacer")

    def handle(self, *, who, apply, **options):
        held = held_of(who)
        if not options["erase"]:
            self.stdout.write(json.dumps(export(held), ensure_ascii=False, indent=2))
            return
        counts = (held.accounts, held.submissions, held.mails, held.attempts)
        words = "{} comptes, {} propositions, {} courriels, {} connexions refusées."
        self.stdout.write(words.format(*(rows.count() for rows in counts)))
        if apply:
            erase(held)
            self.stdout.write("C’est effacé ; ce qui a changé sur la carte reste, sans dire de qui.")
        else:
            self.stdout.write("Rien n’est effacé : ajouter --apply.")
