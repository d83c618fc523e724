"""One settings file for every installation: what the environment says is obeyed, or refused by its name."""

import runpy

import pytest
from django.core.exceptions import ImproperlyConfigured

from tests.production import ROOT, environment


@pytest.fixture
def settings_under(monkeypatch, tmp_path):
    """Read the settings file under a production environment and these variables."""

    def read(**given: str) -> dict:
        with monkeypatch.context() as patch:
            for name, value in environment(tmp_path, **given).items():
                patch.setenv(name, value)
            return runpy.run_path(str(ROOT / "roubaix_map" / "settings.py"))

    return read


@pytest.mark.parametrize(
    "given",
    [
        {"SECRET_KEY": ""},
        {"SECRET_KEY": "short"},
        {"DEBUG": "peut-être"},
        {"HTTPS": "2"},
        {"BEHIND_PROXY": "proxy"},
        {"SECOND_FACTOR": "toujours"},
        {"OIDC_CREATE_ACCOUNTS": "peut-être"},
        {"OIDC_EMAILS_VERIFIED": "peut-être"},
        {"REFERENTS_MODERATED": "peut-être"},
        {"STRUCTURE_LINK_DAYS": "0"},
        {"JOURNEY_PLANNER_URL": "plan.exemple.fr"},
        {"JOURNEY_PLANNER_URL": "https://plan.exemple.fr/?a={depart}"},
        {"STALE_AFTER_DAYS": "un an"},
        {"CHASE_AFTER_DAYS": "0"},
        {"MAP_ZOOM": "20"},
        {"MAP_ZOOM": "près"},
        {"MAP_CENTER": "Roubaix"},
        {"MAP_CENTER": "50.69"},
        {"MAP_CENTER": "150,3"},
        {"MAP_CENTER": "nan,nan"},
        {"TILES_URL": "tuiles.exemple.fr/{z}/{x}/{y}"},
        {"TILES_URL": "ftp://tuiles.exemple.fr/{z}/{x}/{y}"},
        {"TILES_URL": "https://tuiles.exemple.fr; script-src */{z}/{x}/{y}"},
        {"TILES_URL": "https://tuiles.exemple.fr/tuile.png"},
        {"GEOCODER_URL": "data.geopf.fr"},
        {"GEOCODER_URL": "ftp://data.geopf.fr/geocodage"},
        {"GEOCODER_URL": "peut-être"},
        {"LOG_LEVEL": "bavard"},
        {"LOG_FORMAT": "xml"},
        {"SECURITY_CONTACT": "securite@ville.fr"},
        {"SECURITY_EXPIRES": "bientôt"},
        {"METRICS_ALLOWED": "tout le monde"},
        {"METRICS_ALLOWED": "10.0.0.1/8"},
        {"ERRORS_DSN": "https://erreurs.exemple.fr"},
        {"BACKUP_KEY": "AGE-SECRET-KEY-1"},
        {"DATABASE_URL": "roubaix"},
        {"DATABASE_URL": "https://exemple.fr/roubaix"},
        {"DATABASE_URL": "mysql://carte@localhost/roubaix"},
        {"DATABASE_URL": "postgres://carte@localhost:port/roubaix"},
        {"DATABASE_URL": "postgres://carte@localhost"},
        {"DATABASE_URL": "postgres://"},
        {"DATABASE_URL": "postgres://un:5432,deux:port/carte"},
        {"DATABASE_URL": "postgres://un,,deux/carte"},
        {"CACHE_URL": "serveur:6379"},
        {"CACHE_URL": "redis://"},
        {"CACHE_URL": "redis://serveur:port/0"},
        {"CACHE_URL": "redis://serveur/zero"},
        {"REPLICA_LAG_SECONDS": "1"},
        {"STATEMENT_TIMEOUT": "0"},
        {"LOCK_TIMEOUT": "longtemps"},
    ],
    ids=lambda given: "=".join(*given.items()),
)
def test_nonsense_is_refused_by_its_name(settings_under, given):
    (name,) = given

    with pytest.raises(ImproperlyConfigured, match=rf"\A{name} : "):
        settings_under(**given)


