"""`python -m tests.postgresql -- COMMAND`: runs a command beside a PostgreSQL of its own, thrown away afterwards."""

import os
import pwd
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

# Speed before safety, and nobody outside this machine: the data lives as long as the tests.
CONFIGURATION = """
listen_addresses = '127.0.0.1'
port = {port}
unix_socket_directories = '{folder}'
fsync = off
synchronous_commit = off
full_page_writes = off
"""


def find_programs() -> Path | None:
    """Return the folder of initdb, pg_ctl and postgres: that of PATH, or Debian's newest version."""
    if found := shutil.which("initdb"):
        return Path(found).resolve().parent
    versions = Path("/usr/lib/postgresql").glob("*/bin/initdb")
    newest = max(versions, key=lambda program: float(program.parts[-3]), default=None)
    return newest and newest.parent


def account() -> dict:
    """Return the arguments that run a process under an ordinary account: PostgreSQL refuses root."""
    if os.geteuid() != 0:
        return {}
    names = {entry.pw_name for entry in pwd.getpwall()}
    user = pwd.getpwnam("postgres" if "postgres" in names else "nobody")
    return {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return listener.getsockname()[1]


@contextmanager
def running_cluster(programs: Path) -> Iterator[str]:
    """Start a cluster in a temporary folder, give its address, stop and remove it in every case."""
    user = account()
    with TemporaryDirectory(prefix="roubaix-map-postgresql-") as folder:
        if user:
            os.chown(folder, user["user"], user["group"])
        data, port = Path(folder) / "data", free_port()

        def run(program: str, *arguments: str) -> None:
            command = [programs / program, "--pgdata", data, *arguments]
            result = subprocess.run(
                command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=folder, check=False, **user
            )
            if result.returncode:
                sys.exit(f"{program} a échoué :\n{Path(log.name).read_text(encoding='utf-8', errors='replace')}")

        with (Path(folder) / "log").open("w", encoding="utf-8") as log:
            run("initdb", "--username=tests", "--auth=trust", "--encoding=UTF8", "--locale=C.UTF-8", "--no-sync")
            with (data / "postgresql.conf").open("a", encoding="utf-8") as configuration:
                configuration.write(CONFIGURATION.format(port=port, folder=folder))
            try:
                run("pg_ctl", "start", "--wait", "--silent")
                yield f"postgres://tests@127.0.0.1:{port}/places"
            finally:
                if (data / "postmaster.pid").exists():
                    run("pg_ctl", "stop", "--wait", "--silent", "--mode=fast")


def run_beside(address: str, command: list[str]) -> int:
    """Run the command with DATABASE_URL set, and return its exit code; asked to stop, let it stop first."""
    process = subprocess.Popen(command, env=os.environ | {"DATABASE_URL": address})
    try:
        return process.wait()
    except KeyboardInterrupt:  # which the terminal has sent to the command as well
        return process.wait()
    except SystemExit:
        process.terminate()
        process.wait()
        raise


def stop(number, frame):
    raise SystemExit(128 + number)


def main(arguments: list[str]) -> int:
    programs = find_programs()
    if arguments == ["--found"]:
        return 0 if programs else 1
    if not arguments[1:] or arguments[0] != "--":
        sys.exit(__doc__)
    if programs is None:
        sys.exit("PostgreSQL (initdb, pg_ctl) n’a pas été trouvé.")
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, stop)
    with running_cluster(programs) as address:
        return run_beside(address, arguments[1:])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
