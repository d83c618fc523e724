"""The OpenAPI document of the API, drawn from the same columns, lists and limits as the answers themselves."""

from typing import Any

from django.conf import settings
from django.db import models
from django.urls import reverse
from django.utils.translation import gettext as _

from places import lexicon
from places.exporting.publication import SCHEMA
from places.exporting.records import AREA, AREAS, HELD, OURS
from places.fields import PipeListField, TermSetField
from places.filters import AREAS as ASKED_AREAS
from places.filters import WALKS
from places.models import Permanence, Place, Territory
from places.standard import COLUMNS
from places.vocabularies import LOCAL, OFFERED, VOCABULARIES

LIMIT, MOST = 50, 100
SLUG = "[-a-zA-Z0-9_]{1,120}"
NUMBER = "[0-9]{1,18}"
TERM = ("value", "slug", "label", "short_label", "help", "group", "pictogram", "colour", "visible")

TEXT = {"type": "string"}
MAYBE_TEXT = {"type": ["string", "null"]}
TEXTS = {"type": "array", "items": TEXT}
NEVER_BLANK = {"id", "pivot", "nom", "slug", "changed_at"}


def document(root: str) -> dict[str, Any]:
    """Return the document; `root` is the address of the site."""
    return {
        "openapi": "3.1.0",
        "info": {
            "title": _("%(site)s : lieux d’aide numérique") % {"site": settings.SITE_NAME},
            "version": "1",
            "summary": _("Lecture seule, sans clé, depuis n’importe quel site."),
            "description": _(
                "Les 32 champs du standard national gardent leur nom (%(schema)s). Chaque réponse porte un ETag : avec "
                "If-None-Match, une réponse déjà connue ne coûte rien. Une valeur de filtre inconnue est laissée de "
                "côté et rendue dans « ignored »."
            )
            % {"schema": SCHEMA},
            "license": {"name": settings.LICENCE, "url": settings.LICENCE_URL},
        },
        "servers": [{"url": root.rstrip("/")}],
        "paths": {
            reverse("data:api-places"): _get(
                "places",
                _("Les lieux publiés qui répondent à une question"),
                [*_filters(), _limit(), _after(SLUG)],
                "Places",
                refused=True,
            ),
            reverse("data:api-place", args=["ID"]).replace("ID", "{id}"): _get(
                "place",
                _("Un lieu, par son identifiant ou l’un des anciens"),
                [_parameter("id", TEXT | {"minLength": 1}, _("Identifiant, encodé pour une adresse."), where="path")],
                "Place",
                absent=True,
            ),
            reverse("data:api-terms"): _get("terms", _("Les listes et leurs mots"), [], "Terms"),
            reverse("data:api-territories"): _get(
                "territories",
                _("Les territoires en vigueur"),
                [
                    _parameter("kind", TEXT | {"enum": Territory.Kind.values}, _("Un seul genre.")),
                    _parameter("outline", TEXT | {"enum": ["0", "1"]}, _("1 : avec leur contour simplifié.")),
                    _limit(),
                    _after(NUMBER),
                ],
                "Territories",
                refused=True,
            ),
            reverse("data:api-document"): _get("document", _("Ce document"), [], "Document"),
        },
        "components": {"schemas": _schemas()},
    }


def _get(name: str, summary: str, parameters: list, answer: str, *, refused=False, absent=False) -> dict:
    responses = {
        "200": _response(_("La réponse."), answer)
        | {"headers": {"ETag": {"schema": TEXT, "description": _("Change avec la réponse.")}}},
        "304": {"description": _("Le demandeur a déjà cette réponse (If-None-Match).")},
    }
    if refused:
        responses["400"] = _response(_("Un paramètre n’a pas la forme attendue."), "Error")
    if absent:
        responses["404"] = _response(_("Aucun lieu publié n’a cet identifiant."), "Error")
    responses["405"] = _response(_("Cette adresse ne fait que se lire."), "Error")
    return {"get": {"operationId": name, "summary": summary, "parameters": parameters, "responses": responses}}


def _response(description: str, schema: str) -> dict:
    reference = {"$ref": f"#/components/schemas/{schema}"}
    return {"description": description, "content": {"application/json": {"schema": reference}}}


# --- parameters


