"""Which backups are kept: the last of each of 7 days, 4 weeks and 12 months."""

import re
from collections.abc import Iterable
from datetime import UTC, datetime

DAYS, WEEKS, MONTHS = 7, 4, 12
NAME = re.compile(r"sauvegarde-(\d{8}T\d{6})Z\.tar\.gz(\.age)?")


def name_at(moment: datetime, *, encrypted: bool) -> str:
    return f"sauvegarde-{moment.astimezone(UTC):%Y%m%dT%H%M%S}Z.tar.gz{'.age' if encrypted else ''}"


def moment_of(name: str) -> datetime | None:
    """Return when a backup was made; None for a file that is not one."""
    found = NAME.fullmatch(name)
    try:
        return found and datetime.strptime(found[1], "%Y%m%dT%H%M%S").replace(tzinfo=UTC)
    except ValueError:
        return None


def backups(names: Iterable[str]) -> list[str]:
    """Return the backups among names of files, the newest first."""
    return sorted(filter(moment_of, names), key=moment_of, reverse=True)


def superseded(names: Iterable[str]) -> list[str]:
    """Return the backups that need not be kept: never the newest, never a file that is not a backup."""
    newest_first = backups(names)
    kept = set()
    for span, number in (("%Y-%j", DAYS), ("%G-%V", WEEKS), ("%Y-%m", MONTHS)):
        last_of = {}
        for name in newest_first:
            last_of.setdefault(moment_of(name).strftime(span), name)
        kept |= {*list(last_of.values())[:number]}
    return [name for name in newest_first if name not in kept]
