"""The application; after every migration its vocabularies and groups are complete, and its places can be searched."""

from django.apps import AppConfig
from django.db.models.signals import post_migrate
from django.utils.translation import gettext_lazy as _


def complete_vocabularies(using, **kwargs):
    # A later release may bring terms without a migration of its own, and a flushed database gets them back.
    from places.models import Term

    if using == "default" and Term._meta.db_table in _tables():
        Term.objects.complete()


def complete_groups(using, **kwargs):
    # The rights themselves are made by the same signal, just before: those of the applications above this one.
    from places import rights

    if using == "default" and {"auth_group", "auth_group_permissions"} <= {*_tables()}:
        rights.complete_groups()


def complete_search(using, **kwargs):
    # The words of the public come with the release once, and again to a flushed database.
    from places import history
    from places.models import Synonym

    if using == "default" and Synonym._meta.db_table in _tables():
        Synonym.objects.complete()
        history.derive_anew()


def _tables():
    from django.db import connection

    return connection.introspection.table_names()


class PlacesConfig(AppConfig):
    name = "places"
    verbose_name = _("Lieux")

    def ready(self):
        post_migrate.connect(complete_vocabularies, sender=self)
        post_migrate.connect(complete_groups, sender=self)
        post_migrate.connect(complete_search, sender=self)
