"""`manage.py load_demo`: the places, territories and landmarks of Roubaix, for a site that has no place yet."""

import json

from django.conf import settings
from django.core.management.base import BaseCommand
from django.db import transaction

from places import history
from places.importing import import_places
from places.models import Layer, Permanence, Place, Revision, Territory
from places.near.landmarks import import_gazetteer
from places.territories.cells import import_cells
from places.territories.layers import load_layer_file
from places.territories.outlines import import_territories
from places.transport.stations import load_stations

FIXTURES = settings.BASE_DIR / "fixtures"
SOURCE = "Démonstration"

INSERTION = {
    "slug": "insertion",
    "name": "Acteurs de l’insertion par l’économie",
    "description": "Structures d’insertion, agences France Travail, mission locale, maison de l’emploi.",
    "source": "Les emplois de l’inclusion (SIAE), France Travail, data·inclusion",
    "licence": "Licence Ouverte 2.0",
    "vintage": "2021 à 2026",
    "colour": "#5b2a86",
    "pictogram": Layer.Pictogram.DIAMOND,
    "fields": ["type", "adresse"],
}


def load_permanences() -> None:
    """Write the permanences of the demonstration: a real one without hours yet, and examples that say so."""
    held: dict[str, list[Permanence]] = {}
    for said in json.loads((FIXTURES / "roubaix_permanences.json").read_text()):
        permanence = Permanence(place_id=said.pop("place"), **said)
        held.setdefault(permanence.place_id, []).append(permanence)
    Permanence.objects.bulk_create(permanence for permanences in held.values() for permanence in permanences)
    more = {pk: {"permanences": [[], [one.snapshot() for one in permanences]]} for pk, permanences in held.items()}
    history.save(Place.objects.filter(pk__in=held), origin=Revision.Origin.COMMAND, more=more)


class Command(BaseCommand):
    help = "Charge les lieux et les territoires de démonstration ; ne fait rien dès qu’un lieu existe."

    @transaction.atomic  # all or nothing: interrupted, it starts again the next time
    def handle(self, *, verbosity, **options):
        if Place.objects.exists():
            return
        # Territories first, so that each place is situated as it arrives.
        for kind in Territory.Kind.values:
            import_territories(FIXTURES / "roubaix_territoires.geojson", kind, apply=True)
        import_cells(FIXTURES / "roubaix_population_200m.csv", vintage="2017", apply=True)
        load_layer_file(Layer.objects.create(**INSERTION), FIXTURES / "roubaix_insertion.csv")
        import_gazetteer(str(FIXTURES / "roubaix_reperes.csv"), source=SOURCE, apply=True)
        import_places(str(FIXTURES / "roubaix_lieux.csv"), source_name=SOURCE, apply=True)
        load_stations(FIXTURES / "roubaix_arrets.csv", FIXTURES / "roubaix_lignes.csv")
        load_permanences()
        if verbosity:
            self.stdout.write(
                f"Démonstration chargée : {Place.objects.count()} lieux, {Territory.objects.count()} territoires."
            )
