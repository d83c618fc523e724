"""The whole cluster: nginx before two nodes, a primary and its replica, Redis, with the data of Roubaix."""

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from cluster import node, postgresql, redis
from cluster.enclosure import ROOT
from cluster.nginx import NAME, Proxy

FIRST_PORT = 8200
PORTS = "http https node_1 node_2 primary replica redis mail".split()


def folder_of(port: int) -> Path:
    return ROOT / "var" / f"cluster-{port}"


class Cluster:
    """Its engines; `primary` and `replica` are the servers of now, which a promotion exchanges.

    `disk` is the size of the disk of each PostgreSQL server (256m), when it is to be one of its own.
    """

    def __init__(self, port: int, *, disk: str = "", **settings: str):
        self.disk = disk
        self.ports = {name: port + number for number, name in enumerate(PORTS)}
        self.folder = folder_of(port)
        self.site = f"https://{NAME}:{self.ports['https']}"
        self.primary, self.replica = (
            postgresql.Server(name, self.ports[name], self.folder) for name in ("primary", "replica")
        )
        self.replica_is_outdated = False
        self.redis = redis.Server("redis", self.ports["redis"], self.folder)
        settings = self._settings() | settings
        self.nodes = [node.Node(name, self.ports[name], self.folder, settings) for name in ("node_1", "node_2")]

    def _settings(self) -> dict[str, str]:
        """Return what every node is told: both servers take part, whichever of them is the primary."""
        owner, base = postgresql.OWNER, postgresql.DATABASE
        servers = [f"127.0.0.1:{self.ports[name]}" for name in ("primary", "replica")]
        return {
            "DATABASE_URL": f"postgres://{owner}@{','.join(servers)}/{base}",
            "DATABASE_REPLICA_URLS": ",".join(f"postgres://{owner}@{server}/{base}" for server in servers),
            "CACHE_URL": f"redis://127.0.0.1:{self.ports['redis']}/0",
            "GEOCODER_URL": "non",
            "SITE_URL": self.site,
        }

    @contextmanager
    def running(self, say: Callable[[str], None] = print) -> Iterator[None]:
        """Start everything, with data; stop it all at the end of the block."""
        self._claim_ports()
        shutil.rmtree(self.folder, ignore_errors=True)  # of a run that was killed
        self.folder.mkdir(parents=True)
        engines = [self.primary, self.replica, self.redis, *self.nodes]
        try:
            say("PostgreSQL : le primaire, puis les données de Roubaix…")
            self._own(self.primary, self.replica)
            self.primary.initialise()
            self.primary.start()
            self.primary.create_database()
            self.redis.start()
            self._share_static()
            for command in ("migrate -v0", "load_demo"):
                self.nodes[0].manage(*command.split())
            say("La réplique, les deux nœuds, nginx…")
            self.replica.follow(self.primary)
            self.replica.start()
            for each in self.nodes:
                each.launch()
            for each in self.nodes:
                each.wait_ready()
            self.proxy = Proxy("nginx", self.folder, **{k: self.ports[k] for k in ("http", "https")},
                               nodes=[each.port for each in self.nodes])  # fmt: skip
            engines.append(self.proxy)
            self.proxy.start()
            yield
        finally:
            for engine in reversed(engines):
                engine.stop()
            shutil.rmtree(self.folder, ignore_errors=True)

    def _claim_ports(self) -> None:
        for name, port in self.ports.items():
            if name == "mail":  # served by who tests the cluster
                continue
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    raise SystemExit(f"Le port {port} ({name}) est déjà pris ; en choisir d’autres avec PORT=…")

    def _share_static(self) -> None:
        """Serve the static files that bin/prepare has made: compressing them again takes longer than all the rest."""
        made = ROOT / "var" / "static"
        if not (made / "staticfiles.json").exists():
            raise SystemExit("Les fichiers statiques manquent : bin/prepare les prépare.")
        (self.folder / "var").mkdir()
        (self.folder / "var" / "static").symlink_to(made)

    def _own(self, *servers: postgresql.Server) -> None:
        """PostgreSQL writes its data under an account of its own; on a disk of its own when one may be full."""
        account = postgresql.account()
        for server in servers:
            server.data.mkdir()
            if self.disk:
                subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={self.disk}", "tmpfs", server.data], check=True)
            server.data.chmod(0o700)
            if account:
                os.chown(server.data, account["user"], account["group"])

    def exchange(self) -> None:
        """Note that the replica has become the primary; the other server may only come back as a copy of it."""
        self.primary, self.replica = self.replica, self.primary
        self.replica_is_outdated = True

    def restore(self) -> None:
        """Bring back whatever a fault left stopped, and wait until the replica has everything."""
        if self.replica_is_outdated:
            self.replica.follow(self.primary)
            self.replica_is_outdated = False
        for engine in (self.primary, self.replica, self.redis, *self.nodes, self.proxy):
            if not engine.is_running():
                engine.start()
        deadline = time.monotonic() + 60
        while not self.primary.is_followed():
            if time.monotonic() > deadline:
                raise RuntimeError("La réplique ne suit plus le primaire.")
            time.sleep(0.2)
