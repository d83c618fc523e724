"""The domain: places and what they offer, the words for it, the territory, and the history of every change."""

from places.models.history import DataVersion, ImportRun, Revision, Source
from places.models.permanence import Permanence
from places.models.place import Place
from places.models.term import Term
from places.models.territory import Territory

__all__ = ["DataVersion", "ImportRun", "Permanence", "Place", "Revision", "Source", "Term", "Territory"]
