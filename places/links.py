"""Whether the web addresses of records still answer: a few at a time, politely, and only on the public web."""

import http.client
import socket
import ssl
import time
from collections.abc import Iterable
from datetime import datetime, timedelta
from urllib.parse import urljoin, urlsplit

from django.conf import settings
from django.utils import timezone
from django.utils.encoding import iri_to_uri
from django.utils.translation import gettext as _

from places.files import GuardedHTTP, GuardedHTTPS, UnreadableFile
from places.models import Link, Place

TIMEOUT = 15  # seconds without a byte
MOST_REDIRECTS = 5
PAUSE = 1.0  # seconds between two questions to one host
CHECK_AGAIN_AFTER = timedelta(days=6)
# These answer a browser and not a program: the page is there.
ALIVE = {401, 403, 405, 406, 418, 429, 451, 999}
HEADERS = {"User-Agent": "roubaix-map (+liens de la carte)", "Accept": "*/*", "Accept-Encoding": "identity"}
PORTS = (None, 80, 443)


def addresses() -> set[str]:
    """Return every web address of the places that are not archived."""
    columns = Place.objects.exclude(status=Place.Status.ARCHIVED).order_by()
    found = set()
    for sites, *others in columns.values_list("site_web", "prise_rdv", "fiche_acces_libre").iterator():
        found.update(site for site in (*sites, *others) if site)
    return found


def dead() -> Iterable[str]:
    return Link.objects.dead().values_list("address", flat=True)


def check(most: int, *, now: datetime | None = None, pause: float = PAUSE) -> list[Link]:
    """Try at most so many addresses, those tried longest ago first, and keep what they answer; forget the others.

    Each host is asked once a second at most, and one address of a host that does not answer spares the others.
    """
    now = now or timezone.now()
    wanted = addresses()
    known = {link.address: link for link in Link.objects.all()}
    Link.objects.filter(address__in=known.keys() - wanted).delete()
    due = [a for a in wanted if a not in known or known[a].checked_at <= now - CHECK_AGAIN_AFTER]
    due.sort(key=lambda address: (known[address].checked_at.timestamp() if address in known else 0, address))
    tried, asked = [], {}
    for address in due[:most]:
        host = _host(address)
        if (wait := asked.get(host, 0) + pause - time.monotonic()) > 0 and host in asked:
            time.sleep(wait)
        failure = why_dead(address)
        asked[host] = time.monotonic()
        link = known.get(address) or Link(address=address)
        link.checked_at, link.failure = now, failure[: Link._meta.get_field("failure").max_length]
        link.failures = link.failures + 1 if failure else 0
        link.save()
        tried.append(link)
    return tried


def _host(address: str) -> str:
    try:
        return urlsplit(address).netloc.lower()
    except ValueError:
        return ""


def why_dead(address: str) -> str:
    """Return why an address does not answer as a page does; blank when it does."""
    target = address
    try:
        for _hop in range(MOST_REDIRECTS + 1):
            status, location = _ask(target, "HEAD")
            if status in (404, 405, 500, 501):  # some know no HEAD
                status, location = _ask(target, "GET")
            if status in (301, 302, 303, 307, 308) and location:
                target = urljoin(target, location)
                continue
            return "" if status < 400 or status in ALIVE else _("erreur %d") % status
    except UnreadableFile as error:
        return str(error)
    except ssl.SSLError:
        return _("certificat refusé")
    except socket.gaierror:
        return _("ce nom de site n’existe pas")
    except TimeoutError:
        return _("pas de réponse")
    except (OSError, http.client.HTTPException):
        return _("ne répond pas")
    except ValueError:
        return _("adresse mal écrite")
    return _("renvoie sans fin d’une adresse à l’autre")


def _ask(address: str, method: str) -> tuple[int, str]:
    parts = urlsplit(address)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.username:
        raise ValueError(address)
    if parts.port not in PORTS and not settings.IMPORT_PRIVATE_ADDRESSES:
        raise ValueError(address)  # a record has no business with other doors
    kind = GuardedHTTPS if parts.scheme == "https" else GuardedHTTP
    connection = kind(parts.hostname, parts.port or kind.default_port, timeout=TIMEOUT)
    try:
        path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        connection.request(method, iri_to_uri(path), headers=HEADERS)
        answer = connection.getresponse()
        return answer.status, answer.headers.get("Location", "")
    finally:
        connection.close()
