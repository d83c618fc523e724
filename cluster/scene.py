"""One fault on its scene: a load before, during and after it; what was seen, and what was expected."""

import math
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

import psycopg

from cluster.answers import Count
from cluster.load import Load
from cluster.machines import Cluster

BEFORE, AFTER = 4, 10  # seconds of load before the fault, and after it is repaired
VISIBLE_WITHIN = 10  # seconds, of a published change
FOUND = "SELECT text, count(*) FROM places_submission WHERE text LIKE 'jeton-%%' GROUP BY text"
PUBLISH = """
import time
from places import history
from places.models import Place
place = Place.objects.get(slug={slug!r})
place.nom = {text!r}
history.save([place], origin="command")
print(time.time())
"""


@dataclass(frozen=True)
class Fault:
    """What `breaks` does, step by step, giving the seconds to wait at each `yield`; and what is expected of the site.

    It is a generator: what stands before a `yield` breaks or repairs something, under load; after the last one,
    everything is repaired.
    """

    name: str
    title: str
    breaks: Callable[["Scene"], Iterator[float]]
    reads_failed: float  # at most, as a share of all
    recovers: float  # seconds after the repair, at most


@dataclass
class Result:
    """One line of the table."""

    name: str
    title: str
    reads: int
    reads_failed: dict[str, int]
    reads_slow_ms: int
    writes: int
    writes_failed: dict[str, int]
    refusals_keeping: tuple[int, int]
    acknowledged: int
    found: int
    lost: int
    doubled: int
    never_taken: int
    seconds: float
    recovery: float
    notes: dict[str, str]
    broken: list[str]


@dataclass
class Scene:
    cluster: Cluster
    load: Load
    outside: object  # the mail server and the geocoder
    notes: dict[str, str] = field(default_factory=dict)
    broken: list[str] = field(default_factory=list)

    def expect(self, holds: bool, otherwise: str) -> None:
        if not holds:
            self.broken.append(otherwise)

    def publish(self, name: str) -> None:
        """Change a place on the primary, and measure when each node and nginx show it."""
        slug = self.load.slugs[0]
        path, text = f"/lieux/{slug}/", f"Publié à {time.time_ns()}"
        first, second = self.cluster.nodes
        eyes = {
            "nginx": lambda: self.load.page(path),
            "nœud 1": lambda: first.page(path),
            "nœud 2": lambda: second.page(path),
        }
        for look in eyes.values():
            look()
        script = PUBLISH.format(slug=slug, text=text)
        published = float(first.manage("shell", "--no-imports", "-c", script).split()[-1])

        def seen_after(look: Callable[[], str]) -> float:
            while time.time() - published < VISIBLE_WITHIN:
                if text in look():
                    return time.time() - published
                time.sleep(0.1)
            return math.inf

        with ThreadPoolExecutor(len(eyes)) as pool:
            seen = dict(zip(eyes, pool.map(seen_after, eyes.values()), strict=True))
        late = max(seen.values())
        self.notes[name] = f"{late:.1f} s" if late < math.inf else f"pas vu en {VISIBLE_WITHIN} s"
        self.expect(late <= VISIBLE_WITHIN, f"{name} : un changement publié ne se voit pas partout ({seen})")


def play(fault: Fault, scene: Scene) -> Result:
    """Load, break, repair, count; the result says which expectations were broken."""
    load = scene.load
    load.start()
    try:
        time.sleep(BEFORE)
        broken_at = load.now
        try:
            for seconds in fault.breaks(scene):
                time.sleep(seconds)
        except (OSError, RuntimeError, psycopg.Error) as error:
            scene.broken.append(f"la panne n’est pas allée au bout : {error}")
        repaired_at = load.now
        time.sleep(AFTER)
        count = load.finish()
    finally:
        load.abandon()
    scene.cluster.restore()
    for text, number in scene.cluster.primary.ask(FOUND):
        count.found[text] = number
    return judged(fault, scene, count, repaired_at - broken_at, repaired_at)


def judged(fault: Fault, scene: Scene, count: Count, seconds: float, repaired_at: float) -> Result:
    recovery, share = count.recovery(repaired_at), count.share_failed("read")
    scene.expect(not count.lost, f"écritures confirmées et perdues : {count.lost}")
    scene.expect(not count.doubled, f"écritures doublées : {count.doubled}")
    scene.expect(not count.never_taken, f"écritures jamais acceptées : {count.never_taken}")
    scene.expect(bool(count.acknowledged), "aucune écriture acceptée")
    most = fault.reads_failed
    scene.expect(
        share <= most,
        f"lectures en échec : {share:.1%}, {most:.1%} au plus étaient admises ; {dict(count.failures('read'))}",
    )
    scene.expect(
        recovery <= fault.recovers, f"rétabli en {recovery:.1f} s, {fault.recovers:.0f} s au plus étaient admises"
    )
    unforeseen = [answer for answer in count.answers if answer.outcome == "500"]
    scene.expect(not unforeseen, f"{len(unforeseen)} réponses 500 : une panne n’est pas une erreur du programme")
    return Result(
        name=fault.name,
        title=fault.title,
        reads=len(count.of("read")),
        reads_failed=dict(count.failures("read")),
        reads_slow_ms=round(1000 * count.slow("read")),
        writes=len(count.of("write")),
        writes_failed=dict(count.failures("write")),
        refusals_keeping=count.refused_keeping(),
        acknowledged=len(count.acknowledged),
        found=sum(1 for writing in count.acknowledged if count.found[writing.token]),
        lost=len(count.lost),
        doubled=len(count.doubled),
        never_taken=len(count.never_taken),
        seconds=round(seconds, 1),
        recovery=round(recovery, 1),
        notes=scene.notes,
        broken=scene.broken,
    )
