"""Unknown variables in templates: a mistake in ours, a habit in those of Django's admin."""

import sys
from pathlib import Path

import pytest
from django.template.base import Node

OURS = Path(__file__).resolve().parent.parent / "templates"


class BlankForOthers(str):
    """The `string_if_invalid` of the tests: fails the test from a template of ours, and is a blank elsewhere.

    Django asks for its truth just before it uses it, from the method of the variable that was not found.
    """

    __slots__ = ()

    def __bool__(self) -> bool:
        frame = sys._getframe(1)
        variable = frame.f_locals.get("self")
        while frame and not isinstance(frame.f_locals.get("self"), Node):
            frame = frame.f_back
        origin = frame and frame.f_locals["self"].origin
        if origin and Path(origin.name).is_relative_to(OURS):
            pytest.fail(f"{origin.name} : variable inconnue « {variable} »")
        return False
