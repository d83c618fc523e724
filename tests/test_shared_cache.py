"""The cache that all machines share: what it keeps, who may write in it, and what its loss costs."""

import pickle
from dataclasses import dataclass
from pathlib import Path

import pytest
from django.core.cache import cache, caches

from places.limits import allowed
from places.models import Tally
from roubaix_map.caches import configured, release
from roubaix_map.shared_cache import SharedCache
from tests.redis_server import RedisServer
from tests.test_limits import NOON


@dataclass
class Kept:
    """Something of ours."""

    name: str


@pytest.fixture
def redis(settings, tmp_path, monkeypatch):
    """A Redis that the site uses, as a machine newly started."""
    server = RedisServer()
    monkeypatch.setattr(SharedCache, "left_until", 0.0)
    monkeypatch.setattr(SharedCache, "told_at", 0.0)
    settings.CACHES = {"default": configured(server.address, tmp_path, tmp_path)}
    yield server
    cache.clear()
    server.close()


def another_machine() -> SharedCache:
    return caches.create_connection("default")


def test_what_one_machine_keeps_another_finds(redis):
    cache.set("place", Kept("CCAS"), 60)
    found = another_machine().get("place")
    cache.delete("place")

    assert (found, another_machine().get("place", "nothing")) == (Kept("CCAS"), "nothing")
    assert cache.get_or_set("once", lambda: Kept("une fois"), 60) == Kept("une fois")
    assert another_machine().get_or_set("once", lambda: Kept("deux"), 60) == Kept("une fois")


class Trap:
    def __reduce__(self):
        return (pytest.fail, ("what somebody else wrote was run",))


def test_what_somebody_else_wrote_is_never_opened(redis):
    cache.set("place", "ours", 60)
    (key,) = redis.kept
    redis.kept[key] = pickle.dumps(Trap())

    assert cache.get("place", "nothing") == "nothing"
    assert cache.get_or_set("place", lambda: "made again", 60) == "made again"


def test_releases_side_by_side_do_not_share_what_they_keep(tmp_path):
    (tmp_path / "places").mkdir()
    code = tmp_path / "places" / "card.py"
    code.write_text("a = 1")
    before = release(tmp_path, tmp_path)
    code.write_text("a = 2")

    assert release(tmp_path, tmp_path) != before
    assert release(tmp_path, Path(tmp_path)) == release(tmp_path, tmp_path)


def test_lost_cache_is_replaced_by_the_memory_of_the_process_and_left_alone_for_a_while(redis, monkeypatch, caplog):
    cache.set("place", "there", 60)
    redis.close()

    lost = cache.get("place", "nothing")
    cache.set("place", "here", 60)
    here = cache.get("place")
    told = [record.message for record in caplog.records if record.name == "roubaix_map.shared_cache"]

    back = RedisServer(redis.port)
    back.kept |= redis.kept
    alone, asked = cache.get("place"), back.asked
    monkeypatch.setattr(SharedCache, "left_until", 0.0)  # some seconds later
    found = cache.get("place")
    back.close()

    assert (lost, here, told) == ("nothing", "here", ["shared cache does not answer"])
    assert (alone, asked, found) == ("here", 0, "there")


def test_cache_that_says_nothing_is_asked_once(redis):
    cache.set("place", "there", 60)
    redis.mode, before = "silent", redis.asked

    answers = [cache.get_or_set("place", lambda: "made here", 60) for _ in range(5)]

    assert (answers, redis.asked - before) == (["made here"] * 5, 1)


def test_full_cache_still_gives_what_it_has(redis):
    cache.set("place", "there", 60)
    redis.mode = "full"

    cache.set("other", "here", 60)

    assert (cache.get("place"), cache.get_or_set("third", lambda: "made", 60)) == ("there", "made")
    assert SharedCache.left_until == 0.0


@pytest.mark.django_db
def test_limits_are_counted_together_and_by_the_database_without_it(redis):
    together = [allowed("geocoder", "192.0.2.1", 3, 60, NOON) for _ in range(4)]
    other = another_machine().count("limit", 60), another_machine().count("limit", 60)
    written = Tally.objects.count()
    redis.close()
    alone = [allowed("geocoder", "192.0.2.1", 3, 60, NOON) for _ in range(4)]

    assert (together, other, written) == ([True, True, True, False], (1, 2), 0)
    assert (alone, Tally.objects.get().number) == ([True, True, True, False], 3)


@pytest.mark.django_db
def test_limits_hold_in_each_process_when_nothing_can_be_written(monkeypatch):
    from django.db import connection

    from tests.test_unavailable import Busy, failure

    def fail(execute, sql, params, many, context):
        raise failure(Busy())

    with connection.execute_wrapper(fail):
        counted = [allowed("geocoder", "192.0.2.9", 2, 60) for _ in range(3)]

    assert counted == [True, True, False]
