"""The whole configuration. Values come from the environment (or `.env`), defaults suit one city's small server."""

import re
import sqlite3
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured
from django.utils.translation import gettext_lazy as _

from places.text import fold
from roubaix_map import caches, databases, env, errors, languages

BASE_DIR = Path(__file__).resolve().parent.parent
env.load_file(BASE_DIR / ".env")
VAR_DIR = Path(env.text("VAR_DIR", str(BASE_DIR / "var")))

# --- who and where -----------------------------------------------------------------------------------------------
DEBUG = env.boolean("DEBUG", default=False)
SECRET_KEY = env.text("SECRET_KEY", "development-only" if DEBUG else "")
if not SECRET_KEY:
    raise ImproperlyConfigured(
        "SECRET_KEY : une clé secrète est obligatoire hors développement. "
        "En créer une : python -c 'import secrets; print(secrets.token_urlsafe(50))'"
    )
if not DEBUG and len(SECRET_KEY) < 40:
    raise ImproperlyConfigured("SECRET_KEY : trop courte, 40 caractères au moins.")

ALLOWED_HOSTS = env.names("ALLOWED_HOSTS", ["127.0.0.1", "localhost", "[::1]"])
HTTPS = env.boolean("HTTPS", default=not DEBUG)
SITE_NAME = env.text("SITE_NAME", "Roubaix, aide numérique")
SITE_CITY = env.text("SITE_CITY", "Roubaix")
SUPPORT_EMAIL = env.text("SUPPORT_EMAIL")
# Whom a resident may call from any screen of /trouver/; blank: nobody.
env.all_or_none("HELP_PHONE", "HELP_NAME")
HELP_PHONE, HELP_NAME = env.phone("HELP_PHONE"), env.text("HELP_NAME")
# Where mails send people: the address of the site, without a slash at the end. Blank: that of the visitor's request.
SITE_URL = env.web_address("SITE_URL", "")
# Who publishes the open data, in the names of its files, and what may be done with it.
PRODUCER = env.file_name_part("PRODUCER", fold(SITE_CITY).replace(" ", "-") or "producteur")
LICENCE = env.text("LICENCE", "Licence Ouverte 2.0")
LICENCE_URL = env.web_address("LICENCE_URL", "https://www.etalab.gouv.fr/licence-ouverte-open-licence/")

# To whom a weakness is told (/.well-known/security.txt), the support address by default, and until when.
SECURITY_CONTACT = env.contact("SECURITY_CONTACT", "")
SECURITY_EXPIRES = env.day("SECURITY_EXPIRES", None)

# --- the application ---------------------------------------------------------------------------------------------
INSTALLED_APPS = [
    "roubaix_map.admin.AdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "csp",
    "django_filters",
    "leaflet",
    "axes",
    "django_otp",
    "django_otp.plugins.otp_totp",
    "django_otp.plugins.otp_static",
    "places",
]
MIDDLEWARE = [
    "roubaix_map.monitoring.RequestLogMiddleware",
    "roubaix_map.replicas.ReplicasMiddleware",
    "django.middleware.security.SecurityMiddleware",
    # Before the policies: what a page may run is said by the page, and a kilobyte on each of its thirty files is felt.
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django_permissions_policy.PermissionsPolicyMiddleware",
    "django.middleware.gzip.GZipMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "places.languages.LanguageMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django_otp.middleware.OTPMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "places.unavailable.UnavailableMiddleware",
    "places.middleware.DataVersionMiddleware",
    "places.conditional.ConditionalMiddleware",
    "axes.middleware.AxesMiddleware",
]
ROOT_URLCONF = "roubaix_map.urls"
WSGI_APPLICATION = "roubaix_map.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "places.views.site",
            ],
        },
    }
]
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# --- data --------------------------------------------------------------------------------------------------------
database = databases.primary(env.text("DATABASE_URL", f"sqlite:///{VAR_DIR / 'places.sqlite3'}"))
if database["ENGINE"] == "django.db.backends.sqlite3":
    VAR_DIR.mkdir(parents=True, exist_ok=True)
    # Readers never wait for the writer (WAL), a writer waits its turn (timeout) and takes it at once (IMMEDIATE).
    database["OPTIONS"] = {
        "timeout": 20,
        "transaction_mode": "IMMEDIATE",
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA cache_size=-16000;",
    }
    if sqlite3.sqlite_version_info < (3, 31):
        raise ImproperlyConfigured(f"SQLite {sqlite3.sqlite_version} est trop ancien : 3.31 au moins.")
    with closing(sqlite3.connect(":memory:")) as sqlite:
        if ("ENABLE_FTS5",) not in sqlite.execute("PRAGMA compile_options").fetchall():
            raise ImproperlyConfigured("SQLite a été compilé sans FTS5, dont la recherche a besoin.")
