"""A PostgreSQL and its replica, each to be killed and started again; thrown away afterwards."""

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import psycopg

from tests.postgresql import CONFIGURATION, account, find_programs, free_port


@dataclass
class Server:
    """One server, in a folder of its own."""

    folder: Path
    port: int

    @property
    def address(self) -> str:
        return f"postgres://tests@127.0.0.1:{self.port}/places"

    def run(self, program: str, *arguments: str) -> None:
        with (self.folder / "log").open("ab") as log:
            subprocess.run(
                [find_programs() / program, f"--pgdata={self.folder / 'data'}", *arguments],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd=self.folder,
                check=True,
                **account(),
            )

    def start(self) -> None:
        with (self.folder / "data" / "postgresql.conf").open("a", encoding="utf-8") as configuration:
            configuration.write(CONFIGURATION.format(port=self.port, folder=self.folder))
        self.run("pg_ctl", "start", "--wait", "--silent")

    def kill(self) -> None:
        self.run("pg_ctl", "stop", "--wait", "--silent", "--mode=immediate")

    def promote(self) -> None:
        self.run("pg_ctl", "promote", "--wait", "--silent")

    def ask(self, *statements: str, base: str = "places") -> list[tuple]:
        """Run statements, each by itself, and return the rows of the last."""
        with psycopg.connect(self.address.replace("/places", f"/{base}"), autocommit=True) as connection:
            for statement in statements:
                cursor = connection.execute(statement)
            return cursor.fetchall() if cursor.description else []


@contextmanager
def primary() -> Iterator[Server]:
    """Start a server that holds an empty base."""
    with TemporaryDirectory(prefix="roubaix-map-postgresql-") as folder:
        server = _made(folder)
        server.run("initdb", "--username=tests", "--auth=trust", "--encoding=UTF8", "--locale=C.UTF-8", "--no-sync")
        server.start()
        try:
            server.ask("CREATE DATABASE places", base="postgres")
            yield server
        finally:
            _stop(server)


@contextmanager
def replica_of(source: Server) -> Iterator[Server]:
    """Start a server that follows another."""
    with TemporaryDirectory(prefix="roubaix-map-postgresql-") as folder:
        server = _made(folder)
        where = (f"--dbname={source.address}", "--write-recovery-conf", "--wal-method=stream", "--no-sync")
        server.run("pg_basebackup", *where, "--checkpoint=fast")
        server.start()
        try:
            yield server
        finally:
            _stop(server)


def _made(folder: str) -> Server:
    if user := account():
        os.chown(folder, user["user"], user["group"])
    return Server(Path(folder), free_port())


def _stop(server: Server) -> None:
    if (server.folder / "data" / "postmaster.pid").exists():
        server.kill()
