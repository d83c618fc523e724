"""The moderators' desk: one module per thing they look after, and what waits for them (`tasks`)."""

from places.admin import imports, permanences, places, terms, territories

__all__ = ["imports", "permanences", "places", "terms", "territories"]