# How long a page may ask or wait for a lock on PostgreSQL, in seconds; a command has an hour.
STATEMENT_TIMEOUT = env.integer("STATEMENT_TIMEOUT", 15, minimum=1, maximum=3600)
LOCK_TIMEOUT = env.integer("LOCK_TIMEOUT", 5, minimum=1, maximum=3600)
# Public pages are read from these, while they are not further behind than that, in seconds (roubaix_map/replicas.py).
DATABASES = {"default": database, **databases.replicas(env.names("DATABASE_REPLICA_URLS", []), database)}
REPLICA_LAG_SECONDS = env.integer("REPLICA_LAG_SECONDS", 5, minimum=2, maximum=3600)
if len(DATABASES) > 1:
    DATABASE_ROUTERS = ["roubaix_map.replicas.Router"]
# What all processes of all machines remember together; without it, each for itself (roubaix_map/caches.py).
CACHES = {"default": caches.configured(env.text("CACHE_URL"), BASE_DIR, VAR_DIR / "static")}

# --- language and time -------------------------------------------------------------------------------------------
LANGUAGE_CODE = "fr"
LOCALE_PATHS = [BASE_DIR / "locale"]
LANGUAGES = languages.offered(LOCALE_PATHS[0])
FORMAT_MODULE_PATH = "roubaix_map.formats"
LANGUAGE_COOKIE_NAME = "langue"
LANGUAGE_COOKIE_SAMESITE = "Lax"
TIME_ZONE = "Europe/Paris"
USE_TZ = True

# --- the map -----------------------------------------------------------------------------------------------------
TILES_URL = env.web_address(
    "TILES_URL",
    "https://data.geopf.fr/wmts?SERVICE=WMTS&REQUEST=GetTile&VERSION=1.0.0&LAYER=GEOGRAPHICALGRIDSYSTEMS.PLANIGNV2"
    "&STYLE=normal&FORMAT=image/png&TILEMATRIXSET=PM&TILEMATRIX={z}&TILEROW={y}&TILECOL={x}",
)
if not all(variable in TILES_URL for variable in ("{z}", "{x}", "{y}")):
    raise ImproperlyConfigured("TILES_URL : l’adresse doit contenir {z}, {x} et {y}.")
TILES_ATTRIBUTION = env.text("TILES_ATTRIBUTION", "© IGN – Géoplateforme")
TILES_ORIGIN = "{0.scheme}://{0.netloc}".format(urlsplit(TILES_URL)).replace("{s}", "*")
MAP_CENTER = env.point("MAP_CENTER", (50.6905, 3.1817))
MAP_ZOOM = env.integer("MAP_ZOOM", 14, minimum=1, maximum=19)
# Where a journey by public transport is searched: {from_lat}, {from_lon}, {to_lat}, {to_lon}, {to_name} are filled in.
JOURNEY_PLANNER_URL = env.web_address(
    "JOURNEY_PLANNER_URL",
    "https://www.google.com/maps/dir/?api=1&travelmode=transit&origin={from_lat}%2C{from_lon}"
    "&destination={to_lat}%2C{to_lon}",
)
JOURNEY_PLANNER_NAME = env.text("JOURNEY_PLANNER_NAME", "Google Maps")
if unknown := set(re.findall(r"{(\w*)}", JOURNEY_PLANNER_URL)) - {
    "from_lat",
    "from_lon",
    "to_lat",
    "to_lon",
    "to_name",
}:
    raise ImproperlyConfigured(f"JOURNEY_PLANNER_URL : {{{unknown.pop()}}} n’est pas connu.")
