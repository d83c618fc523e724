"""What every test starts from: the settings of tests/settings.py, and nothing remembered from the test before."""

import pytest
from django.core.cache import cache

from places import bitmaps, knowledge, lexicon, schedules
from tests.portal import Portal


def pytest_addoption(parser):
    parser.addoption(
        "--database-only",
        action="store_true",
        help="only the tests that ask the database: the others know nothing of it",
    )


def pytest_collection_modifyitems(config, items):
    """On a second database, leave out what would be the same test twice: pure functions, and servers of their own."""
    if not config.getoption("--database-only"):
        return
    asking, others = [], []
    for item in items:
        asks = item.get_closest_marker("django_db") or {"db", "transactional_db"} & {*item.fixturenames}
        (asking if asks else others).append(item)
    config.hook.pytest_deselected(items=others)
    items[:] = asking


@pytest.fixture(autouse=True)
def nothing_remembered():
    lexicon.forget()
    knowledge.forget()
    schedules.forget()
    bitmaps.forget()
    cache.clear()


@pytest.fixture
def portal(settings):
    """A portal of open data on loopback, where the city’s managers are mailed of failures."""
    settings.IMPORT_PRIVATE_ADDRESSES = True
    settings.MANAGERS = [("ville", "ville@exemple.fr")]
    portal = Portal()
    yield portal
    portal.close()
