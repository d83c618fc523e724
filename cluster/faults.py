"""`python -m cluster.faults [NAME …]`: what fails, one fault after the other, under load; all of them by default."""

import argparse
import json
import shutil
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict
from pathlib import Path

import psycopg

from cluster import enclosure, outside
from cluster.load import RATE, WRITES, Load
from cluster.machines import FIRST_PORT, PORTS, Cluster, folder_of
from cluster.release import next_release
from cluster.scene import Fault, Result, Scene, play
from cluster.table import table
from tests.production import PASSWORD, USER, Browser

REPORT = enclosure.ROOT / "var" / "cluster-test"  # the results, and what the engines said
DISK = "256m"
SIGN_UP = f"""
from django.contrib.auth.models import User
User.objects.create_superuser({USER!r}, "", {PASSWORD!r})
"""


# --- the application
def nothing(scene: Scene) -> Iterator[float]:
    yield 2
    scene.publish("changement visible en")
    yield 2


def node_killed(scene: Scene) -> Iterator[float]:
    scene.cluster.nodes[0].kill()
    yield 8
    scene.cluster.nodes[0].start()


def rolling_restart(scene: Scene) -> Iterator[float]:
    for node in scene.cluster.nodes:
        node.stop()
        node.start()
        yield 2


def deployment(scene: Scene) -> Iterator[float]:
    """A release that adds a column: migrated twice at once, then served by one node, then by both; and back."""
    first, second = scene.cluster.nodes
    release, migration, before = next_release(scene.cluster.folder / "release")
    old, first.code = first.code, release
    twice = [first.managing("migrate", "--no-input") for _ in range(2)]
    printed = [process.communicate(timeout=120) for process in twice]
    applied = sum(f"{migration}... OK" in out for out, _error in printed)
    scene.expect([process.returncode for process in twice] == [0, 0], f"migrate : {printed}")
    scene.expect(applied == 1, f"la migration a été appliquée {applied} fois")
    yield 3
    for node in (first, second):
        node.code = release
        node.stop()
        node.start()
        yield 4
    scene.publish("changement visible en")
    for node in (first, second):
        node.code = old
        node.stop()
        node.start()
    first.code = release
    first.manage("migrate", "places", before)
    first.code = old


# --- PostgreSQL
def replica_killed(scene: Scene) -> Iterator[float]:
    scene.cluster.replica.kill()
    yield 8
    scene.cluster.replica.start()


def replica_lagging(scene: Scene) -> Iterator[float]:
    replica = scene.cluster.replica
    replica.set("recovery_min_apply_delay", "60s")
    yield 10
    scene.publish("changement visible en")
    yield 52
    scene.notes["retard atteint"] = f"{replica.lag():.0f} s"
    replica.set("recovery_min_apply_delay", 0)


def primary_killed(scene: Scene) -> Iterator[float]:
    scene.cluster.primary.kill()
    yield 10
    scene.cluster.primary.start()


def replica_promoted(scene: Scene) -> Iterator[float]:
    """What an operator does on purpose: the primary stopped in order, the replica promoted."""
    scene.cluster.primary.stop()
    yield 3
    promote(scene)


def primary_lost(scene: Scene) -> Iterator[float]:
    """The primary is lost for good; each write had waited for the replica, as who must not lose one asks for."""
    cluster = scene.cluster
    cluster.primary.set("synchronous_standby_names", "*")
    yield 3
    cluster.primary.kill()
    yield 3
    promote(scene)


def promote(scene: Scene) -> None:
    """Make the replica the primary; what was the primary comes back as its replica once the load is over."""
    cluster = scene.cluster
    cluster.replica.promote()
    cluster.exchange()
    cluster.primary.set("synchronous_standby_names", "")


def disk_full(scene: Scene) -> Iterator[float]:
    primary = scene.cluster.primary
    ballast = primary.data / "ballast"
    with ballast.open("wb", buffering=0) as file, suppress(OSError):
        while file.write(bytes(4096)):
            pass
    yield 6
    with suppress(psycopg.Error):  # until it has no room for its journal either, which stops it
        for _ in range(100):
            primary.ask("SELECT pg_logical_emit_message(true, 'ballast', repeat('x', 100000)), pg_switch_wal()")
    yield 6
    stopped = not primary.is_running()
    scene.notes["PostgreSQL"] = "s’est arrêté" if stopped else "a continué"
    ballast.unlink()
    if stopped:
        primary.start()


# --- Redis
def redis_killed(scene: Scene) -> Iterator[float]:
    scene.cluster.redis.kill()
    yield 8
    scene.cluster.redis.start()


def redis_full(scene: Scene) -> Iterator[float]:
    redis = scene.cluster.redis
    for name, full in (("maxmemory-policy", "noeviction"), ("maxmemory", "1")):
        redis.tell("CONFIG", "SET", name, full)
    scene.notes["Redis répond"] = redis.tell("SET", "essai", "1")[:4]
    yield 8
    for name, usual in (("maxmemory", "100mb"), ("maxmemory-policy", "allkeys-lru")):
        redis.tell("CONFIG", "SET", name, usual)


def redis_slow(scene: Scene) -> Iterator[float]:
    for _ in range(8):
        scene.cluster.redis.tell("CLIENT", "PAUSE", 900, "ALL")
        yield 1


