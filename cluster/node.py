"""A node of the application: gunicorn as deploy/ configures it, with settings of its own."""

import http.client
import subprocess
import sys
from pathlib import Path

from cluster.enclosure import ROOT
from cluster.engine import Engine
from cluster.nginx import NAME
from tests.production import HOST, environment

FAKETIME = next(Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1"), None)  # package libfaketime


class Node(Engine):
    """`code` is the release it runs; `clock` a file that says by how much its clock is wrong, when it is."""

    def __init__(self, name: str, port: int, folder: Path, settings: dict[str, str]):
        super().__init__(name, port, folder)
        self.settings = environment(
            folder / "var", ALLOWED_HOSTS=f"{NAME},127.0.0.1,{HOST}", BEHIND_PROXY="oui", **settings
        )
        self.code = ROOT
        self.clock: Path | None = None

    def command(self):
        return [sys.executable, "-m", "gunicorn", "-c", "deploy/gunicorn.conf.py", "--bind", f"127.0.0.1:{self.port}",
                "roubaix_map.wsgi:application"]  # fmt: skip

    def options(self):
        env = self.settings
        if self.clock:
            env = env | {
                "LD_PRELOAD": str(FAKETIME),
                "FAKETIME_TIMESTAMP_FILE": str(self.clock),
                "FAKETIME_CACHE_DURATION": "1",
                "FAKETIME_DONT_FAKE_MONOTONIC": "1",  # that of a machine never jumps
                "PYTHONPATH": str(ROOT / "cluster" / "wrong_clock"),
            }
        return {"cwd": self.code, "env": env}

    def is_ready(self):
        try:
            return self.ask("/readyz")[0] == 200
        except OSError:
            return False

    def ask(self, path: str, timeout: float = 20) -> tuple[int, str]:
        """Ask this very node, as nginx does; return the status and the page."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=timeout)
        try:
            connection.request("GET", path, headers={"Host": NAME, "X-Forwarded-Proto": "https"})
            answer = connection.getresponse()
            return answer.status, answer.read().decode(errors="replace")
        except http.client.HTTPException as error:
            raise ConnectionError(str(error)) from error
        finally:
            connection.close()

    def page(self, path: str) -> str:
        """Return what this very node gives, blank when it gives nothing."""
        try:
            return self.ask(path)[1]
        except OSError:
            return ""

    def manage(self, *command: str) -> str:
        """Run a management command as this node would, and return what it printed."""
        result = self.managing(*command)
        printed, told = result.communicate(timeout=120)
        if result.returncode:
            raise RuntimeError(f"manage.py {' '.join(command)} :\n{told}")
        return printed

    def managing(self, *command: str) -> subprocess.Popen:
        return subprocess.Popen(
            [sys.executable, "manage.py", *command],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            cwd=self.code,
            env=self.settings,
        )
