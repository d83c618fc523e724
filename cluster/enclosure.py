"""Nothing of a cluster outlives it: processes and mounts are in Linux namespaces of their own, files in one folder.

Two processes hold each other. The one outside waits and tidies up; the one inside, the first of its process namespace,
does the work and stops when the outer one lets go of its input. Whichever is killed, the kernel ends all the others.
"""

import os
import shutil
import signal
import subprocess
import sys
import threading
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
INSIDE = "--inside"
NAMESPACES = ["unshare", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc"]
OWN_USER = ["--user", "--map-current-user", "--keep-caps"]  # an ordinary account may do it in one of these
PATIENCE = 60  # seconds to stop everything in order


def run(module: str, arguments: list[str], folder: Path) -> int:
    """Run `module` inside, with these arguments; remove `folder` after it, and return its exit code."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _leave)
    namespaces = NAMESPACES if os.geteuid() == 0 else NAMESPACES + OWN_USER
    process = subprocess.Popen(
        [*namespaces, sys.executable, "-m", module, INSIDE, *arguments],
        stdin=subprocess.PIPE,
        start_new_session=True,  # Ctrl-C is for the outer one
        cwd=ROOT,
    )
    try:
        return process.wait()
    finally:
        process.stdin.close()
        try:
            process.wait(PATIENCE)
        except (subprocess.TimeoutExpired, SystemExit):
            process.kill()
            process.wait()
        shutil.rmtree(folder, ignore_errors=True)


def _leave(number, frame):
    raise SystemExit(128 + number)


def enter() -> None:
    """Inside: turn the end of the input into KeyboardInterrupt in the main thread."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
    threading.Thread(target=_wait_for_the_end, daemon=True).start()


def _wait_for_the_end() -> None:
    while os.read(0, 1):  # not sys.stdin, which Python locks until it is read
        pass
    os.kill(os.getpid(), signal.SIGINT)
