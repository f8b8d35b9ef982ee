"""The four processes of a running server: how `manage.py up` and docker-compose start each.

The accepting of records wins over everything else: web runs at normal priority, the workers nicer.
"""

import sys

from django.conf import settings

# A tablet on 2G holds a thread for as long as its photo trickles in; waiting threads cost little.
WEB_THREADS = 16
# Connections that wait for a thread are queued rather than refused.
WEB_BACKLOG = 2048
WORKER_NICE = 10
NICE = frozenset({"worker", "batch"})

Argv = list[str]


def web_argv() -> Argv:
    """granian: HTTP outside Python, bodies streamed; no access log, since tokens stand in paths."""
    return [
        *_python("granian", "--interface", "wsgi", "--http", "1", "--no-access-log"),
        *("--host", settings.BIND, "--port", str(settings.PORT)),
        *("--workers", str(settings.WEB_WORKERS), "--blocking-threads", str(WEB_THREADS)),
        *("--backlog", str(WEB_BACKLOG), "--respawn-failed-workers", "--log-level", "warning"),
        *("--workers-kill-timeout", "10", "--working-dir", str(settings.BASE_DIR)),
        "backend.wsgi:application",
    ]


def worker_argv() -> Argv:
    return [
        *_python("celery", "-A", "backend", "worker"),
        *("--queues", "process,link,exports", "--concurrency", str(settings.PROCESS_WORKERS)),
        *("--without-gossip", "--without-mingle", "--loglevel", "WARNING"),
    ]


def batch_argv() -> Argv:
    """What takes long and much memory, one at a time: full re-links, training, indicators."""
    return [
        *_python("celery", "-A", "backend", "worker"),
        *("--queues", "batch", "--concurrency", "1", "--pool", "solo", "--hostname", "batch@%h"),
        *("--without-gossip", "--without-mingle", "--loglevel", "WARNING"),
    ]


def beat_argv() -> Argv:
    """Run one only: two would ring twice."""
    schedule = settings.VAR_DIR / "beat" / "schedule"
    schedule.parent.mkdir(parents=True, exist_ok=True)
    return [
        *_python("celery", "-A", "backend", "beat"),
        *("--schedule", str(schedule), "--pidfile=", "--loglevel", "WARNING"),
    ]


PROCESSES = {"web": web_argv, "worker": worker_argv, "batch": batch_argv, "beat": beat_argv}


def _python(module: str, *arguments: str) -> Argv:
    return [sys.executable, "-m", module, *arguments]
