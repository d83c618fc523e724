"""Take the code of the telephone away from an account, for who lost it and can ask nobody."""

from django.contrib.auth import get_user_model
from django.core.management.base import BaseCommand, CommandError

from places.accounts import second_factor


class Command(BaseCommand):
    help = "Retire le code de connexion d’un compte : téléphone perdu, plus de code de secours."

    def add_arguments(self, parser):
        parser.add_argument("name", metavar="NOM", help="le nom d’utilisateur du compte")

    def handle(self, *, name, **options):
        users = get_user_model().objects
        user = users.filter(**{users.model.USERNAME_FIELD: name}).first()
        if user is None:
            raise CommandError(f"Aucun compte « {name} ».")
        second_factor.forget(user)
        self.stdout.write(f"Le compte « {name} » n’a plus de code de connexion.")
