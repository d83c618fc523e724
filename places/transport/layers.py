"""What the map draws of public transport once asked for: lines with their colours, stops with their names."""

from places.transport.models import Line, Stop

DECIMALS = 5


def drawn_lines() -> dict:
    """Return the drawings of the lines in force, in their order."""
    rows = (
        Line.objects.current()
        .exclude(geometry=None)
        .order_by("rank")
        .values_list("nom", "mode", "description", "colour", "geometry")
    )
    return {
        "type": "FeatureCollection",
        "features": [
            {
                "type": "Feature",
                "geometry": geometry,
                "properties": {"nom": name, "mode": mode, "parcours": description, "couleur": colour or "#3d3d3d"},
            }
            for name, mode, description, colour, geometry in rows
        ],
    }


def drawn_stops() -> dict:
    """Return the stops in force, each with its page and the names of its lines."""
    names: dict[int, list[str]] = {}
    through = Stop.lines.through.objects.filter(stop__timetable__current=True).order_by("line__rank")
    for stop, line in through.values_list("stop", "line__nom"):
        names.setdefault(stop, []).append(line)
    rows = Stop.objects.current().order_by("slug").values_list("pk", "slug", "nom", "latitude", "longitude")
    return {
        "type": "FeatureCollection",
        "features": [
            {
                "type": "Feature",
                "geometry": {"type": "Point", "coordinates": [round(longitude, DECIMALS), round(latitude, DECIMALS)]},
                "properties": {"nom": name, "slug": slug, "lignes": names.get(pk, [])},
            }
            for pk, slug, name, latitude, longitude in rows
        ],
    }