# Who finds the point of an address that is not one of ours; "non" for nobody.
GEOCODER_URL = env.web_address_or_none("GEOCODER_URL", "https://data.geopf.fr/geocodage")
LEAFLET_CONFIG = {
    "TILES": [(_("Plan"), TILES_URL, {"attribution": TILES_ATTRIBUTION, "referrerPolicy": "strict-origin"})],
    "RESET_VIEW": False,
}

# --- mail ---------------------------------------------------------------------------------------------------------
EMAIL_HOST = env.text("EMAIL_HOST")
EMAIL_PORT = env.integer("EMAIL_PORT", 25, minimum=1, maximum=65535)
EMAIL_HOST_USER, EMAIL_HOST_PASSWORD = env.text("EMAIL_HOST_USER"), env.text("EMAIL_HOST_PASSWORD")
EMAIL_USE_TLS = env.boolean("EMAIL_USE_TLS", default=False)
EMAIL_TIMEOUT = 20
EMAIL_SUBJECT_PREFIX = f"[{SITE_NAME}] "
DEFAULT_FROM_EMAIL = SERVER_EMAIL = env.text("DEFAULT_FROM_EMAIL", SUPPORT_EMAIL or "carte@localhost")
MANAGERS = [(address, address) for address in env.names("MANAGERS", [])]
if not EMAIL_HOST:
    EMAIL_BACKEND = "django.core.mail.backends.console.EmailBackend"
# Visitors are asked for an address only where mail leaves; without a server, mails would end in the logs.
MAIL_TO_VISITORS = bool(EMAIL_HOST) or DEBUG
MAIL_SOON = True  # tried right after the request, in a thread; `send_mail_queue` tries again

# --- files -------------------------------------------------------------------------------------------------------
# Files to import come over https from public addresses only, unless the city keeps its own on its network.
IMPORT_PRIVATE_ADDRESSES = env.boolean("IMPORT_PRIVATE_ADDRESSES", default=False)

MEDIA_ROOT = VAR_DIR / "media"  # logos; nothing there is served as it is (places.logos)

STATIC_URL = "/static/"
STATIC_ROOT = VAR_DIR / "static"
STATICFILES_DIRS = [BASE_DIR / "static"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if DEBUG
        else "roubaix_map.static.HashedStaticFilesStorage"
    },
}
WHITENOISE_USE_FINDERS = DEBUG
WHITENOISE_ALLOW_ALL_ORIGINS = False  # no other site draws with our files; a header less on each of thirty

# --- backups (places/backups) --------------------------------------------------------------------------------------
# A folder, or s3://bucket/folder; locked by this public key, so that who reads the server reads no backup with it.
BACKUP_TO = env.text("BACKUP_TO", str(VAR_DIR / "backups"))
BACKUP_KEY = env.age_key("BACKUP_KEY")
BACKUP_STORE_URL = env.secure_address("BACKUP_STORE_URL", "")
BACKUP_STORE_REGION = env.text("BACKUP_STORE_REGION", "us-east-1")
BACKUP_STORE_ACCESS_KEY, BACKUP_STORE_SECRET_KEY = (
    env.text("BACKUP_STORE_ACCESS_KEY"),
    env.text("BACKUP_STORE_SECRET_KEY"),
)
if BACKUP_TO.startswith("s3://") and not (BACKUP_STORE_ACCESS_KEY and BACKUP_STORE_SECRET_KEY):
    raise ImproperlyConfigured("BACKUP_STORE_ACCESS_KEY et BACKUP_STORE_SECRET_KEY : obligatoires avec s3://….")

# --- what visitors send --------------------------------------------------------------------------------------------
# How many submissions an hour from one address (a whole library may share it), and about one place.
SUBMISSIONS_PER_ADDRESS = env.integer("SUBMISSIONS_PER_ADDRESS", 20, minimum=1, maximum=10_000)
SUBMISSIONS_PER_PLACE = env.integer("SUBMISSIONS_PER_PLACE", 20, minimum=1, maximum=10_000)
# Days after which `erase_contacts` forgets who sent a submission, once it is decided.
CONTACTS_KEPT_DAYS = env.integer("CONTACTS_KEPT_DAYS", 90, minimum=1, maximum=3650)