# --- the others, and time
def others_down(scene: Scene) -> Iterator[float]:
    scene.load.leaves_email = True
    scene.load.extra = ["/lieux/?autour=1+rue+de+nulle+part", "/trouver/?besoin=caf&autour=1+rue+de+nulle+part"]
    scene.outside.fall_silent()
    yield 12
    scene.outside.open()
    scene.load.leaves_email = False


def clock_jumped(scene: Scene) -> Iterator[float]:
    """The clock of a node jumps an hour ahead, then an hour back, while it serves."""
    first, second = scene.cluster.nodes
    first.manage("shell", "--no-imports", "-c", SIGN_UP)
    moderator = Browser(first.port)
    moderator.sign_in()
    second.clock = scene.cluster.folder / "clock"
    second.clock.write_text("+0\n")
    second.stop()
    second.start()
    for jump, hours in (("+3600", "en avance"), ("-3600", "en retard")):
        second.clock.write_text(f"{jump}\n")
        yield 4
        for node in (first, second):
            status = Browser(node.port, dict(moderator.cookies)).get("/admin/").status
            scene.expect(status == 200, f"une heure {hours}, une session ne vaut plus sur {node.name} ({status})")
        scene.publish(f"une heure {hours}, changement visible en")
        yield 2
    second.clock = None
    second.stop()
    second.start()


# libfaketime makes the node with the wrong clock several times slower: nginx turns some readers away (503).
FAULTS = [
    Fault("calme", "rien", nothing, 0, 0),
    Fault("noeud-tue", "un nœud tué (kill −9), relancé après 8 s", node_killed, 0.01, 1),
    Fault("redemarrages", "les deux nœuds redémarrés l’un après l’autre", rolling_restart, 0.01, 1),
    Fault("replique-tuee", "la réplique tuée, relancée après 8 s", replica_killed, 0.01, 2),
    Fault("replique-en-retard", "la réplique en retard de 60 s", replica_lagging, 0, 1),
    Fault("primaire-tue", "le primaire tué, relancé après 10 s", primary_killed, 0.02, 5),
    Fault("promotion", "le primaire arrêté, la réplique promue", replica_promoted, 0.02, 5),
    Fault("primaire-perdu", "le primaire perdu (kill −9), la réplique promue", primary_lost, 0.02, 5),
    Fault("disque-plein", "le disque du primaire plein", disk_full, 0.02, 5),
    Fault("redis-tue", "Redis tué, relancé après 8 s", redis_killed, 0, 1),
    Fault("redis-plein", "Redis plein, qui refuse d’écrire", redis_full, 0, 1),
    Fault("redis-lent", "Redis qui répond après 0,9 s", redis_slow, 0, 1),
    Fault("courriels-et-adresses", "serveur de courriels et d’adresses en panne", others_down, 0, 1),
    Fault("horloge", "l’horloge d’un nœud en avance, puis en retard d’une heure", clock_jumped, 0.05, 1),
    Fault("deploiement", "une version avec migration, puis retour", deployment, 0.01, 1),
]


def main() -> int:
    names = [fault.name for fault in FAULTS]
    parser = argparse.ArgumentParser(prog="python -m cluster.faults", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="PANNE", help=", ".join(names))
    parser.add_argument("--port", type=int, default=FIRST_PORT, help="le premier de huit ports de suite")
    parser.add_argument("--rate", type=float, default=RATE, help=f"demandes par seconde ({RATE} par défaut)")
    parser.add_argument(enclosure.INSIDE, action="store_true", help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if unknown := {*asked.names} - {*names}:
        parser.error(f"panne inconnue : {', '.join(sorted(unknown))} ; connues : {', '.join(names)}")
    if not asked.inside:
        arguments = ["--port", str(asked.port), "--rate", str(asked.rate), *asked.names]
        return enclosure.run("cluster.faults", arguments, folder_of(asked.port))
    enclosure.enter()
    try:
        return run([fault for fault in FAULTS if fault.name in (asked.names or names)], asked.port, asked.rate)
    except KeyboardInterrupt:
        print("Arrêté.")
        return 130


def run(faults: list[Fault], port: int, rate: float) -> int:
    started, results = time.monotonic(), []
    with outside.serving(port + PORTS.index("mail")) as others:
        cluster = Cluster(port, disk=DISK, **others.settings())
        with cluster.running(), logs_kept(cluster.folder):
            slugs = [slug for (slug,) in cluster.primary.ask("SELECT slug FROM places_place ORDER BY slug")]
            for fault in faults:
                print(f"{fault.name} : {fault.title}…", flush=True)
                load = Load(cluster.ports["https"], cluster.proxy.certificate, slugs, rate=rate, seed=len(results))
                result = play(fault, Scene(cluster, load, others))
                results.append(result)
                for sentence in result.broken:
                    print(f"  ✘ {sentence}", flush=True)
    minutes = (time.monotonic() - started) / 60
    print(f"\n{rate:g} demandes par seconde, dont {WRITES:.0%} d’écritures ; {minutes:.1f} minutes.\n")
    print(table(results))
    keep(results)
    return 1 if any(result.broken for result in results) else 0


@contextmanager
def logs_kept(folder: Path) -> Iterator[None]:
    try:
        yield
    finally:
        shutil.rmtree(REPORT, ignore_errors=True)
        REPORT.mkdir()
        for log in folder.glob("*.log"):
            shutil.copy(log, REPORT)


def keep(results: list[Result]) -> None:
    text = json.dumps([asdict(result) for result in results], ensure_ascii=False, indent=2)
    (REPORT / "results.json").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
