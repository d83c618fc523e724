"""The moderators' desk: one module per thing they look after, and what waits for them (`tasks`)."""

from places.admin import (
    conflicts,
    duplicates,
    imports,
    layers,
    mails,
    permanences,
    places,
    revisions,
    sources,
    submissions,
    synonyms,
    terms,
    territories,
    timetables,
    users,
)

__all__ = [
    "conflicts",
    "duplicates",
    "imports",
    "layers",
    "mails",
    "permanences",
    "places",
    "revisions",
    "sources",
    "submissions",
    "synonyms",
    "terms",
    "territories",
    "timetables",
    "users",
]
