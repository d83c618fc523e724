"""How a command tells what it read: sentences on the terminal, and the whole report as JSON when asked."""

import json
from collections.abc import Callable
from pathlib import Path

from django.core.management.base import BaseCommand, CommandError

from places.files import UnreadableFile


def printed(command: BaseCommand, read: Callable, path: str | None) -> None:
    """Run a reading and print its report; a file that cannot be read ends the command with its sentence."""
    try:
        report = read()
    except UnreadableFile as error:
        raise CommandError(str(error)) from error
    if path:
        text = json.dumps(report.as_dict(), ensure_ascii=False, indent=1)
        try:
            Path(path).write_text(text, encoding="utf-8")
        except OSError as error:
            raise CommandError(f"Le rapport « {path} » ne peut pas être écrit : {error.strerror}.") from error
    for line in report.lines():
        command.stdout.write(line)