def _filters() -> list[dict]:
    """The parameters of the visitor's question, the same as those of the list."""
    filters = [_parameter("q", TEXT, _("Des mots, tous exigés, par leur début."))]
    for name, vocabulary in VOCABULARIES.items():
        known = ", ".join(entry.slug for entry in lexicon.entries(name))
        filters += [
            _parameter(name, TEXTS, f"{_(vocabulary.question)} {_('Nom court ou valeur officielle :')} {known}."),
            _parameter(f"{name}_op", TEXT, _("« ou » (par défaut) : l’un des choix ; « et » : tous à la fois.")),
        ]
    filters += [_parameter(name, TEXT, _("%s : son code.") % label) for name, label in ASKED_AREAS.items()]
    filters += [
        _parameter(
            "autour",
            TEXT,
            _(
                "Le départ en toutes lettres : une adresse, une station, un quartier, le nom d’un lieu. Ce qui n’est "
                "nulle part, ou peut être à plusieurs endroits, est dit dans « ignored »."
            ),
        ),
        _parameter("point", TEXT, _("Le départ : latitude,longitude en degrés.")),
        _parameter("minutes", TEXT, _("À pied depuis le départ : %s.") % ", ".join(map(str, WALKS))),
    ]
    return filters


def _parameter(name: str, schema: dict, description: str, *, where: str = "query") -> dict:
    parameter = {"name": name, "in": where, "description": description, "schema": schema}
    return parameter | ({"required": True} if where == "path" else {})


def _limit() -> dict:
    schema = {"type": "integer", "minimum": 1, "maximum": MOST, "default": LIMIT}
    return _parameter("limit", schema, _("Combien par page."))


def _after(pattern: str) -> dict:
    return _parameter(
        "after", TEXT | {"pattern": f"^{pattern}$"}, _("La fin de la page précédente : à prendre dans « next ».")
    )


# --- answers


def _schemas() -> dict[str, dict]:
    return {
        "Places": _object(
            total={"type": "integer", "minimum": 0},
            ignored=TEXTS,
            next=MAYBE_TEXT | {"format": "uri"},
            places=_list("Place"),
        ),
        "Place": _object(
            **{name: _column(Place, name) for name in (*COLUMNS, *LOCAL, *OURS)},
            card_url=TEXT | {"format": "uri"},
            import_source=MAYBE_TEXT | {"description": _("La source importée d’où vient le lieu.")},
            **{name: {"anyOf": [_reference("Area"), {"type": "null"}]} for name in AREAS},
            permanences=_list("Permanence"),
        ),
        "Permanence": _object(**{name: _column(Permanence, name) for name in (*HELD, *OFFERED)}),
        "Area": _object(**{name: _column(Territory, name) for name in AREA}),
        "Terms": _object(
            vocabularies={
                "type": "array",
                "items": _object(
                    name=TEXT | {"enum": list(VOCABULARIES)},
                    question=TEXT,
                    national={"type": "boolean"},
                    terms=_list("Term"),
                ),
            }
        ),
        "Term": _object(**{name: {"type": "boolean"} if name == "visible" else TEXT for name in TERM}),
        "Territories": _object(
            total={"type": "integer", "minimum": 0},
            next=MAYBE_TEXT | {"format": "uri"},
            territories=_list("Territory"),
        ),
        "Territory": _object(
            optional={"outline": {"type": "object", "description": _("Géométrie GeoJSON, en degrés WGS84.")}},
            kind=TEXT | {"enum": Territory.Kind.values},
            **{name: _column(Territory, name) for name in AREA},
            source=MAYBE_TEXT,
            indicators={"type": "object"},
            bbox={"type": "array", "items": {"type": "number"}, "minItems": 4, "maxItems": 4},
        ),
        "Document": {"type": "object", "required": ["openapi", "info", "paths"]},
        "Error": _object(erreur=TEXT),
    }


def _object(optional: dict | None = None, **properties) -> dict:
    """An object with all of these properties and no other; `optional` ones may be there."""
    return {
        "type": "object",
        "required": list(properties),
        "properties": properties | (optional or {}),
        "additionalProperties": False,
    }


def _reference(name: str) -> dict:
    return {"$ref": f"#/components/schemas/{name}"}


def _list(name: str) -> dict:
    return {"type": "array", "items": _reference(name)}


def _column(model: type[models.Model], name: str) -> dict:
    """Describe a column as the records give it."""
    field = model._meta.get_field(name)
    return _type(field) | {"description": str(field.verbose_name)}


def _type(field: models.Field) -> dict:
    if isinstance(field, TermSetField):
        values = [entry.value for entry in sorted(lexicon.entries(field.vocabulary), key=lambda entry: entry.bit)]
        return {"type": "array", "items": TEXT | {"enum": values}, "uniqueItems": True}
    if isinstance(field, PipeListField):
        return TEXTS
    if isinstance(field, models.FloatField):
        return {"type": ["number", "null"]}
    if isinstance(field, models.BooleanField):
        return {"type": ["boolean", "null"]}
    if isinstance(field, models.DateTimeField):
        return TEXT | {"format": "date-time"}
    if isinstance(field, models.DateField):
        return MAYBE_TEXT | {"format": "date"}
    return TEXT if field.name in NEVER_BLANK else MAYBE_TEXT
