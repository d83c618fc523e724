"""What an installation lacks is said, each thing by its line; what it has is said to be in order."""

import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

from django.contrib.auth.models import User
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder
from django.utils import timezone
from django_otp.plugins.otp_totp.models import TOTPDevice

from places import preflight
from places.models import Chore, Mail, Source
from places.preflight import Level, Line
from roubaix_map.caches import configured
from roubaix_map.shared_cache import SharedCache
from tests import certificates, mail_server
from tests.people import make_person
from tests.production import HOST, environment, run
from tests.redis_server import RedisServer

NOW = datetime(2026, 12, 1, 9, 0, tzinfo=UTC)
GOOD, WEAK, MISSING = Level


def said(look, now=NOW) -> dict[str, tuple[Level, str]]:
    return {line.subject: (line.level, line.sentence) for line in look(now)}


def levels(look, now=NOW) -> dict[str, Level]:
    return {line.subject: line.level for line in look(now)}


@contextmanager
def web_server(date: datetime = NOW, context: ssl.SSLContext | None = None) -> Iterator[int]:
    """Give the port of a server on loopback that believes it is `date`."""

    class Handler(BaseHTTPRequestHandler):
        def do_HEAD(self):
            self.send_response_only(404)
            self.send_header("Date", format_datetime(date, usegmt=True))
            self.end_headers()

        def log_message(self, *arguments):
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        if context:
            server.socket = context.wrap_socket(server.socket, server_side=True)
        thread = Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        try:
            yield server.server_port
        finally:
            server.shutdown()
            thread.join()


# --- settings, Django, disk
def test_settings_in_order_and_settings_that_are_not(settings):
    settings.DEBUG, settings.SECRET_KEY = False, "".join(map(chr, range(40, 90)))
    settings.ALLOWED_HOSTS, settings.HTTPS, settings.BEHIND_PROXY = ["127.0.0.1", HOST], True, True
    settings.SITE_URL, settings.SUPPORT_EMAIL = f"https://{HOST}", "aide@ville.fr"
    good = levels(preflight.look_at_settings)
    settings.DEBUG, settings.SECRET_KEY = True, "a" * 60
    settings.ALLOWED_HOSTS, settings.HTTPS, settings.BEHIND_PROXY = ["127.0.0.1", "localhost"], False, False
    settings.SITE_URL = settings.SUPPORT_EMAIL = ""
    bad = levels(preflight.look_at_settings)
    settings.ALLOWED_HOSTS = ["*"]
    anybody = said(preflight.look_at_settings)["ALLOWED_HOSTS"]

    assert {*good.values()} == {GOOD}
    assert bad == {
        **dict.fromkeys(("DEBUG", "SECRET_KEY", "ALLOWED_HOSTS", "HTTPS"), MISSING),
        **dict.fromkeys(("BEHIND_PROXY", "SITE_URL", "SECURITY_CONTACT", "SUPPORT_EMAIL"), WEAK),
    }
    assert anybody == (MISSING, "tout nom est accepté (*) ; n’y mettre que les noms du site.")


def test_line_is_a_sign_a_word_a_subject_and_a_sentence():
    lines = [str(Line(level, "Disque", "plein.")) for level in Level]

    assert lines == ["✔ en ordre – Disque : plein.", "⚠ à revoir – Disque : plein.", "✘ manque – Disque : plein."]


def test_disk_that_fills_up(settings, tmp_path, monkeypatch):
    settings.VAR_DIR = tmp_path
    monkeypatch.setattr(preflight, "DISK_LEFT", 0)
    monkeypatch.setattr(preflight, "DISK_LEFT_AT_LEAST", 0)
    good = levels(preflight.look_at_disk)
    monkeypatch.setattr(preflight, "DISK_LEFT", 1)
    weak = levels(preflight.look_at_disk)
    monkeypatch.setattr(preflight, "DISK_LEFT_AT_LEAST", 1 << 60)
    full = said(preflight.look_at_disk)["Disque"]

    assert (good, weak, full[0]) == ({"Disque": GOOD}, {"Disque": WEAK}, MISSING)
    assert full[1].startswith("il ne reste que ")


