"""The results as a table that a person reads, in Markdown."""

from collections.abc import Iterable

from cluster.scene import Result

HEAD = (
    "panne", "lectures", "en échec", "95 % en", "écritures", "refusées", "saisie rendue", "confirmées", "retrouvées",
    "perdues", "doublées", "durée", "rétabli en", "mesuré",
)  # fmt: skip


def table(results: Iterable[Result]) -> str:
    rows = [HEAD, ["---"] * len(HEAD), *(cells(result) for result in results)]
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


def cells(result: Result) -> list[str]:
    kept, refused = result.refusals_keeping
    return [
        result.title,
        str(result.reads),
        counted(result.reads_failed),
        f"{result.reads_slow_ms} ms",
        str(result.writes),
        counted(result.writes_failed),
        f"{kept} / {refused}" if refused else "",
        str(result.acknowledged),
        str(result.found),
        str(result.lost),
        str(result.doubled),
        f"{result.seconds:.0f} s",
        f"{result.recovery:.1f} s",
        ", ".join(f"{name} {value}" for name, value in result.notes.items()),
    ]


def counted(outcomes: dict[str, int]) -> str:
    """Say how many, by kind: « 5 (503 : 3, coupée : 2) »."""
    if not outcomes:
        return "0"
    kinds = ", ".join(f"{kind} : {number}" for kind, number in sorted(outcomes.items()))
    return f"{sum(outcomes.values())} ({kinds})"
