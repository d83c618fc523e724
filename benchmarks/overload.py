"""Four times more questions than the site can answer: who is refused knows it at once, who is let in keeps his time.

    python -m benchmarks.overload [--times 4] [--seconds 20] [--size 25000] [--database-url …]

nginx and gunicorn as in production; every question is new. The usual time is that of a full house, as many connections
as nginx lets wait for a node (max_conns), which is also when the site answers most.
"""

import argparse
import re
import sys
from itertools import islice
from pathlib import Path

from benchmarks import servers
from benchmarks.load import most, percentile, steady, told
from benchmarks.requests import FASTEST, mixed, say

MEASURED = 10  # seconds
WARMING = 5  # questions a second, before
SLOWER = 2  # times the usual time of those who are let in
AT_ONCE = 100  # milliseconds, in which who is refused knows it
LEFT = 0.7  # of what the site answers without the crowd
AS_MANY = 400  # connections of the crowd


def room() -> int:
    """Return how many requests nginx lets a node hold."""
    text = (servers.ROOT / "deploy" / "nginx" / "upstream.conf").read_text(encoding="utf-8")
    return int(re.search(r"max_conns=(\d+)", text)[1])


def run(asked: argparse.Namespace) -> bool:
    asked.var.mkdir(parents=True, exist_ok=True)
    url = servers.database(asked.size, asked.var, asked.database_url)
    servers.collect_static(asked.var)
    env = servers.environment(asked.var, url)
    with servers.gunicorn(env, log=asked.var / "overload.log") as node, servers.nginx(asked.var, [node]) as port:
        paths = mixed(asked.size, 1)
        steady(port, paths, WARMING, MEASURED)
        full = most(port, islice(paths, MEASURED * FASTEST), MEASURED, connections=room())
        print(f"a full house of {room()}: {full.rate:.0f} a second, {full.middle:.0f} / {full.slow:.0f} ms")
        crowd = steady(port, paths, asked.times * full.rate, asked.seconds, at_most=AS_MANY)
    accepted = [answer for answer in crowd if answer.status == 200]
    refused = [answer for answer in crowd if answer.status == 503]
    print(f"{asked.times:g} times that for {asked.seconds:g} s: {told(crowd)}")
    usual, late = percentile(accepted, 0.95) / full.slow, percentile(refused, 0.95)
    kept, others = len(accepted) / asked.seconds / full.rate, len(crowd) - len(accepted) - len(refused)
    judged = (
        (f"let in: 95th percentile at most {SLOWER} times that of a full house", usual, usual <= SLOWER),
        (f"refused (503): 95th percentile at most {AT_ONCE} ms", late, bool(refused) and late <= AT_ONCE),
        (f"answered: at least {LEFT} times as many as without the crowd", kept, kept >= LEFT),
        ("neither answered nor refused: none", others, not others),
    )
    for target, seen, reached in judged:
        say(target, seen, reached)
    return all(reached for _target, _seen, reached in judged)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--times", type=float, default=4)
    parser.add_argument("--seconds", type=float, default=20)
    parser.add_argument("--size", type=int, default=25_000)
    parser.add_argument("--var", type=Path, default=Path("/tmp/roubaix-map-benchmarks"))
    parser.add_argument("--database-url", default="sqlite:///{var}/places-{size}-{fingerprint}.sqlite3")
    sys.exit(0 if run(parser.parse_args()) else 1)
