"""What is missing or weak in this installation, one plain sentence for each thing looked at.

Each look takes what it needs from the settings, the database or the network, and gives lines; none changes anything.
"""

import email.utils
import http.client
import shutil
import smtplib
import socket
import sqlite3
import ssl
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import Enum
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib.auth import get_user_model
from django.core import checks
from django.core.mail import get_connection
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django_otp.plugins.otp_totp.models import TOTPDevice

from places.models import Chore, Mail, Source
from roubaix_map import replicas
from roubaix_map.caches import HERE, counted_together

TIMEOUT = 5  # seconds for each machine that is asked
TRIES = 10  # for a replica to follow, in that time
CLOCK_DRIFT = timedelta(seconds=60)
CERTIFICATE_LEFT = timedelta(days=14)
DISK_LEFT, DISK_LEFT_AT_LEAST = 0.10, 500 * 1024**2
BACKUP_AGE = timedelta(hours=36)
# The releases that still get corrections; PostgreSQL 13 ended in November 2025.
POSTGRESQL, SQLITE = 14, (3, 35)
# How long after its last turn a piece of work is late: the commands that deploy/ gives a timer.
CHORES = {
    "sync_sources": timedelta(hours=3),
    "send_mail_queue": timedelta(hours=1),
    "erase_contacts": timedelta(hours=50),
    "check_links": timedelta(hours=50),
    "diagnose": timedelta(days=33),
    "note_quality": timedelta(days=33),
}


class Level(Enum):
    """How bad a line is, as a sign and as a word."""

    GOOD = ("✔", "en ordre")
    WEAK = ("⚠", "à revoir")
    MISSING = ("✘", "manque")


@dataclass(frozen=True)
class Line:
    """One thing that was looked at: its name, and what was seen."""

    level: Level
    subject: str
    sentence: str

    @property
    def sign(self) -> str:
        return self.level.value[0]

    @property
    def word(self) -> str:
        return self.level.value[1]

    def __str__(self):
        return f"{self.sign} {self.word} – {self.subject} : {self.sentence}"


def look(now: datetime, looks: list[Callable[[datetime], Iterator[Line]]] | None = None) -> Iterator[Line]:
    """Give every line at an aware `now`; without its database, only what can be said without it."""
    database = True
    for ask in looks or LOOKS:
        if ask in NEED_DATABASE and not database:
            continue
        for line in ask(now):
            yield line
            database = database and not (ask is look_at_database and line.level is Level.MISSING)


def _line(good: bool, subject, sentence_good, sentence_bad, bad: Level = Level.MISSING) -> Line:
    return Line(Level.GOOD if good else bad, subject, sentence_good if good else sentence_bad)


# --- what the settings say
def look_at_settings(now: datetime) -> Iterator[Line]:
    yield _line(
        not settings.DEBUG,
        "DEBUG",
        "les pages d’erreur ne montrent rien du code.",
        "les pages d’erreur montrent le code et les réglages à tout le monde ; mettre DEBUG=non.",
    )
    varied = len({*settings.SECRET_KEY}) >= 10 and len(settings.SECRET_KEY) >= 40
    yield _line(
        varied,
        "SECRET_KEY",
        "longue et variée.",
        "trop simple : les liens secrets et les connexions se devinent ; en mettre une neuve, au hasard.",
    )
    public = [name for name in settings.ALLOWED_HOSTS if name not in ("127.0.0.1", "localhost", "[::1]")]
    if "*" in public:
        yield Line(Level.MISSING, "ALLOWED_HOSTS", "tout nom est accepté (*) ; n’y mettre que les noms du site.")
    else:
        yield _line(
            bool(public),
            "ALLOWED_HOSTS",
            ", ".join(public) + ".",
            "le site ne répond qu’à cette machine ; y mettre son nom public.",
        )
    yield _line(
        settings.HTTPS,
        "HTTPS",
        "les visiteurs sont menés en https, les cookies n’en sortent pas.",
        "le site se lit en clair, mots de passe compris ; mettre HTTPS=oui derrière un certificat.",
    )
    yield _line(
        settings.BEHIND_PROXY,
        "BEHIND_PROXY",
        "l’adresse du visiteur est celle que le serveur mandataire écrit.",
        "sans serveur devant lui, ou sans BEHIND_PROXY=oui derrière, toutes les personnes ont la même adresse.",
        Level.WEAK,
    )
    yield _line(
        bool(settings.SITE_URL),
        "SITE_URL",
        settings.SITE_URL,
        "les courriels donnent l’adresse que demande le visiteur ; y mettre celle du site.",
        Level.WEAK,
    )
    expires = settings.SECURITY_EXPIRES
    yield _line(
        bool(settings.SECURITY_CONTACT or settings.SUPPORT_EMAIL) and (expires is None or expires > now.date()),
        "SECURITY_CONTACT",
        "/.well-known/security.txt dit à qui signaler une faille.",
        "personne à qui signaler une faille, ou SECURITY_EXPIRES est passé.",
        Level.WEAK,
    )
    yield _line(
        bool(settings.SUPPORT_EMAIL),
        "SUPPORT_EMAIL",
        settings.SUPPORT_EMAIL,
        "les pages légales ne disent pas à qui écrire.",
        Level.WEAK,
    )


