"""Which quartier, IRIS and QPV each place lies in, kept on the place and true when either side moves."""

from collections.abc import Iterable, Iterator

from places.models import Place, Territory

# Kinds whose membership a place keeps; the commune is already its own column.
KEPT = ("quartier", "iris", "qpv")
APART = 0.0003  # degrees: two files draw the same border up to some 20 m apart


def locate(places: Iterable[Place]) -> None:
    """Set on each place, unsaved, the current quartier, IRIS and QPV that hold its point; a border counts as inside."""
    from shapely import points

    places = list(places)
    located = [place for place in places if place.latitude is not None]
    inputs = points([place.longitude for place in located], [place.latitude for place in located])
    for kind in KEPT:
        for place in places:
            setattr(place, f"{kind}_id", None)
        for number, owner in _owners(kind, inputs):
            setattr(located[number], f"{kind}_id", owner)


def locate_all() -> int:
    """Tag every place again, after territories changed; return how many moved."""
    places = list(Place.objects.only("latitude", "longitude", *KEPT))
    before = {place.pk: [getattr(place, f"{kind}_id") for kind in KEPT] for place in places}
    locate(places)
    moved = [place for place in places if before[place.pk] != [getattr(place, f"{kind}_id") for kind in KEPT]]
    Place.objects.bulk_update(moved, KEPT, batch_size=500)
    return len(moved)


def link_neighbours(kind: str) -> None:
    """Keep on each current territory of a kind those that it touches."""
    from shapely import STRtree
    from shapely.geometry import shape

    territories = list(Territory.objects.current().of_kind(kind).order_by("pk"))
    links = Territory.neighbours.through
    links.objects.filter(from_territory__kind=kind).delete()
    if not territories:
        return
    shapes = [shape(territory.outline) for territory in territories]
    pairs = zip(*STRtree(shapes).query(shapes, predicate="dwithin", distance=APART).tolist(), strict=True)
    links.objects.bulk_create(
        (
            links(from_territory=territories[one], to_territory=territories[other])
            for one, other in pairs
            if one != other
        ),
        batch_size=1_000,
    )


def _owners(kind: str, points) -> Iterator[tuple[int, int]]:
    """Yield the number of each point and a territory that holds it; of two, that of the first code comes last."""
    from shapely import STRtree
    from shapely.geometry import shape

    territories = list(Territory.objects.current().of_kind(kind).order_by("code"))
    tree = STRtree([shape(territory.geometry) for territory in territories])
    found = tree.query(points, predicate="intersects").T.tolist()
    yield from ((point, territories[territory].pk) for point, territory in sorted(found, reverse=True))