# What is searched and what finds nothing is counted by day (places/searches.py): no cookie, address or word.
COUNT_SEARCHES = env.boolean("COUNT_SEARCHES", default=True)

# --- security ----------------------------------------------------------------------------------------------------
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:", TILES_ORIGIN],
        "connect-src": [SELF],
        "object-src": [NONE],
        "base-uri": [NONE],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
        "frame-src": [SELF],
        "manifest-src": [NONE],  # /trouver/ alone is installed, and kept by a worker (places/finding/offline.py)
        "worker-src": [NONE],
    }
}
PERMISSIONS_POLICY = {
    feature: []
    for feature in (
        "accelerometer autoplay camera display-capture encrypted-media fullscreen gyroscope magnetometer microphone "
        "midi payment picture-in-picture publickey-credentials-get screen-wake-lock usb xr-spatial-tracking"
    ).split()
}
PERMISSIONS_POLICY["geolocation"] = "self"  # to search around oneself; the browser asks first
X_FRAME_OPTIONS = "DENY"
# Who may show the map inside a page of theirs (?integration=1), and nothing else of the site.
EMBED_HOSTS = env.origins("EMBED_HOSTS", [])
SECURE_REFERRER_POLICY = "strict-origin-when-cross-origin"
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
SECURE_SSL_REDIRECT = HTTPS
SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$", r"^metrics$"]
SECURE_HSTS_SECONDS = 31_536_000 if HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = HTTPS
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = LANGUAGE_COOKIE_SECURE = HTTPS
SESSION_COOKIE_HTTPONLY = CSRF_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_AGE = 12 * 3600
# Only behind a proxy that writes X-Forwarded-Proto and X-Forwarded-For itself (see README): never believed otherwise.
BEHIND_PROXY = env.boolean("BEHIND_PROXY", default=False)
if BEHIND_PROXY:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in ("UserAttributeSimilarityValidator", "CommonPasswordValidator", "NumericPasswordValidator")
] + [
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 12},
    }
]

# --- sign-in -----------------------------------------------------------------------------------------------------
# Five wrong passwords for one name from one address: fifteen minutes. Counted in the database, for all workers; a town
# hall that shares an address is not locked out by one of its people.
AUTHENTICATION_BACKENDS = ["axes.backends.AxesStandaloneBackend", "django.contrib.auth.backends.ModelBackend"]
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_FAILURE_LIMIT = 5
AXES_COOLOFF_TIME = timedelta(minutes=15)
AXES_RESET_ON_SUCCESS = True
AXES_RESET_COOL_OFF_ON_FAILURE_DURING_LOCKOUT = False
AXES_CLIENT_IP_CALLABLE = "places.accounts.sign_in.address"
AXES_LOCKOUT_CALLABLE = "places.accounts.sign_in.locked_out"
AXES_CLIENT_STR_CALLABLE = "places.accounts.sign_in.somebody"
AXES_DISABLE_ACCESS_LOG = True
AXES_VERBOSE = False
# The code of a telephone after the password: for those who enrolled, or for everybody who enters the desk.
SECOND_FACTOR = env.boolean("SECOND_FACTOR", default=False)
OTP_TOTP_ISSUER = SITE_NAME
# Sign-in through an OpenID Connect provider, beside the password (places/accounts/provider.py); off while not set.
env.all_or_none("OIDC_ISSUER", "OIDC_CLIENT_ID", "OIDC_CLIENT_SECRET")
OIDC_ISSUER = env.secure_address("OIDC_ISSUER", "")
OIDC_CLIENT_ID, OIDC_CLIENT_SECRET = env.text("OIDC_CLIENT_ID"), env.text("OIDC_CLIENT_SECRET")
# For a provider that does not publish its addresses: all four.
env.all_or_none("OIDC_AUTHORIZATION_URL", "OIDC_TOKEN_URL", "OIDC_USERINFO_URL", "OIDC_JWKS_URL")
OIDC_AUTHORIZATION_URL = env.secure_address("OIDC_AUTHORIZATION_URL", "")
OIDC_TOKEN_URL = env.secure_address("OIDC_TOKEN_URL", "")
OIDC_USERINFO_URL = env.secure_address("OIDC_USERINFO_URL", "")
OIDC_JWKS_URL = env.secure_address("OIDC_JWKS_URL", "")
OIDC_END_SESSION_URL = env.secure_address("OIDC_END_SESSION_URL", "")
if OIDC_TOKEN_URL and not OIDC_ISSUER:
    raise ImproperlyConfigured("OIDC_ISSUER : obligatoire avec OIDC_TOKEN_URL.")