def look_at_django(now: datetime) -> Iterator[Line]:
    """Django's own check of a deployment, in its words."""
    found = checks.run_checks(include_deployment_checks=True)
    for message in found:
        level = Level.MISSING if message.is_serious() else Level.WEAK
        yield Line(level, f"Django {message.id}", " ".join(str(message.msg).split()))
    if not found:
        yield Line(Level.GOOD, "Django", "« check --deploy » n’a rien à dire.")


# --- the machine
def look_at_disk(now: datetime) -> Iterator[Line]:
    disk = shutil.disk_usage(settings.VAR_DIR)
    enough = disk.free >= max(DISK_LEFT_AT_LEAST, disk.total * DISK_LEFT)
    free, total = f"{disk.free / 1e9:.1f}".replace(".", ","), f"{disk.total / 1e9:.0f}"
    yield _line(
        enough,
        "Disque",
        f"{free} Go libres sur {total}.",
        f"il ne reste que {free} Go sur {total} : bientôt, plus rien ne s’écrira.",
        Level.WEAK if disk.free > DISK_LEFT_AT_LEAST else Level.MISSING,
    )


# --- the database
def look_at_database(now: datetime) -> Iterator[Line]:
    """Its version and its tables; the only line when it does not answer."""
    try:
        connection.ensure_connection()
        executor = MigrationExecutor(connection)
        waiting = executor.migration_plan(executor.loader.graph.leaf_nodes())
    except DatabaseError as error:
        yield Line(Level.MISSING, "Base de données", f"ne répond pas ({type(error).__name__}).")
        return
    if connection.vendor == "postgresql":
        version = connection.pg_version
        name, recent = f"PostgreSQL {version // 10000}.{version % 10000}", version // 10000 >= POSTGRESQL
        oldest = str(POSTGRESQL)
    else:
        name, recent = f"SQLite {sqlite3.sqlite_version}", sqlite3.sqlite_version_info >= SQLITE
        oldest = ".".join(map(str, SQLITE))
    yield _line(
        recent,
        "Base de données",
        f"{name}.",
        f"{name} ne reçoit plus de corrections : {oldest} au moins.",
        Level.WEAK,
    )
    yield _line(
        not waiting,
        "Migrations",
        "toutes passées.",
        f"en attente : {len(waiting)} ; manage.py migrate.",
    )


def look_at_replicas(now: datetime) -> Iterator[Line]:
    """Ask each replica, for a moment when it is late: what was just written takes some time to reach it."""
    servers = replicas.servers
    for number, server in enumerate(servers.replicas, start=1):
        subject = f"Copie de la base n° {number}"
        servers.look(replicas.PRIMARY)
        for _try in range(TRIES):
            servers.look(server.alias)
            behind = server.behind(servers.primary, time.monotonic())
            if server.failed_at is not None or not server.is_replica or behind <= settings.REPLICA_LAG_SECONDS:
                break
            time.sleep(TIMEOUT / TRIES)
        if server.failed_at is not None:
            yield Line(Level.MISSING, subject, "ne répond pas : les pages se lisent ailleurs.")
        elif not server.is_replica:
            yield Line(
                Level.WEAK, subject, "n’est plus une copie, elle prend elle-même des écritures : elle n’est pas lue."
            )
        else:
            yield _line(
                behind <= settings.REPLICA_LAG_SECONDS,
                subject,
                f"suit la base à moins de {settings.REPLICA_LAG_SECONDS} secondes.",
                "a du retard : les pages se lisent ailleurs tant qu’elle ne suit pas.",
                Level.WEAK,
            )