# --- the database, the clock
def test_database_its_release_and_its_migrations(db, monkeypatch):
    good = levels(preflight.look_at_database)
    MigrationRecorder(connection).record_unapplied("sessions", "0001_initial")
    monkeypatch.setattr(preflight, "SQLITE", (99, 0))
    monkeypatch.setattr(preflight, "POSTGRESQL", 99)
    bad = said(preflight.look_at_database)

    assert good == {"Base de données": GOOD, "Migrations": GOOD}
    assert bad["Base de données"][0] == WEAK
    assert "ne reçoit plus de corrections : 99" in bad["Base de données"][1]
    assert bad["Migrations"] == (MISSING, "en attente : 1 ; manage.py migrate.")


def test_shared_cache_that_is_lost_only_slows(settings, monkeypatch, tmp_path):
    none = levels(preflight.look_at_cache)
    server = RedisServer()
    monkeypatch.setattr(SharedCache, "left_until", 0.0)
    settings.CACHES = {"default": configured(server.address, tmp_path, tmp_path)}
    good = levels(preflight.look_at_cache)
    server.close()
    lost = levels(preflight.look_at_cache)

    assert (none, good, lost) == ({}, {"Cache partagé": GOOD}, {"Cache partagé": WEAK})


def test_clock_is_compared_with_a_service_that_is_set_and_with_the_database(db, settings):
    now = timezone.now().replace(microsecond=0)
    with web_server(now) as port:
        settings.GEOCODER_URL = f"http://127.0.0.1:{port}/geocodage"
        good = [line.level for line in preflight.look_at_clock(now)]
        late = list(preflight.look_at_clock(now - timedelta(minutes=5)))
    settings.GEOCODER_URL = settings.OIDC_ISSUER = ""
    alone = [line.level for line in preflight.look_at_clock(now)]

    assert {*good} == {GOOD}
    assert {line.level for line in late} == {MISSING}
    assert late[-1].sentence.startswith("300 secondes d’écart avec 127.0.0.1")
    assert alone == ([WEAK] if connection.vendor == "sqlite" else [GOOD])


# --- other machines
def test_certificate_is_checked_as_a_browser_does(settings, tmp_path, monkeypatch):
    certificate = certificates.write(tmp_path / "certificate.pem", "localhost", NOW)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    with web_server(context=context) as port:
        settings.SITE_URL = f"https://localhost:{port}"
        untrusted = said(preflight.look_at_site)["TLS"]
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
        good = said(preflight.look_at_site)["TLS"]
        ending = said(preflight.look_at_site, NOW + timedelta(days=3995))["TLS"]
    closed = said(preflight.look_at_site)["TLS"]
    settings.SITE_URL = ""
    unknown = said(preflight.look_at_site)["TLS"]

    assert untrusted == (MISSING, "le certificat est refusé : self-signed certificate.")
    assert good == (GOOD, "certificat bon, encore 4000 jours.")
    assert ending == (WEAK, "le certificat finit dans 5 jours et personne ne l’a renouvelé.")
    assert closed == (MISSING, f"https://localhost:{port} ne répond pas (ConnectionRefusedError).")
    assert unknown[0] == WEAK


def test_mail_server_is_spoken_to_and_answers_must_have_somewhere_to_go(settings):
    settings.EMAIL_HOST, settings.DEFAULT_FROM_EMAIL = "", "carte@localhost"
    none = levels(preflight.look_at_mail)
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.DEFAULT_FROM_EMAIL = "127.0.0.1", "Carte <carte@127.0.0.1>"
    with mail_server.serving(mail_server.Mailbox()) as port:
        settings.EMAIL_PORT = port
        good = levels(preflight.look_at_mail)
    closed = said(preflight.look_at_mail)["Courriels envoyés"]

    assert none == {"Courriels envoyés": MISSING, "Courriels reçus": WEAK}
    assert good == {"Courriels envoyés": GOOD, "Courriels reçus": GOOD}
    assert closed == (MISSING, "127.0.0.1 refuse ou ne répond pas (ConnectionRefusedError).")


