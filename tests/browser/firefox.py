"""A stock Firefox, driven over WebDriver BiDi: no driver of it is packaged, and Playwright drives only its own build.

Only what a visitor does: open, look, click, type. Playwright's page has the same four verbs in `visitors.py`.
"""

import json
import re
import shutil
import subprocess
from contextlib import suppress
from pathlib import Path

from websocket import create_connection

FIREFOX = ("firefox-esr", "firefox")
# Nothing but the pages under test: no updates, no telemetry, no look at the network.
PREFERENCES = {
    "app.normandy.enabled": False,
    "app.update.enabled": False,
    "browser.region.network.url": "",
    "browser.sessionhistory.max_total_viewers": 0,  # a page that is left would be kept asleep, and answer nothing
    "browser.safebrowsing.malware.enabled": False,
    "browser.safebrowsing.phishing.enabled": False,
    "browser.shell.checkDefaultBrowser": False,
    "browser.startup.homepage_override.mstone": "ignore",
    "datareporting.policy.dataSubmissionEnabled": False,
    "dom.push.connection.enabled": False,
    "extensions.update.enabled": False,
    "intl.accept_languages": "fr-FR,fr",
    "network.captive-portal-service.enabled": False,
    "network.connectivity-service.enabled": False,
    "services.settings.server": "data:,#remote-settings-dummy/v1",
    "toolkit.telemetry.enabled": False,
}
KEYS = {
    "Tab": "\ue004",
    "Enter": "\ue006",
    "Space": " ",
    "Escape": "\ue00c",
    "ArrowDown": "\ue015",
    "ArrowUp": "\ue013",
}
SHIFT = "\ue008"
PATIENCE = 60  # seconds for one answer, on a busy machine


def found() -> str | None:
    return next(filter(None, map(shutil.which, FIREFOX)), None)


class Firefox:
    """One headless browser with one tab; `complaints` are the errors of its console."""

    def __init__(self, profile: Path):
        preferences = "".join(f"user_pref({json.dumps(k)}, {json.dumps(v)});\n" for k, v in PREFERENCES.items())
        (profile / "user.js").write_text(preferences, encoding="utf-8")
        self.process = subprocess.Popen(
            [found(), "--headless", "--no-remote", "--profile", str(profile), "--remote-debugging-port", "0"],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            env={"HOME": str(profile), "PATH": "/usr/bin:/bin", "LANG": "C.UTF-8", "TZ": "Europe/Paris"},
        )
        self.socket = create_connection(f"{self._address()}/session", timeout=PATIENCE, suppress_origin=True)
        self.sent = 0
        self.complaints: list[str] = []
        self.call("session.new", capabilities={})
        self.call("session.subscribe", events=["log.entryAdded"])
        self.tab: str | None = None

    def _address(self) -> str:
        for line in self.process.stderr:
            if address := re.search(r"WebDriver BiDi listening on (ws://\S+)", line):
                return address[1]
        raise RuntimeError("Firefox stopped before it could be driven")

    def close(self) -> None:
        self.socket.close()
        self.process.kill()
        self.process.wait()
        self.process.stderr.close()

    def call(self, method: str, **params):
        """Send one command and return its result; what the console says meanwhile is kept."""
        self.sent += 1
        self.socket.send(json.dumps({"id": self.sent, "method": method, "params": params}))
        while True:
            answer = json.loads(self.socket.recv())
            if answer.get("method") == "log.entryAdded" and answer["params"]["level"] == "error":
                self.complaints.append(answer["params"]["text"])
            if answer.get("id") == self.sent:
                if answer["type"] == "error":
                    raise RuntimeError(f"{method}: {answer['message']}")
                return answer["result"]

    def new_visitor(self, width: int, height: int) -> None:
        """Start again in a window of its own, without a cookie; it has the focus, without which no key ticks a box."""
        before = self.tab
        self.tab = self.call("browsingContext.create", type="window")["context"]
        if before:
            self.call("browsingContext.close", context=before)
        self.call("browsingContext.activate", context=self.tab)
        self.call("browsingContext.setViewport", context=self.tab, viewport={"width": width, "height": height})
        self.call("storage.deleteCookies")
        self.complaints.clear()

    # --- the four verbs

    def open(self, address: str) -> None:
        self.call("browsingContext.navigate", context=self.tab, url=address, wait="complete")

    def look(self, script: str, *values):
        """Return, as plain data, what a function of the page answers."""
        answer = self.call(
            "script.callFunction",
            functionDeclaration=f"async (...values) => JSON.stringify(await ({script})(...values) ?? null)",
            arguments=[_sent(value) for value in values],
            target={"context": self.tab},
            awaitPromise=True,
            userActivation=True,
        )
        if answer["type"] == "exception":
            raise RuntimeError(answer["exceptionDetails"]["text"])
        return json.loads(answer["result"]["value"])

    def click(self, x: float, y: float) -> None:
        move = {"type": "pointerMove", "x": round(x), "y": round(y)}
        press = [{"type": "pointerDown", "button": 0}, {"type": "pointerUp", "button": 0}]
        self._act({"type": "pointer", "id": "mouse", "actions": [move, *press]})

    def press(self, key: str) -> None:
        """Press a key, with Shift or not, and wait for what it does: the answer comes before the focus has moved."""
        value = KEYS[key.removeprefix("Shift+")]
        strokes = [{"type": kind, "value": value} for kind in ("keyDown", "keyUp")]
        if key.startswith("Shift+"):
            strokes = [{"type": "keyDown", "value": SHIFT}, *strokes, {"type": "keyUp", "value": SHIFT}]
        self._act({"type": "key", "id": "keyboard", "actions": strokes})
        with suppress(RuntimeError):  # the key led to another page
            self.look("() => new Promise((done) => requestAnimationFrame(() => setTimeout(done)))")

    def type(self, text: str) -> None:
        actions = [{"type": kind, "value": letter} for letter in text for kind in ("keyDown", "keyUp")]
        self._act({"type": "key", "id": "keyboard", "actions": actions})

    def _act(self, action: dict) -> None:
        self.call("input.performActions", context=self.tab, actions=[action])


def _sent(value) -> dict:
    kinds = {str: "string", bool: "boolean", int: "number", float: "number"}
    return {"type": kinds[type(value)], "value": value}
