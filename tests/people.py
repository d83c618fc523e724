"""The cast of the desk: an account per group, and the telephone that shows its codes."""

from base64 import b32decode

from django.contrib.auth.models import Group, User
from django_otp.oath import totp

from places import rights

PASSWORD = "long-enough-1"


def make_person(group: str = rights.MODERATOR, **given) -> User:
    """Make a member of a group, named after its first word."""
    values = {"username": group.split()[0], "password": PASSWORD, "is_staff": True, "email": "agent@exemple.fr"}
    person = User.objects.create_user(**values | given)
    person.groups.add(Group.objects.get(name=group))
    return person


def code_of(key: str, *, later: int = 0) -> str:
    """Return the six figures that a telephone holding this key (base 32) shows, some steps of 30 seconds later."""
    return f"{totp(b32decode(key.replace(' ', '')), drift=later):06d}"
