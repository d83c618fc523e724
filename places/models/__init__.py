"""The domain: places and what they offer, the words for it, the territory, and the history of every change."""

from places.models.chore import Chore
from places.models.diagnosis import Diagnosis, Figure
from places.models.duplicate import Duplicate
from places.models.history import DataVersion, Revision
from places.models.holding import Holding
from places.models.landmark import Landmark
from places.models.layer import Layer, LayerFeature
from places.models.link import Link
from places.models.permanence import Permanence
from places.models.place import Place
from places.models.quality import Chase, QualityNote
from places.models.schedule import Schedule, Turn
from places.models.search import SearchCount
from places.models.slow import SlowPage
from places.models.source import Conflict, ImportRun, Source, SourceRecord
from places.models.synonym import KnownWord, Synonym
from places.models.tally import Tally
from places.models.term import Term
from places.models.territory import Cell, CellShare, Correspondence, Indicator, Territory
from places.models.touched import Touched
from places.moderation.models import Decision, Mail, Message, Sentence, Submission
from places.transport.models import Line, Stop, Timetable

__all__ = [
    "Cell",
    "CellShare",
    "Chase",
    "Chore",
    "Conflict",
    "Correspondence",
    "DataVersion",
    "Decision",
    "Diagnosis",
    "Duplicate",
    "Figure",
    "Holding",
    "ImportRun",
    "Indicator",
    "KnownWord",
    "Landmark",
    "Layer",
    "LayerFeature",
    "Line",
    "Link",
    "Mail",
    "Message",
    "Permanence",
    "Place",
    "QualityNote",
    "Revision",
    "Schedule",
    "SearchCount",
    "Sentence",
    "SlowPage",
    "Source",
    "SourceRecord",
    "Stop",
    "Submission",
    "Synonym",
    "Tally",
    "Term",
    "Territory",
    "Timetable",
    "Touched",
    "Turn",
]