def look_at_cache(now: datetime) -> Iterator[Line]:
    """Write in the shared cache, when there is one."""
    if settings.CACHES["default"] != HERE:
        yield _line(
            counted_together("preflight", TIMEOUT) is not None,
            "Cache partagé",
            "Redis répond.",
            "Redis ne répond pas, ou n’a plus de place : chaque processus retient pour lui, le site est plus lent.",
            Level.WEAK,
        )


def look_at_clock(now: datetime) -> Iterator[Line]:
    """Compare with the database server, and with the first outside service that is set and gives its date."""
    others = {}
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT clock_timestamp()")
            others["la base de données"] = cursor.fetchone()[0]
    address = settings.GEOCODER_URL or settings.OIDC_ISSUER
    if address and (date := _date_of(address)):
        others[urlsplit(address).hostname] = date
    if not others:
        yield Line(Level.WEAK, "Horloge", "rien à quoi la comparer.")
    for name, date in others.items():
        seconds = abs((date - now).total_seconds())
        yield _line(
            seconds <= CLOCK_DRIFT.total_seconds(),
            "Horloge",
            f"la même que {name}, à une minute près.",
            f"{seconds:.0f} secondes d’écart avec {name} : les codes du téléphone et les liens en dépendent.",
        )


# --- other machines
def look_at_site(now: datetime) -> Iterator[Line]:
    """Ask the public address as a visitor does: its certificate, and who answers there."""
    parts = urlsplit(settings.SITE_URL)
    if parts.scheme != "https":
        yield Line(Level.WEAK, "TLS", "SITE_URL ne donne pas d’adresse https : rien n’a été demandé.")
        return
    try:
        context = ssl.create_default_context()
        with (
            socket.create_connection((parts.hostname, parts.port or 443), TIMEOUT) as plain,
            context.wrap_socket(plain, server_hostname=parts.hostname) as secured,
        ):
            ends = datetime.fromtimestamp(ssl.cert_time_to_seconds(secured.getpeercert()["notAfter"]), UTC)
    except ssl.SSLCertVerificationError as error:
        yield Line(Level.MISSING, "TLS", f"le certificat est refusé : {error.verify_message}.")
        return
    except OSError as error:
        yield Line(Level.MISSING, "TLS", f"{settings.SITE_URL} ne répond pas ({type(error).__name__}).")
        return
    days = (ends - now).days
    yield _line(
        ends - now > CERTIFICATE_LEFT,
        "TLS",
        f"certificat bon, encore {days} jours.",
        f"le certificat finit dans {days} jours et personne ne l’a renouvelé.",
        Level.WEAK,
    )


def look_at_mail(now: datetime) -> Iterator[Line]:
    """Speak to the mail server without sending, and see whether what people answer can come back."""
    if not settings.EMAIL_HOST:
        yield Line(Level.MISSING, "Courriels envoyés", "EMAIL_HOST manque : aucun courriel ne part.")
    else:
        backend = get_connection(timeout=TIMEOUT)
        try:
            backend.open()
            backend.close()
        except (OSError, smtplib.SMTPException) as error:
            yield Line(
                Level.MISSING,
                "Courriels envoyés",
                f"{settings.EMAIL_HOST} refuse ou ne répond pas ({type(error).__name__}).",
            )
        else:
            yield Line(Level.GOOD, "Courriels envoyés", f"{settings.EMAIL_HOST} accepte de parler.")
    domain = settings.DEFAULT_FROM_EMAIL.rpartition("@")[2].strip("> ")
    try:
        socket.getaddrinfo(domain, 25)
        known = "." in domain
    except OSError:
        known = False
    yield _line(
        known,
        "Courriels reçus",
        f"les réponses vont à {domain}, un nom qui existe.",
        f"les réponses iraient à « {domain} », que personne ne connaît : voir DEFAULT_FROM_EMAIL.",
        Level.WEAK,
    )


