"""How gunicorn serves the site; WEB_CONCURRENCY and WEB_THREADS may come from `.env`, HOST and PORT from `make run`."""

import os
import shutil
from pathlib import Path
from select import select
from tempfile import mkdtemp

from gunicorn.workers.gthread import ThreadWorker

from roubaix_map import env

env.load_file(Path(__file__).resolve().parent.parent / ".env")

_host = env.text("HOST", "127.0.0.1")
_port = env.integer("PORT", 8000, minimum=1, maximum=65535)
bind = f"[{_host}]:{_port}" if ":" in _host else f"{_host}:{_port}"


class PoliteWorker(ThreadWorker):
    """Asked to stop, takes in who already waits and closes its door: a queue left open would be dropped at the end."""

    def set_accept_enabled(self, enabled):
        super().set_accept_enabled(enabled)
        if not enabled and not self.alive:
            for listener in self.sockets:
                while select([listener], [], [], 0)[0]:
                    self.accept(listener)
                listener.close()
            self.sockets = []


worker_class = PoliteWorker
workers = env.integer("WEB_CONCURRENCY", 2, minimum=1, maximum=64)
threads = env.integer("WEB_THREADS", 4, minimum=1, maximum=64)
# A worker's sign of life is a file: in memory, where a slow disk cannot make it look dead.
worker_tmp_dir = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None  # noqa: S108
if env.text("METRICS_ALLOWED"):
    # Each process writes its numbers here; whichever is asked adds them up.
    os.environ["PROMETHEUS_MULTIPROC_DIR"] = mkdtemp(prefix="carte-metrics-", dir=worker_tmp_dir)


def worker_exit(server, worker):
    """Write what this process has counted and not written yet."""
    from places import searches

    searches.flush()


def child_exit(server, worker):
    """Forget what only a living process can say, its counts apart."""
    if os.environ.get("PROMETHEUS_MULTIPROC_DIR"):
        from prometheus_client.multiprocess import mark_process_dead

        mark_process_dead(worker.pid)


def on_exit(server):
    """Leave nothing behind."""
    if folder := os.environ.get("PROMETHEUS_MULTIPROC_DIR"):
        shutil.rmtree(folder, ignore_errors=True)


graceful_timeout = 30  # seconds left to the requests under way when asked to stop
keepalive = 15  # longer than a visitor looks at one view of the map
limit_request_line = 8190  # gunicorn's most: every filter ticked makes a long address
control_socket_disable = True  # it would leave a file in the home folder

# Whether the visitor came by https is Django's to decide (BEHIND_PROXY), for every address alike.
forwarded_allow_ips = ""

# Each request is logged by Django (roubaix_map.monitoring); gunicorn's own words take the same form.
accesslog = None
logconfig_dict = {
    "root": {"level": "INFO", "handlers": ["error_console"]},
    "loggers": {"gunicorn.error": {"level": "INFO", "propagate": True}},
    "formatters": {
        "generic": {
            "()": "pythonjsonlogger.json.JsonFormatter",
            "fmt": "%(levelname)s %(name)s %(message)s",
            "rename_fields": {"levelname": "level", "name": "logger"},
            "timestamp": "time",
            "json_ensure_ascii": False,
        }
    },
}
