"""Things to test with; name only what matters to the test."""

from itertools import count

from places import history
from places.models import Line, Permanence, Place, Revision, Stop, Territory, Timetable

_numbers = count(1)


def make_place(**given) -> Place:
    """Save a published, located place of Roubaix, through history like everything else."""
    number = next(_numbers)
    values = {
        "id": f"lieu-{number}",
        "nom": f"Lieu {number}",
        "commune": "Roubaix",
        "code_postal": "59100",
        "adresse": f"{number} rue de la Gare",
        "latitude": 50.69,
        "longitude": 3.18,
        "date_maj": "2026-01-15",
    } | given
    history.save([Place(**values)], origin=Revision.Origin.COMMAND)
    return Place.objects.get(pk=values["id"])


def make_permanence(place: Place, **given) -> Permanence:
    """Save a permanence and derive its place again."""
    permanence = Permanence.objects.create(place=place, **({"title": "Permanence"} | given))
    history.save(
        [place], origin=Revision.Origin.COMMAND, more={place.pk: {"permanences": [[], [permanence.snapshot()]]}}
    )
    return permanence


def make_territory(kind="quartier", code="Q1", *, south=50.68, west=3.17, north=50.70, east=3.19, **given) -> Territory:
    """Save a rectangular territory."""
    ring = [[west, south], [east, south], [east, north], [west, north], [west, south]]
    outline = {"type": "Polygon", "coordinates": [ring]}
    values = {"nom": f"Territoire {code}", "vintage": "2024", "geometry": outline, "outline": outline}
    box = {"south": south, "west": west, "north": north, "east": east}
    return Territory.objects.create(kind=kind, code=code, **(values | box | given))


def make_stop(slug="gare", **given) -> Stop:
    """Save a stop with a line, in a network whose hours are not known."""
    timetable, _created = Timetable.objects.get_or_create(current=True, defaults={"timezone": "Europe/Paris"})
    key = timetable.pk * 1000 + timetable.stops.count()
    values = {"nom": f"Arrêt {slug}", "latitude": 50.69, "longitude": 3.18} | given
    stop = Stop.objects.create(id=key, timetable=timetable, slug=slug, **values)
    stop.lines.set([Line.objects.create(id=key, timetable=timetable, code=str(key), nom="M2", mode="metro")])
    return stop