if OIDC_END_SESSION_URL and not OIDC_TOKEN_URL:
    raise ImproperlyConfigured("OIDC_TOKEN_URL : obligatoire avec OIDC_END_SESSION_URL.")
OIDC_SCOPE = "openid email"
OIDC_NAME = env.text("OIDC_NAME", "ProConnect")
# ProConnect says nothing of `email_verified`; the city may hold its addresses for verified.
OIDC_EMAILS_VERIFIED = env.boolean("OIDC_EMAILS_VERIFIED", default=False)
# Whoever the provider knows gets an account without any right; otherwise only accounts that exist are opened.
OIDC_CREATE_ACCOUNTS = env.boolean("OIDC_CREATE_ACCOUNTS", default=False)
# What a structure's own account changes waits for a moderator, unless its link says otherwise.
REFERENTS_MODERATED = env.boolean("REFERENTS_MODERATED", default=True)
# How long a record may stay without being verified or updated before the quality desk asks for news of it, and how long
# before the same structure is asked again.
STALE_AFTER_DAYS = env.integer("STALE_AFTER_DAYS", 365, minimum=1, maximum=3650)
CHASE_AFTER_DAYS = env.integer("CHASE_AFTER_DAYS", 30, minimum=1, maximum=3650)
# How long the link lasts that a structure receives to its own record.
STRUCTURE_LINK_DAYS = env.integer("STRUCTURE_LINK_DAYS", 60, minimum=1, maximum=366)

# --- logs --------------------------------------------------------------------------------------------------------
LOG_FORMAT = env.choice("LOG_FORMAT", "texte" if DEBUG else "json", ("json", "texte"))
LOG_LEVEL = env.choice("LOG_LEVEL", "INFO", ("DEBUG", "INFO", "WARNING", "ERROR"))
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "json": {
            "()": "roubaix_map.monitoring.JsonFormatter",
            "fmt": "%(levelname)s %(name)s %(message)s",
            "rename_fields": {"levelname": "level", "name": "logger"},
            "timestamp": "time",  # in UTC: the hour that comes twice in October is told apart
            "json_ensure_ascii": False,
        },
        "texte": {"format": "%(levelname)s %(name)s %(message)s"},
    },
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": LOG_FORMAT}},
    "root": {"handlers": ["console"], "level": LOG_LEVEL},
    "loggers": {
        "django": {"handlers": [], "level": LOG_LEVEL, "propagate": True},
        "authlib": {"level": "WARNING"},  # its debugging shows secrets of a sign-in
        "axes": {"level": "WARNING"},  # of each sign-in it says five things
    },
}

# --- seeing ------------------------------------------------------------------------------------------------------
# Who may read /metrics: networks of machines; nobody else knows that it is there.
METRICS_ALLOWED = env.networks("METRICS_ALLOWED", [])
# A page that takes longer is noted for who looks after the machine, in milliseconds.
SLOW_AFTER_MS = env.integer("SLOW_AFTER_MS", 2000, minimum=50, maximum=60_000)
# Where unexpected failures are told (roubaix_map/errors.py); nowhere by default.
ERRORS_DSN = env.text("ERRORS_DSN")
if ERRORS_DSN:
    if not errors.is_dsn(ERRORS_DSN):
        raise ImproperlyConfigured("ERRORS_DSN : « https://clé@serveur/numéro » attendu.")
    errors.report_to(ERRORS_DSN, SITE_NAME)