# --- what happens, or does not any more
def test_queue_sources_timers_and_backup_that_are_late(db, settings, tmp_path):
    settings.VAR_DIR, settings.BACKUP_TO, settings.BACKUP_KEY = tmp_path, "/srv/sauvegardes", "age1…"
    looks = (preflight.look_at_queue, preflight.look_at_sources, preflight.look_at_timers, preflight.look_at_backup)
    now = timezone.now()
    for name in (*preflight.CHORES, "backup"):
        Chore.objects.note(name, "fait")
    Chore.objects.update(at=now)
    Source.objects.create(name="Ville", address="https://ville.fr/l.csv", every=Source.Every.DAY, checked_at=now)
    Mail.objects.create(key="1", to="a@exemple.fr")

    good = {subject: level for look in looks for subject, level in levels(look, now).items()}
    later = now + timedelta(days=60)
    settings.BACKUP_TO, settings.BACKUP_KEY = str(tmp_path / "backups"), ""
    late = {subject: line for look in looks for subject, line in said(look, later).items()}
    Chore.objects.note("backup", "le disque est plein", failed=True)
    Source.objects.update(failures=1, checked_at=now)
    failed = said(preflight.look_at_backup, now)["Sauvegarde"]
    failing = said(preflight.look_at_sources, now)["Sources"]
    Chore.objects.all().delete()
    never = [said(look, now)[subject] for look, subject in zip(looks[2:], ("Minuteries", "Sauvegarde"), strict=True)]

    assert {*good.values()} == {GOOD}
    assert {subject: level for subject, (level, _sentence) in late.items()} == {
        **dict.fromkeys(("File des courriels", "Sources", "Minuteries", "BACKUP_TO", "BACKUP_KEY"), WEAK),
        "Sauvegarde": MISSING,
    }
    assert late["Sauvegarde"][1] == "la dernière date d’il y a 1440 h (fait)."
    assert failed == (MISSING, "la dernière a échoué : le disque est plein")
    assert failing == (WEAK, "en échec, ou pas relues à leur tour : Ville.")
    assert [level for level, _sentence in never] == [WEAK, MISSING]


def test_accounts_that_enter_without_a_second_factor(db, settings):
    settings.SECOND_FACTOR = False
    nobody = levels(preflight.look_at_accounts)
    person = make_person(is_superuser=True)
    alone = said(preflight.look_at_accounts)["Second facteur"]
    TOTPDevice.objects.create(user=person, confirmed=True)
    good = levels(preflight.look_at_accounts)
    User.objects.create_user("samira", is_staff=True)
    settings.SECOND_FACTOR = True
    compulsory = levels(preflight.look_at_accounts)

    assert nobody == {"Administrateurs": MISSING, "Second facteur": GOOD}
    assert alone == (
        WEAK,
        "comptes qui entrent dans /admin/ par leur seul mot de passe : 1 ; mettre SECOND_FACTOR=oui.",
    )
    assert good == compulsory == {"Administrateurs": GOOD, "Second facteur": GOOD}


# --- the command
def test_command_says_what_it_can_without_a_database_and_ends_with_1(tmp_path):
    env = environment(tmp_path, DATABASE_URL="postgres://a:sesame@127.0.0.1:1/carte", GEOCODER_URL="non")
    env.pop("DJANGO_ALLOW_ASYNC_UNSAFE")  # the tests' own

    result = run(env, "manage.py", "preflight")

    lines = result.stdout.splitlines()
    assert (result.returncode, result.stderr) == (1, "")
    assert "✔ en ordre – Django : « check --deploy » n’a rien à dire." in lines
    assert "✘ manque – Base de données : ne répond pas (OperationalError)." in lines
    assert "✘ manque – Courriels envoyés : EMAIL_HOST manque : aucun courriel ne part." in lines
    assert [line for line in lines if "Sauvegarde" in line or "Horloge" in line] == []
    assert lines[-1].endswith(" qui manquent.")


def test_what_django_finds_is_said_in_its_words(settings):
    settings.SECURE_HSTS_SECONDS = 0

    found = said(preflight.look_at_django)

    assert found["Django security.W004"][0] == WEAK
