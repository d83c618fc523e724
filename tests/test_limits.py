"""How often one address may do a thing: exact, whoever counts, and nobody locked out for another."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.test import RequestFactory

from places.limits import allowed, client_address
from places.models import Tally

NOON = datetime(2026, 11, 28, 12, tzinfo=UTC)


@pytest.mark.django_db
def test_limit_lets_that_many_through_and_no_more_until_the_span_is_over():
    first = [allowed("geocoder", "192.0.2.1", 3, 60, NOON) for _ in range(5)]
    later = allowed("geocoder", "192.0.2.1", 3, 60, NOON + timedelta(seconds=60))

    assert (first, later) == ([True, True, True, False, False], True)


@pytest.mark.django_db
def test_limit_counts_each_person_and_each_thing_apart():
    assert allowed("geocoder", "192.0.2.1", 1, 60, NOON)

    assert allowed("geocoder", "192.0.2.2", 1, 60, NOON)
    assert allowed("proposal", "192.0.2.1", 1, 60, NOON)
    assert not allowed("geocoder", "192.0.2.1", 1, 60, NOON)


@pytest.mark.django_db
def test_limit_of_nothing_lets_nobody_through():
    assert not allowed("geocoder", "192.0.2.1", 0, 60, NOON)


@pytest.mark.django_db
def test_tally_holds_no_address_and_is_forgotten():
    allowed("geocoder", "192.0.2.1", 3, 60, NOON)
    (before,) = Tally.objects.all()

    allowed("geocoder", "192.0.2.1", 3, 60, NOON + timedelta(hours=1))

    assert "192" not in before.who
    assert not Tally.objects.filter(pk=before.pk).exists()
    assert Tally.objects.get().who != before.who


@pytest.mark.django_db(transaction=True)
def test_limit_is_exact_when_everybody_counts_at_once():
    """peers.md 25: each worker counting for itself would let through as many as there are workers."""

    def ask(_number):
        try:
            return allowed("geocoder", "192.0.2.1", 10, 3600, NOON)
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as people:
        answers = list(people.map(ask, range(40)))

    assert answers.count(True) == 10


@pytest.mark.parametrize(
    ("remote", "forwarded", "behind_proxy", "expected"),
    [
        ("192.0.2.1", None, False, "192.0.2.1"),
        ("192.0.2.1", "203.0.113.9", False, "192.0.2.1"),
        ("10.0.0.1", "203.0.113.9", True, "203.0.113.9"),
        ("10.0.0.1", "127.0.0.1, 198.51.100.7, 203.0.113.9", True, "203.0.113.9"),
        ("10.0.0.1", "203.0.113.9:51234", True, "203.0.113.9"),
        ("10.0.0.1", "[2001:db8:1:2:3:4:5:6]:443", True, "2001:db8:1:2::"),
        ("10.0.0.1", "[2001:db8:1:2:3:4:5:6]", True, "2001:db8:1:2::"),
        ("10.0.0.1", None, True, "10.0.0.1"),
        ("10.0.0.1", "unknown", True, ""),
        ("2001:db8:1:2:aaaa:bbbb:cccc:dddd", None, False, "2001:db8:1:2::"),
        ("::ffff:192.0.2.1", None, False, "192.0.2.1"),
        ("", None, False, ""),
    ],
)
def test_client_address_believes_the_declared_proxy_only(settings, remote, forwarded, behind_proxy, expected):
    settings.BEHIND_PROXY = behind_proxy
    request = RequestFactory().get("/", REMOTE_ADDR=remote)
    if forwarded is not None:
        request.META["HTTP_X_FORWARDED_FOR"] = forwarded

    assert client_address(request) == expected
