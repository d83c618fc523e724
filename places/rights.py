"""Who may do what at the desk: four groups, given exactly these rights after every migration.

A city that wants other rights makes a group of its own: these four belong to the release, which adds to them what it
brings. Nobody but a superuser gives rights one by one.
"""

from django.utils.translation import gettext_lazy as _

MODERATOR, REFERENT, DATA, ADMINISTRATOR = (
    "moderateur",
    "referent de structure",
    "gestionnaire de donnees",
    "administrateur",
)
DESCRIPTIONS = {
    MODERATOR: _("Lit les propositions, corrige et publie les lieux, tranche les désaccords et les doublons."),
    REFERENT: _("Corrige les seuls lieux que son compte tient."),
    DATA: _("Importe des fichiers, règle les sources, les mots, les territoires et les couches."),
    ADMINISTRATOR: _("Tout cela, et les comptes : qui entre, avec quels droits, et les données des personnes."),
}

_MODERATION = {
    "places": {
        "place": "add change view",
        "permanence": "add change delete view",
        "revision": "view",
        "conflict": "change view",
        "source": "view",
        "importrun": "view",
        "territory": "view",
        "term": "view",
        "synonym": "add change delete view",
        "holding": "add change delete view",
        "submission": "change view",
        "decision": "view",
        "message": "view",
        "mail": "view",
        "sentence": "add change delete view",
    }
}
_DATA = {
    "places": {
        "place": "add change view",
        "permanence": "add change delete view",
        "revision": "view",
        "conflict": "change view",
        "source": "add change view",
        "importrun": "add change view",
        "territory": "add change delete view",
        "term": "add change view",
        "synonym": "add change delete view",
        "indicator": "add change delete view",
        "correspondence": "view",
        "cell": "view",
        "layer": "add change delete view",
        "line": "change view",
        "stop": "change view",
        "timetable": "view",
    }
}
_ACCOUNTS = {
    "auth": {"user": "add change view", "group": "view"},
    "axes": {"accessattempt": "delete view"},
    "places": {"holding": "add change delete view", "slowpage": "view"},
}
# A right that is not of a model's usual four is written whole, after a colon.
GROUPS: dict[str, list[dict[str, dict[str, str]]]] = {
    MODERATOR: [_MODERATION],
    REFERENT: [{"places": {"place": ":hold_place"}}],
    DATA: [_DATA],
    ADMINISTRATOR: [_MODERATION, _DATA, _ACCOUNTS, {"places": {"place": ":undo_changes :handle_personal_data"}}],
}


def rights_of(group: str) -> set[tuple[str, str, str]]:
    """Return what a group may do, as `(app, model, codename)`."""
    return {
        (app, model, word[1:] if word.startswith(":") else f"{word}_{model}")
        for tables in GROUPS[group]
        for app, models in tables.items()
        for model, words in models.items()
        for word in words.split()
    }


def complete_groups() -> None:
    """Make the four groups and give each exactly its rights; one that is right already is not written."""
    from django.contrib.auth.models import Group, Permission

    known = {
        (permission.content_type.app_label, permission.content_type.model, permission.codename): permission
        for permission in Permission.objects.select_related("content_type")
    }
    for name in GROUPS:
        group, _made = Group.objects.get_or_create(name=name)
        wanted = {known[right] for right in rights_of(name) if right in known}
        if wanted != {*group.permissions.all()}:
            group.permissions.set(wanted)
