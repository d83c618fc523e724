"""The settings of the tests: those of the site, under an environment that no developer's `.env` can change."""

import atexit
import os
from tempfile import TemporaryDirectory

from roubaix_map import env
from tests.templates import BlankForOthers
from tests.tiles import TILES_URL

folder = TemporaryDirectory(prefix="roubaix-map-")
atexit.register(folder.cleanup)

os.environ |= {
    "SECRET_KEY": "only-for-the-tests-" * 3,
    "DEBUG": "non",
    "HTTPS": "non",
    "ALLOWED_HOSTS": "testserver,127.0.0.1,localhost",
    "VAR_DIR": folder.name,
    "TILES_URL": TILES_URL,
    "GEOCODER_URL": "non",
    # Playwright's loop runs in the thread of the tests.
    "DJANGO_ALLOW_ASYNC_UNSAFE": "true",
}
env.load_file = lambda path: None
from roubaix_map.settings import *  # noqa: E402, F403
from roubaix_map.settings import DATABASES, STATIC_ROOT, STORAGES, TEMPLATES, VAR_DIR  # noqa: E402

# A file rather than memory: the live server's threads each have their connection, as in production.
if DATABASES["default"]["ENGINE"] == "django.db.backends.sqlite3":
    DATABASES["default"]["TEST"] = {"NAME": str(VAR_DIR / "test.sqlite3")}
STORAGES["staticfiles"] = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
STATIC_ROOT.mkdir()
TEMPLATES[0]["OPTIONS"]["string_if_invalid"] = BlankForOthers()
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
# The tests send the queue themselves: a thread would outlive them.
MAIL_TO_VISITORS, MAIL_SOON = True, False
COUNT_SEARCHES = False  # but in the tests that count them
SLOW_AFTER_MS = 3_600_000  # a machine of tests may be slow
