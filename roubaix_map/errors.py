"""Our failures told to a tracker that speaks Sentry's protocol, when a DSN is set: the code, never the person."""

from urllib.parse import urlsplit

from django.core.exceptions import ImproperlyConfigured

KEPT_OF_REQUEST = ("method",)


def report_to(dsn: str, environment: str) -> None:
    """Send each unexpected exception to `dsn`, without anything of who met it."""
    try:
        import sentry_sdk
        from sentry_sdk.integrations.django import DjangoIntegration
    except ImportError as error:
        raise ImproperlyConfigured("ERRORS_DSN : installer d’abord requirements-options.lock.") from error
    sentry_sdk.init(
        dsn,
        environment=environment,
        send_default_pii=False,
        include_local_variables=False,  # they hold what people write
        max_request_body_size="never",
        max_breadcrumbs=0,  # queries, and what they ask for
        auto_session_tracking=False,
        auto_enabling_integrations=False,
        integrations=[DjangoIntegration(middleware_spans=False, signals_spans=False)],
        before_send=scrubbed,
    )


def scrubbed(event: dict, hint: dict) -> dict:
    """Return what finds a fault: the exception, its lines of code, the view and the number of the request."""
    request = event.get("request", {})
    event["request"] = {name: request[name] for name in KEPT_OF_REQUEST if name in request}
    for name in ("user", "server_name", "extra", "breadcrumbs", "modules"):
        event.pop(name, None)
    for entry in event.get("exception", {}).get("values", ()):
        # A message may quote what was written; its type and its place say enough.
        entry["value"] = ""
    if "logentry" in event:
        event["logentry"] = {"message": event["logentry"].get("message", "")}
    return event


def is_dsn(text: str) -> bool:
    """Tell an address of such a tracker: https://key@host/number."""
    parts = urlsplit(text)
    return parts.scheme in ("http", "https") and bool(parts.username and parts.hostname and parts.path.strip("/"))
