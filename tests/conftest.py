"""What every test starts from: the settings of tests/settings.py, and nothing remembered from the test before."""

import pytest
from django.core.cache import cache

from places import knowledge, lexicon, schedules


@pytest.fixture(autouse=True)
def nothing_remembered():
    lexicon.forget()
    knowledge.forget()
    schedules.forget()
    cache.clear()
