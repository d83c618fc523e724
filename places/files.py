"""Where an imported file comes from: a path or a web address; and the one way to say that it cannot be read."""

import re
import urllib.error
import urllib.request
from pathlib import Path

from django.utils.translation import gettext as _

MAX_BYTES = 100 * 1024 * 1024
TIMEOUT = 30  # seconds


class UnreadableFile(Exception):
    """The file cannot be read at all; the message is a sentence for the person who gave it."""


def fetch(address: str) -> bytes:
    """Return the bytes of a file or of an https address; raise UnreadableFile with a sentence."""
    if re.match(r"https?://", address):
        return _download(address)
    path = Path(address)
    try:
        if path.stat().st_size > MAX_BYTES:
            raise UnreadableFile(_("Fichier trop gros : %d Mo au plus.") % (MAX_BYTES // 1024**2))
        return path.read_bytes()
    except OSError as error:
        raise UnreadableFile(
            _("« %(file)s » ne peut pas être lu : %(why)s.") % {"file": address, "why": error.strerror}
        ) from error


def _download(address: str) -> bytes:
    try:
        with urllib.request.urlopen(address, timeout=TIMEOUT) as answer:  # noqa: S310 (http and https only, checked above)
            content = answer.read(MAX_BYTES + 1)
    except urllib.error.HTTPError as error:
        raise UnreadableFile(
            _("« %(file)s » répond par l’erreur %(code)d.") % {"file": address, "code": error.code}
        ) from error
    except (OSError, ValueError) as error:
        raise UnreadableFile(_("« %(file)s » ne répond pas : %(why)s.") % {"file": address, "why": error}) from error
    if len(content) > MAX_BYTES:
        raise UnreadableFile(_("Fichier trop gros : %d Mo au plus.") % (MAX_BYTES // 1024**2))
    return content
