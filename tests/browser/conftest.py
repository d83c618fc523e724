"""Pages in the system's Chromium: nothing reaches the network, and a test fails on what the browser complains about."""

import os
import re
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from threading import Thread
from urllib.parse import urlsplit

import pytest
from django.core.management import call_command
from django.db import connection
from playwright.sync_api import BrowserContext, Page, expect

from tests import tiles

CHROMIUM = ("chromium", "chromium-browser", "google-chrome")
# What Playwright disables, which a list of ours replaces; then the pages that the address bar makes ready with each
# window, for nobody: they took half of the time of an empty window.
DISABLED = (
    "DestroyProfileOnBrowserClose HttpsUpgrades HttpsFirstBalancedModeAutoEnable LensOverlay MediaRouter PaintHolding "
    "ThirdPartyStoragePartitioning AvoidCorsURLLoaderRestartOnRedirect OptimizationHints NetworkTimeServiceQuerying "
    "AimEnabled PreconnectToSearch "
    "WebUIOmniboxPopup WebUIOmniboxAimPopup WebUIOmniboxFullPopup"
).split()
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    f"--disable-features={','.join(DISABLED)}",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost",
]
DESKTOP = {"viewport": {"width": 1366, "height": 768}}
PHONE = {"viewport": {"width": 360, "height": 740}, "has_touch": True, "is_mobile": True, "device_scale_factor": 2}
HERE = Path(__file__).parent

# A busy machine is slow, not wrong.
expect.set_options(timeout=20_000)


def pytest_collection_modifyitems(items):
    for item in items:
        if HERE in item.path.parents:
            item.add_marker("browser")


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args):
    found = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, CHROMIUM)), None)
    if not found:
        pytest.fail("Chromium n’a pas été trouvé ; la variable CHROMIUM peut dire où il est.")
    return browser_type_launch_args | {"executable_path": found, "args": FLAGS}


@pytest.fixture(scope="session")
def browser_context_args(browser_context_args):
    return browser_context_args | {"locale": "fr-FR", "timezone_id": "Europe/Paris"}


@pytest.fixture(scope="session")
def tile_server():
    """Answer the requests for tiles."""
    Thread(target=tiles.server.serve_forever, daemon=True).start()
    yield tiles.server
    tiles.server.shutdown()


class Complaints:
    """What the browser complained about: console, errors of scripts, failed requests, requests to other origins."""

    def __init__(self, origins: set[str]):
        self.origins = origins
        self.allowed: list[str] = []
        self.heard: list[str] = []

    def allow(self, pattern: str) -> None:
        """Let this test hear complaints in which the regular expression is found."""
        self.allowed.append(pattern)

    def listen(self, context: BrowserContext) -> None:
        context.on("console", self._console)
        context.on("weberror", lambda error: self.heard.append(f"script: {error.error}"))
        context.on("request", self._request)
        context.on("requestfailed", self._failure)

    def unexpected(self) -> list[str]:
        return [heard for heard in self.heard if not any(re.search(pattern, heard) for pattern in self.allowed)]

    def _console(self, message):
        if message.type in {"error", "warning"}:
            self.heard.append(f"console {message.type}: {message.text} ({message.location.get('url')})")

    def _request(self, request):
        address = urlsplit(request.url)
        if address.scheme not in {"data", "blob"} and f"{address.scheme}://{address.netloc}" not in self.origins:
            self.heard.append(f"other origin: {request.url}")

    def _failure(self, request):
        # A page that is left, a download and a search overtaken by the next one are aborted: no failure.
        if request.failure != "net::ERR_ABORTED":
            self.heard.append(f"request failed: {request.failure} {request.url}")


@pytest.fixture
def complaints(live_server, tile_server):
    """Fail the test, once its pages are closed, on every complaint that it has not allowed."""
    complaints = Complaints({live_server.url, tiles.TILES_ORIGIN})
    yield complaints
    if unexpected := complaints.unexpected():
        pytest.fail("\n".join(unexpected))


@pytest.fixture
def open_page(complaints, new_context, live_server) -> Callable[..., Page]:
    """Open a page of a browser of its own, on any screen: `open_page(**PHONE, java_script_enabled=False)`."""

    def open_page(**options) -> Page:
        context = new_context(**{"base_url": live_server.url} | options)
        if options.get("java_script_enabled") is False:
            complaints.allow(r"request failed: csp \S+\.js")  # the modules asked for ahead are refused with the rest
        complaints.listen(context)
        return context.new_page()

    return open_page


def slow_down(page: Page) -> None:
    """Make it an old telephone on the bus: a processor four times slower, a slow 4G."""
    tools = page.context.new_cdp_session(page)
    tools.send("Emulation.setCPUThrottlingRate", {"rate": 4})
    tools.send("Network.enable")
    slow_4g = {"latency": 150, "downloadThroughput": 204_800, "uploadThroughput": 93_750}  # ms, bytes a second
    tools.send("Network.emulateNetworkConditions", {"offline": False} | slow_4g)


@pytest.fixture
def desktop(open_page) -> Page:
    return open_page(**DESKTOP)


@pytest.fixture
def phone(open_page) -> Page:
    return open_page(**PHONE)


@pytest.fixture
def page(desktop) -> Page:
    return desktop


@pytest.fixture(scope="session")
def kept_demo(tmp_path_factory) -> Path:
    """Say where the database is kept once the demonstration has been loaded for the first time."""
    return tmp_path_factory.mktemp("demo") / "demo.sqlite3"


@pytest.fixture
def demo(transactional_db, kept_demo):
    """Put the demonstration into the database of the live server: loaded once, then, on SQLite, copied page by page."""
    if kept_demo.exists():
        with closing(sqlite3.connect(kept_demo)) as kept:
            connection.ensure_connection()
            kept.backup(connection.connection)
        return
    call_command("load_demo", verbosity=0)
    if connection.vendor == "sqlite":
        with closing(sqlite3.connect(kept_demo)) as kept:
            connection.connection.backup(kept)
