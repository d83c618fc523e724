"""What may stand in an address of the territory: a kind, and an identifier as its source writes it."""

from django.urls import register_converter

from places.models import Territory


class KindConverter:
    regex = "|".join(Territory.Kind.values)

    def to_python(self, value):
        return value

    def to_url(self, value):
        return value


class IdentifierConverter(KindConverter):
    regex = r"[\s\S]+"  # an identifier may hold anything, slashes and line ends included


register_converter(KindConverter, "kind")
register_converter(IdentifierConverter, "identifier")