# --- what happens, or does not any more
def look_at_queue(now: datetime) -> Iterator[Line]:
    late = Mail.objects.due(now - timedelta(hours=1)).count()
    lost = Mail.objects.exclude(given_up_at=None).filter(given_up_at__gte=now - timedelta(days=7)).count()
    yield _line(
        not late and not lost,
        "File des courriels",
        "rien n’attend depuis une heure.",
        f"en attente depuis une heure : {late} ; abandonnés cette semaine : {lost} (« Courriels », dans /admin/).",
        Level.WEAK,
    )


def look_at_sources(now: datetime) -> Iterator[Line]:
    failing = Source.objects.filter(failures__gt=0)
    late = Source.objects.due(now - timedelta(hours=3))
    names = sorted({source.name for source in (*failing, *late)})
    yield _line(
        not names,
        "Sources",
        "toutes relues à leur tour.",
        f"en échec, ou pas relues à leur tour : {', '.join(names)}.",
        Level.WEAK,
    )


def look_at_backup(now: datetime) -> Iterator[Line]:
    last = Chore.objects.filter(name="backup").first()
    if last is None:
        yield Line(Level.MISSING, "Sauvegarde", "aucune n’a été faite : manage.py backup, et sa minuterie.")
    elif last.failed:
        yield Line(Level.MISSING, "Sauvegarde", f"la dernière a échoué : {last.sentence}")
    else:
        hours = (now - last.at) // timedelta(hours=1)
        yield _line(
            now - last.at <= BACKUP_AGE,
            "Sauvegarde",
            f"il y a {hours} h, {last.sentence}.",
            f"la dernière date d’il y a {hours} h ({last.sentence}).",
        )
    elsewhere = settings.BACKUP_TO.startswith("s3://") or not str(settings.BACKUP_TO).startswith(str(settings.VAR_DIR))
    yield _line(
        elsewhere,
        "BACKUP_TO",
        str(settings.BACKUP_TO),
        "les sauvegardes sont sur le même disque que la base : les envoyer ailleurs.",
        Level.WEAK,
    )
    yield _line(
        bool(settings.BACKUP_KEY),
        "BACKUP_KEY",
        "les sauvegardes sont chiffrées.",
        "les sauvegardes se lisent telles quelles : manage.py backup --new-key.",
        Level.WEAK,
    )


def look_at_timers(now: datetime) -> Iterator[Line]:
    done = dict(Chore.objects.values_list("name", "at"))
    never = [name for name in CHORES if name not in done]
    late = [name for name, most in CHORES.items() if name in done and now - done[name] > most]
    yield _line(
        not never and not late,
        "Minuteries",
        "chaque travail est fait à son heure.",
        f"jamais faits, ou en retard : {', '.join(never + late)} (deploy/README.md).",
        Level.WEAK,
    )


def look_at_accounts(now: datetime) -> Iterator[Line]:
    people = get_user_model().objects.filter(is_active=True)
    administrators = people.filter(is_superuser=True)
    yield _line(administrators.exists(), "Administrateurs", "au moins un.", "aucun compte : manage.py createsuperuser.")
    secured = TOTPDevice.objects.filter(confirmed=True).values("user")
    alone = 0 if settings.SECOND_FACTOR else people.filter(is_staff=True).exclude(pk__in=secured).count()
    yield _line(
        not alone,
        "Second facteur",
        "tous ceux qui entrent dans /admin/ l’ont, ou l’auront à leur prochaine connexion.",
        f"comptes qui entrent dans /admin/ par leur seul mot de passe : {alone} ; mettre SECOND_FACTOR=oui.",
        Level.WEAK,
    )


def _date_of(address: str) -> datetime | None:
    """Return the date that a web server gives; None when it does not answer."""
    parts = urlsplit(address)
    kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    server = kind(parts.hostname, parts.port, timeout=TIMEOUT)
    try:
        server.request("HEAD", parts.path or "/")
        return email.utils.parsedate_to_datetime(server.getresponse().headers["Date"])
    except (OSError, http.client.HTTPException, TypeError, ValueError):
        return None
    finally:
        server.close()


NEED_DATABASE = [
    look_at_replicas,
    look_at_clock,
    look_at_queue,
    look_at_sources,
    look_at_backup,
    look_at_timers,
    look_at_accounts,
]
LOOKS = [
    *(look_at_settings, look_at_django, look_at_disk, look_at_database, look_at_replicas, look_at_cache),
    *(look_at_clock, look_at_site, look_at_mail),
    *(look_at_queue, look_at_sources, look_at_backup, look_at_timers, look_at_accounts),
]
