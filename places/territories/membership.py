"""Which quartier, IRIS and QPV each place lies in, kept on the place and true when either side moves."""

from collections.abc import Iterable

from places.models import Place, Territory

# Kinds whose membership a place keeps; the commune is already its own column.
KEPT = ("quartier", "iris", "qpv")
APART = 0.0003  # degrees: two files draw the same border up to some 20 m apart


def locate(places: Iterable[Place]) -> None:
    """Set on each place, unsaved, the current quartier, IRIS and QPV that hold its point; a border counts as inside."""
    places = list(places)
    if not places:
        return
    for kind in KEPT:
        owners = _owners(kind, [place.point for place in places])
        for place, owner in zip(places, owners, strict=True):
            setattr(place, f"{kind}_id", owner)


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


def _owners(kind: str, points: list) -> list[int | None]:
    from shapely import STRtree
    from shapely import points as shapely_points
    from shapely.geometry import shape

    territories = list(Territory.objects.current().of_kind(kind).order_by("code"))
    owners: list[int | None] = [None] * len(points)
    located = [n for n, point in enumerate(points) if point is not None]
    if not territories or not located:
        return owners
    tree = STRtree([shape(territory.geometry) for territory in territories])
    inputs = shapely_points([(points[n].longitude, points[n].latitude) for n in located])
    for point, territory in sorted(
        zip(*tree.query(inputs, predicate="intersects").tolist(), strict=True), reverse=True
    ):
        owners[located[point]] = territories[territory].pk
    return owners
