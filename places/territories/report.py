"""What one reading of a territory file found; the same words as for a file of places."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

SHOWN = 12  # refusals that a terminal shows


@dataclass
class TerritoryReport:
    """`lignes` = creees + modifiees + inchangees + refusees + ailleurs (other communes, when some were asked for)."""

    kind: str
    applied: bool = False
    format: str = ""
    layer: str = ""
    projection: str = ""
    current: str = ""
    created: list[str] = field(default_factory=list)
    changed: list[str] = field(default_factory=list)
    gone: list[str] = field(default_factory=list)
    unchanged: int = 0
    elsewhere: int = 0
    refused: list[tuple[int, str]] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)
    moved: int = 0

    @property
    def read(self) -> int:
        return len(self.created) + len(self.changed) + self.unchanged + self.elsewhere + len(self.refused)

    def as_dict(self) -> dict:
        return {
            "genre": self.kind,
            "format": self.format,
            "couche": self.layer,
            "projection": self.projection,
            "applique": self.applied,
            "lignes": self.read,
            "creees": len(self.created),
            "modifiees": len(self.changed),
            "inchangees": self.unchanged,
            "refusees": len(self.refused),
            "ailleurs": self.elsewhere,
            "millesime_en_vigueur": self.current,
            "codes_crees": self.created,
            "codes_modifies": self.changed,
            "codes_absents": self.gone,
            "refus": [{"ligne": number, "raison": reason} for number, reason in self.refused],
            "remarques_fichier": self.remarks,
            "lieux_deplaces": self.moved,
        }

    def lines(self) -> Iterable[str]:
        """Say in French what was found."""
        if self.format:
            yield f"{self.format} {self.layer}".strip() + (f" – {self.projection}" if self.projection else "")
        yield _("%(created)d à créer, %(changed)d à modifier, %(same)d inchangés, %(refused)d refusés.") % {
            "created": len(self.created),
            "changed": len(self.changed),
            "same": self.unchanged,
            "refused": len(self.refused),
        }
        if self.elsewhere:
            yield _("%d objets d’autres communes laissés de côté.") % self.elsewhere
        for number, reason in self.refused[:SHOWN]:
            yield _("Objet %(number)d refusé : %(reason)s") % {"number": number, "reason": reason}
        if len(self.refused) > SHOWN:
            yield _("… et %d autres refus : --report les écrit tous.") % (len(self.refused) - SHOWN)
        for remark in self.remarks:
            yield _("Remarque : %s") % remark
        if self.gone:
            yield _("Absents de ce fichier, gardés : %s.") % ", ".join(self.gone[:SHOWN])
        if self.current:
            yield _("Millésime en vigueur : %s.") % self.current
        if self.applied:
            yield ngettext("%d lieu change de territoire.", "%d lieux changent de territoire.", self.moved) % self.moved
        else:
            yield _("Rien n’a été écrit : ajouter --apply pour appliquer.")
