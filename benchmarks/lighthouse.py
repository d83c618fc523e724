"""Lighthouse on a telephone: the three questions, an answer and a card; the scores, and every audit that is not whole.

    python -m benchmarks.lighthouse [--runs 3]

Needs npm: the package is installed in a folder of its own, outside of this one, and drives the system's Chromium. Each
page is audited several times; performance is the median, and every other score the lowest.
"""

import argparse
import json
import os
import subprocess
import urllib.request
from pathlib import Path
from statistics import median

from benchmarks import servers
from benchmarks.weight import FLAGS, TILES

PACKAGE = "lighthouse@12.8"
CATEGORIES = ("performance", "accessibility", "best-practices", "seo")


def installed(folder: Path) -> Path:
    """Return the program, installed at the first run."""
    program = folder / "node_modules" / ".bin" / "lighthouse"
    if not program.exists():
        folder.mkdir(parents=True, exist_ok=True)
        subprocess.run(["npm", "install", "--no-fund", "--no-audit", "--prefix", folder, PACKAGE], check=True)
    return program


def audited(program: Path, address: str) -> dict:
    """Return the report of one run, as Lighthouse writes it."""
    flags = f"--headless=new {FLAGS}"
    asked = ["--output=json", "--quiet", f"--chrome-flags={flags}", f"--only-categories={','.join(CATEGORIES)}"]
    env = os.environ | {"CHROME_PATH": os.environ.get("CHROMIUM", "/usr/bin/chromium")}
    return json.loads(subprocess.run([program, address, *asked], env=env, check=True, stdout=subprocess.PIPE).stdout)


def failing(report: dict) -> list[str]:
    """Return what is not whole among the audits that count, with what they saw."""
    weights = {ref["id"]: ref["weight"] for category in report["categories"].values() for ref in category["auditRefs"]}
    audits = (audit for name, audit in report["audits"].items() if weights.get(name))
    return [
        f"{audit['score']:.2f}  {audit['id']}: {audit['title']} {audit.get('displayValue', '')}".rstrip()
        for audit in audits
        if audit["score"] is not None and audit["score"] < 1
    ]


def measure(program: Path, database_url: str, var: Path, runs: int) -> bool:
    """Print the scores of each page; tell whether they are all at 100."""
    env = servers.environment(var, database_url) | {"TILES_URL": TILES}
    whole = True
    with servers.gunicorn(env, log=var / "lighthouse.log") as port:
        origin = f"http://127.0.0.1:{port}"
        with urllib.request.urlopen(f"{origin}/trouver/resultats/?besoin=caf") as answer:
            card = answer.read().decode().partition("/trouver/lieu/")[2].partition("/")[0]
        print(f"{'':40}" + "".join(f"{name:>16}" for name in CATEGORIES))
        for path in ("/trouver/", "/trouver/resultats/?besoin=caf", f"/trouver/lieu/{card}/"):
            reports = [audited(program, origin + path) for _run in range(runs)]
            scores = {name: [report["categories"][name]["score"] * 100 for report in reports] for name in CATEGORIES}
            told = [median(seen) if name == "performance" else min(seen) for name, seen in scores.items()]
            print(f"{path:40}" + "".join(f"{score:>16.0f}" for score in told))
            for line in sorted({line for report in reports for line in failing(report)}):
                print(f"    {line}")
            whole = whole and min(told) >= 100
    return whole


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--var", type=Path, default=Path("/tmp/roubaix-map-benchmarks"))
    parser.add_argument("--folder", type=Path, default=Path("/tmp/roubaix-map-lighthouse"))
    asked = parser.parse_args()
    asked.var.mkdir(parents=True, exist_ok=True)
    lighthouse = installed(asked.folder)
    url = servers.database(40, asked.var, "sqlite:///{var}/places-{size}-{fingerprint}.sqlite3")
    servers.collect_static(asked.var)
    if not measure(lighthouse, url, asked.var, asked.runs):
        raise SystemExit("  NOT REACHED  100 everywhere")
    print("  reached      100 everywhere")
