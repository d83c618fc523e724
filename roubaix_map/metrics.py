"""What Prometheus reads: how long each kind of page takes, all processes together, and what waits in the database."""

import os
import shutil
from ipaddress import ip_address

from django.conf import settings
from django.db import DatabaseError
from django.http import Http404, HttpResponse
from django.utils import timezone
from prometheus_client import CONTENT_TYPE_LATEST, REGISTRY, CollectorRegistry, Histogram, generate_latest
from prometheus_client.metrics_core import GaugeMetricFamily
from prometheus_client.multiprocess import MultiProcessCollector

METHODS = {"GET", "HEAD", "POST", "OPTIONS"}
SECONDS = Histogram(
    "carte_request_seconds",
    "Time taken by the application to answer",
    ["view", "method", "status"],
    buckets=(0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10),
)


def note(request, status: int, seconds: float) -> None:
    """Count one answer under the name of its view: never under an address, of which there is no end."""
    view = request.resolver_match.view_name if request.resolver_match else "none"
    method = request.method if request.method in METHODS else "other"
    SECONDS.labels(view, method, str(status)).observe(seconds)


def metrics(request):
    """Answer the networks of METRICS_ALLOWED; for everybody else there is nothing here."""
    from places.limits import client_address

    address = client_address(request)
    if not address or not any(ip_address(address) in network for network in settings.METRICS_ALLOWED):
        raise Http404
    registry = CollectorRegistry()
    registry.register(State())
    if os.environ.get("PROMETHEUS_MULTIPROC_DIR"):
        MultiProcessCollector(registry)
        text = generate_latest(registry)
    else:
        text = generate_latest(REGISTRY) + generate_latest(registry)
    return HttpResponse(text, content_type=CONTENT_TYPE_LATEST, headers={"Cache-Control": "no-store"})


class State:
    """What is true of the whole site, read when it is asked."""

    def collect(self):
        yield GaugeMetricFamily(
            "carte_disk_free_bytes", "Left on the disk of VAR_DIR", shutil.disk_usage(settings.VAR_DIR).free
        )
        try:
            yield from list(self.of_database())
        except DatabaseError:
            yield GaugeMetricFamily("carte_database_up", "1 when the database answers", 0)

    def of_database(self):
        from places.models import Chore, DataVersion, Mail, Source

        now = timezone.now()
        yield GaugeMetricFamily("carte_database_up", "1 when the database answers", 1)
        waiting = Mail.objects.filter(sent_at=None, given_up_at=None)
        yield GaugeMetricFamily("carte_mails_waiting", "Mails not sent yet", waiting.count())
        yield GaugeMetricFamily("carte_mails_failing", "Of them, tried in vain", waiting.exclude(failure="").count())
        yield GaugeMetricFamily(
            "carte_sources_failing", "Sources that failed last time", Source.objects.filter(failures__gt=0).count()
        )
        yield GaugeMetricFamily("carte_data_version", "Number of the published data", DataVersion.objects.current())
        ages = GaugeMetricFamily("carte_chore_age_seconds", "Since a piece of work was last done", labels=["chore"])
        failed = GaugeMetricFamily("carte_chore_failed", "1 when it failed the last time", labels=["chore"])
        for chore in Chore.objects.order_by("name"):
            ages.add_metric([chore.name], (now - chore.at).total_seconds())
            failed.add_metric([chore.name], chore.failed)
        yield ages
        yield failed
