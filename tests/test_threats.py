"""SECURITY.md is believed because its lines are tested; and a weakness can be told to somebody."""

import ast
import re
from datetime import date

import pytest

from tests.production import ROOT

SECURITY = (ROOT / "SECURITY.md").read_text(encoding="utf-8")
ROWS = [line for line in SECURITY.splitlines() if line.startswith("| ") and "---" not in line][1:]


def test_every_line_of_the_threat_model_names_tests_that_exist():
    named = {row: re.findall(r"`(test_\w+\.py)::(test_\w+)`", row) for row in ROWS}
    written = {
        file: {node.name for node in ast.parse((ROOT / "tests" / file).read_text()).body if hasattr(node, "name")}
        for file in {file for tests in named.values() for file, _test in tests}
    }

    assert len(ROWS) > 20
    assert [row for row, tests in named.items() if not tests] == []
    missing = [test for tests in named.values() for test in tests if test[1] not in written[test[0]]]
    assert missing == []


def test_contact_for_weaknesses_is_where_the_standard_says(client, settings):
    settings.SECURITY_CONTACT, settings.SECURITY_EXPIRES = "mailto:securite@ville.fr", date(2027, 3, 1)
    settings.SUPPORT_EMAIL = "aide@ville.fr"

    set_by_the_city = client.get("/.well-known/security.txt")
    settings.SECURITY_CONTACT, settings.SECURITY_EXPIRES = "", None
    by_default = client.get("/.well-known/security.txt")
    settings.SUPPORT_EMAIL = ""
    nobody = client.get("/.well-known/security.txt")

    assert set_by_the_city["Content-Type"] == "text/plain; charset=utf-8"
    assert set_by_the_city.text.splitlines() == [
        "Contact: mailto:securite@ville.fr",
        "Expires: 2027-03-01T00:00:00Z",
        "Preferred-Languages: fr, en",
        "Canonical: http://testserver/.well-known/security.txt",
    ]
    assert by_default.text.startswith("Contact: mailto:aide@ville.fr\nExpires: 20")
    assert nobody.status_code == 404


pytestmark = pytest.mark.django_db
