"""PostgreSQL servers: a primary, and a replica that streams from it."""

import signal
import subprocess
import time
from pathlib import Path

import psycopg

from cluster.engine import Engine
from tests.postgresql import account, find_programs

ADMINISTRATOR, OWNER, DATABASE = "postgres", "carte", "carte"
CONFIGURATION = """
listen_addresses = '127.0.0.1'
port = {port}
unix_socket_directories = ''
log_line_prefix = '%m [%p] '
shared_buffers = 64MB
min_wal_size = 4MB
max_wal_size = 64MB
wal_keep_size = 64MB
"""


class Server(Engine):
    stop_signal = signal.SIGINT  # "fast": ends the sessions, sends all it has written to its replica

    def __init__(self, name: str, port: int, folder: Path):
        super().__init__(name, port, folder)
        self.programs = find_programs()
        self.data = folder / name

    def command(self):
        return [self.programs / "postgres", "-D", self.data]

    def options(self):
        return {"cwd": self.folder, **account()}

    def is_ready(self):
        try:
            return self.ask("SELECT 1", database="postgres") == [(1,)]
        except psycopg.OperationalError:
            return False

    def start(self) -> None:
        """Start; after a kill, as soon as the processes that were its own have noticed."""
        for _attempt in range(20):
            try:
                return super().start()
            except RuntimeError:
                if "shared memory" not in self.last_words():
                    raise
                time.sleep(0.3)
        return super().start()

    # --- how it is made
    def initialise(self) -> None:
        """Make an empty primary. Small segments of its journal, so that little writing needs new ones."""
        self._run("initdb", "--pgdata", self.data, f"--username={ADMINISTRATOR}", "--auth=trust", "--encoding=UTF8",
                  "--locale=C.UTF-8", "--wal-segsize=1")  # fmt: skip
        self._configure()

    def create_database(self) -> None:
        """What deploy/README.md has typed for a site."""
        self.ask(f"CREATE ROLE {OWNER} LOGIN", database="postgres")
        self.ask(f"CREATE DATABASE {DATABASE} OWNER {OWNER}", database="postgres")
        self.ask("CREATE EXTENSION pg_trgm")

    def follow(self, primary: "Server") -> None:
        """Become a fresh copy of this primary, that streams from it once started."""
        for left in self.data.iterdir() if self.data.exists() else ():
            subprocess.run(["rm", "-rf", left], check=True)
        self._run("pg_basebackup", "--pgdata", self.data, "--host=127.0.0.1", f"--port={primary.port}",
                  f"--username={ADMINISTRATOR}", "--write-recovery-conf", "--checkpoint=fast")  # fmt: skip
        self._configure()

    def promote(self) -> None:
        self.ask("SELECT pg_promote()", database="postgres")

    def _configure(self) -> None:
        with (self.data / "postgresql.conf").open("a", encoding="utf-8") as configuration:
            configuration.write(CONFIGURATION.format(port=self.port))

    def _run(self, program: str, *arguments) -> None:
        with self.log.open("ab") as log:
            subprocess.run(
                [self.programs / program, *arguments],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                check=True,
                **self.options(),
            )

    # --- what it knows
    def ask(self, question: str, *values, database: str = DATABASE) -> list[tuple]:
        with psycopg.connect(
            host="127.0.0.1", port=self.port, user=ADMINISTRATOR, dbname=database, connect_timeout=3, autocommit=True
        ) as connection:
            cursor = connection.execute(question, values or None)
            return cursor.fetchall() if cursor.description else []

    def set(self, name: str, value: str | int) -> None:
        """Change a setting of the running server."""
        self.ask(f"ALTER SYSTEM SET {name} = '{value}'", database="postgres")
        self.ask("SELECT pg_reload_conf()", database="postgres")

    def is_followed(self) -> bool:
        """Say whether a replica has replayed all that is written here."""
        return self.ask(
            "SELECT count(*) FROM pg_stat_replication WHERE replay_lsn = pg_current_wal_lsn()", database="postgres"
        ) == [(1,)]

    def lag(self) -> float:
        """Return how many seconds old the last change is that this replica shows."""
        return float(self.ask("SELECT extract(epoch FROM now() - pg_last_xact_replay_timestamp())")[0][0] or 0)
