"""The page of the machine's health, and the slow pages it tells of."""

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.http import HttpResponse
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from places.models import Chore, Mail, SlowPage
from roubaix_map.monitoring import RequestLogMiddleware

DESK = reverse("admin:machine")


@pytest.fixture
def boss(client, db):
    client.force_login(User.objects.create_superuser("chef"))
    return client


def test_page_says_what_is_missing_what_was_done_and_what_was_slow(boss):
    Chore.objects.note("backup", "le disque est plein", failed=True)
    Mail.objects.create(key="1", to="a@exemple.fr", failure="injoignable")
    SlowPage.objects.note("/lieux/", "q services", 3456)

    text = boss.get(DESK).text.replace("\u00a0", " ")

    assert "✘ manque" in text
    assert "la dernière a échoué : le disque est plein" in text
    assert "En attente : 1. Essayés en vain : 1." in text
    assert [word for word in ("/lieux/", "q services", "3456") if word not in text] == []
    assert text.index("✘ manque") < text.index("✔ en ordre")


def test_page_of_a_new_machine_says_that_nothing_was_done_and_nothing_was_slow(boss):
    text = boss.get(DESK).text

    assert "Aucun n’a encore été fait" in text
    assert "Aucune page lente n’a été notée." in text


def test_page_asks_as_many_queries_for_ten_times_as_much(boss):
    def queries() -> int:
        with CaptureQueriesContext(connection) as caught:
            boss.get(DESK)
        return len(caught)

    def more(numbers):
        for number in numbers:
            Chore.objects.note(f"chore-{number}", "fait")
            SlowPage.objects.note("/lieux/", "", number)
            Mail.objects.create(key=str(number), to="a@exemple.fr")

    more(range(2))
    queries()
    before = queries()
    more(range(2, 20))

    assert queries() == before


def test_slow_page_is_noted_once_in_a_while_with_the_names_of_its_parameters_alone(db, rf, settings):
    settings.SLOW_AFTER_MS = -1
    middleware = RequestLogMiddleware(lambda request: HttpResponse())
    started = timezone.now()

    for words in ("tres-personnel", "autre"):
        middleware(rf.get("/lieux/", {"q": words, "services": "emploi"}))

    (noted,) = SlowPage.objects.all()
    assert (noted.path, noted.names) == ("/lieux/", "q services")
    assert started <= noted.at <= timezone.now()


def test_only_the_last_slow_pages_are_kept(db, monkeypatch):
    monkeypatch.setattr(type(SlowPage.objects), "KEPT", 3)

    for ms in range(10):
        SlowPage.objects.note("/lieux/", "", ms)

    assert [page.ms for page in SlowPage.objects.all()] == [9, 8, 7]
