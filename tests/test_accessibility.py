"""The declaration of accessibility says every criterion of the RGAA 4.1 once, and how it was checked."""

import pytest

from places.accessibility import THEMES, Verdict, counted

PER_THEME = [9, 2, 3, 13, 8, 2, 5, 10, 4, 14, 13, 11, 12]  # of the RGAA 4.1


def test_every_criterion_of_every_theme_is_there_once_in_order():
    numbers = [criterion.number for theme in THEMES for criterion in theme.criteria]

    assert numbers == [f"{t}.{c}" for t, most in enumerate(PER_THEME, start=1) for c in range(1, most + 1)]
    assert sum(counted().values()) == len(numbers) == 106


def test_every_verdict_says_on_what_it_rests():
    assert [criterion.number for theme in THEMES for criterion in theme.criteria if len(criterion.how) < 5] == []


@pytest.mark.django_db
def test_page_does_not_claim_an_audit_and_shows_what_waits(client):
    page = client.get("/accessibilite/").content.decode()

    assert "non conforme tant que l’audit n’est pas fait" in page
    assert page.count(f">{Verdict.AUDIT.value}</td>") == counted()[Verdict.AUDIT] > 0
    assert page.count('<th scope="row">') == 106