@pytest.mark.parametrize("number", ["03 20", "appelez-nous", "+33 9"])
def test_number_to_call_is_a_number_and_has_a_name(settings_under, number):
    with pytest.raises(ImproperlyConfigured, match=r"\AHELP_PHONE : un numéro"):
        settings_under(HELP_PHONE=number, HELP_NAME="Mairie")
    with pytest.raises(ImproperlyConfigured, match=r"\AHELP_NAME : obligatoire avec HELP_PHONE"):
        settings_under(HELP_PHONE="03 20 81 57 57")

    settings = settings_under(HELP_PHONE="03 20 81 57 57", HELP_NAME="Mairie")

    assert (settings["HELP_PHONE"], settings["HELP_NAME"]) == ("+33320815757", "Mairie")


PROVIDER = {"OIDC_ISSUER": "https://id.exemple.fr", "OIDC_CLIENT_ID": "carte", "OIDC_CLIENT_SECRET": "tres-secret"}
ADDRESSES = {
    f"OIDC_{name}_URL": f"https://id.exemple.fr/{name}" for name in ("AUTHORIZATION", "TOKEN", "USERINFO", "JWKS")
}


@pytest.mark.parametrize("name", [*PROVIDER, *ADDRESSES])
def test_provider_that_is_half_set_is_refused_by_what_is_missing(settings_under, name):
    whole = PROVIDER | ADDRESSES

    with pytest.raises(ImproperlyConfigured, match=rf"\A{name} : obligatoire avec OIDC_") as refusal:
        settings_under(**whole | {name: ""})

    assert "tres-secret" not in str(refusal.value)


@pytest.mark.parametrize(
    ("given", "missing"),
    [
        (ADDRESSES, "OIDC_ISSUER"),
        (PROVIDER | {"OIDC_END_SESSION_URL": "https://id.exemple.fr/fin"}, "OIDC_TOKEN_URL"),
    ],
)
def test_addresses_of_a_provider_need_the_others(settings_under, given, missing):
    with pytest.raises(ImproperlyConfigured, match=rf"\A{missing} : obligatoire avec"):
        settings_under(**given)


@pytest.mark.parametrize("address", ["http://id.exemple.fr", "id.exemple.fr", "ftp://id.exemple.fr", "http://["])
def test_provider_is_asked_over_https_only(settings_under, address):
    with pytest.raises(ImproperlyConfigured, match=r"\AOIDC_ISSUER : "):
        settings_under(**PROVIDER | {"OIDC_ISSUER": address})


@pytest.mark.parametrize("given", [{}, PROVIDER, PROVIDER | ADDRESSES], ids=["none", "discovery", "addresses"])
def test_provider_is_absent_published_or_written(settings_under, given):
    settings = settings_under(**given)

    assert {name: settings[name] for name in PROVIDER | ADDRESSES} == dict.fromkeys(PROVIDER | ADDRESSES, "") | given
    assert (settings["OIDC_NAME"], settings["OIDC_CREATE_ACCOUNTS"]) == ("ProConnect", False)


def test_refused_database_address_keeps_its_password_to_itself(settings_under):
    with pytest.raises(ImproperlyConfigured) as refusal:
        settings_under(DATABASE_URL="postgres://carte:tres#secret@localhost/roubaix")

    assert str(refusal.value) == "DATABASE_URL : « sqlite:///… » ou « postgres://…/base » attendu."


@pytest.mark.parametrize(
    "replicas", ["ici", "sqlite:///copie", "postgres://un/carte,postgres://carte:tres#secret@deux"]
)
def test_replica_that_is_no_postgresql_is_refused_by_its_number(settings_under, replicas):
    number = replicas.count(",") + 1

    with pytest.raises(ImproperlyConfigured) as refusal:
        settings_under(DATABASE_URL="postgres://un/carte", DATABASE_REPLICA_URLS=replicas)

    assert str(refusal.value) == (
        f"DATABASE_REPLICA_URLS : « postgres://…/base » attendu, et la n° {number} n’en est pas une."
    )


