"""Undo everything that one author or one import changed; says what it would do until `--apply`."""

from datetime import datetime, time

from django.contrib.auth import get_user_model
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from django.utils.dateparse import parse_date

from places.admin.changes import label
from places.models import ImportRun, Place, Revision
from places.reverting import undo


class Command(BaseCommand):
    help = "Défait tout ce qu’un auteur ou un import a changé ; sans --apply, dit seulement ce qui le serait."

    def add_arguments(self, parser):
        whose = parser.add_mutually_exclusive_group(required=True)
        whose.add_argument("--author", metavar="NOM", help="le nom d’utilisateur d’un compte")
        whose.add_argument("--import", metavar="NUMÉRO", type=int, dest="run", help="le numéro d’un import appliqué")
        parser.add_argument("--since", metavar="AAAA-MM-JJ", help="seulement depuis ce jour")
        parser.add_argument("--apply", action="store_true", help="écrire")

    def handle(self, *, author, run, since, apply, **options):
        revisions, reason = self._chosen(author, run)
        if since:
            day = parse_date(since) if len(since) == 10 else None
            if day is None:
                raise CommandError("--since : une date comme 2026-11-28.")
            revisions = revisions.filter(made_at__gte=timezone.make_aware(datetime.combine(day, time())))
        done = undo(revisions, origin=Revision.Origin.COMMAND, reason=reason, apply=apply)
        for place, name, why in done.kept:
            self.stdout.write(f"gardé : {place} – {label(Place, name) if name else 'la fiche'} – {why}")
        for place in done.archived:
            self.stdout.write(f"archivé : {place}")
        self.stdout.write(
            f"{len(done.places)} lieux remis comme avant ({done.fields} champs), {len(done.archived)} archivés, "
            f"{len(done.kept)} valeurs gardées."
        )
        if not apply:
            self.stdout.write("Rien n’est écrit : ajouter --apply.")

    def _chosen(self, author, run):
        if author is not None:
            users = get_user_model().objects
            user = users.filter(**{users.model.USERNAME_FIELD: author}).first()
            if user is None:
                raise CommandError(f"Aucun compte « {author} ».")
            return Revision.objects.filter(author=user), f"Annulation de tout ce que « {author} » a changé."
        if not ImportRun.objects.filter(pk=run, state=ImportRun.State.APPLIED).exists():
            raise CommandError(f"Aucun import appliqué de numéro {run}.")
        return Revision.objects.filter(import_run=run), f"Annulation de l’import n° {run}."
