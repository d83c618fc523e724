"""One process of the cluster: started, awaited, stopped, killed."""

import os
import signal
import socket
import subprocess
import time
from pathlib import Path

READY = 30  # seconds
STOPPED = 45


class Engine:
    """A command in a process group of its own, that answers on a port once it is ready."""

    stop_signal = signal.SIGTERM

    def __init__(self, name: str, port: int, folder: Path):
        self.name, self.port, self.folder = name, port, folder
        self.log = folder / f"{name}.log"
        self.process: subprocess.Popen | None = None

    def command(self) -> list:
        raise NotImplementedError

    def options(self) -> dict:
        """Return what Popen is to know besides: environment, account."""
        return {}

    def is_ready(self) -> bool:
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0

    def start(self) -> None:
        self.launch()
        self.wait_ready()

    def launch(self) -> None:
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                self.command(),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                process_group=0,
                **self.options(),
            )

    def wait_ready(self) -> None:
        deadline = time.monotonic() + READY
        while not self.is_ready():
            if time.monotonic() > deadline or not self.is_running():
                raise RuntimeError(f"{self.name} ne démarre pas :\n{self.last_words()}")
            time.sleep(0.05)

    def is_running(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def last_words(self) -> str:
        return "\n".join(self.log.read_text(encoding="utf-8", errors="replace").splitlines()[-20:])

    def stop(self) -> None:
        """Ask it to stop in order, and wait."""
        if self.is_running():
            self.process.send_signal(self.stop_signal)
            try:
                self.process.wait(STOPPED)
            except subprocess.TimeoutExpired:
                self.kill()

    def kill(self) -> None:
        """End it and its children at once, as a power cut does."""
        if self.is_running():
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()