def test_replicas_of_sqlite_are_refused(settings_under):
    with pytest.raises(ImproperlyConfigured, match=r"\ADATABASE_REPLICA_URLS : seulement avec PostgreSQL"):
        settings_under(DATABASE_REPLICA_URLS="postgres://un/carte")


def test_several_hosts_are_one_database_that_takes_writes(settings_under):
    settings = settings_under(DATABASE_URL="postgres://carte:a%2Cb@un:5433,[::1],%2Frun%2Fpostgresql/carte")

    database = settings["DATABASES"]["default"]
    assert (database["HOST"], database["PORT"]) == ("un,::1,/run/postgresql", "5433,5432,5432")
    assert database["OPTIONS"]["target_session_attrs"] == "read-write"
    assert (database["USER"], database["PASSWORD"], database["NAME"]) == ("carte", "a,b", "carte")


def test_one_machine_has_one_database_no_router_and_its_own_memory(settings_under):
    settings = settings_under()

    assert ([*settings["DATABASES"]], "DATABASE_ROUTERS" in settings) == (["default"], False)
    assert settings["CACHES"]["default"]["BACKEND"] == "django.core.cache.backends.locmem.LocMemCache"


def test_development_needs_no_secret_key_and_no_https(settings_under):
    settings = settings_under(DEBUG="oui", SECRET_KEY="")

    assert (settings["DEBUG"], settings["HTTPS"], bool(settings["SECRET_KEY"])) == (True, False, True)


@pytest.mark.parametrize(
    ("given", "address"),
    [
        ({}, "https://data.geopf.fr/geocodage"),
        ({"GEOCODER_URL": "http://127.0.0.1:7878"}, "http://127.0.0.1:7878"),
        ({"GEOCODER_URL": "non"}, ""),
    ],
)
def test_geocoder_is_the_national_one_another_or_none(settings_under, given, address):
    assert settings_under(**given)["GEOCODER_URL"] == address


def test_production_is_what_an_environment_that_says_nothing_gets(settings_under):
    settings = settings_under()

    assert (settings["DEBUG"], settings["HTTPS"]) == (False, True)


def test_address_of_postgresql_is_read_with_its_escapes_and_options(settings_under):
    settings = settings_under(DATABASE_URL="postgres://carte:p%40ss%2Fmot@base.exemple.fr:5433/roubaix?sslmode=require")

    assert settings["DATABASES"] == {
        "default": {
            "ENGINE": "django.db.backends.postgresql",
            "USER": "carte",
            "PASSWORD": "p@ss/mot",
            "HOST": "base.exemple.fr",
            "PORT": 5433,
            "NAME": "roubaix",
            "OPTIONS": {
                "sslmode": "require",
                "connect_timeout": 2,
                "keepalives_idle": 5,
                "keepalives_interval": 2,
                "keepalives_count": 3,
                "tcp_user_timeout": 10_000,
                "options": "-c statement_timeout=3600s -c lock_timeout=60s",
            },
            "CONN_MAX_AGE": 60,
            "CONN_HEALTH_CHECKS": True,
            "DISABLE_SERVER_SIDE_CURSORS": False,
        }
    }


def test_socket_of_postgresql_is_a_host(settings_under):
    database = settings_under(DATABASE_URL="postgres://%2Fvar%2Frun%2Fpostgresql/roubaix")["DATABASES"]["default"]

    assert (database["HOST"], database["NAME"]) == ("/var/run/postgresql", "roubaix")


def test_database_is_a_file_of_var_when_nothing_is_said(settings_under, tmp_path):
    database = settings_under()["DATABASES"]["default"]

    assert (database["ENGINE"], database["NAME"]) == ("django.db.backends.sqlite3", str(tmp_path / "places.sqlite3"))
