"""Whether this server lives, and whether it is ready: for load balancers, compose and operators."""

from django.apps import apps
from django.conf import settings
from django.db import DatabaseError, connection
from django.db.models import Min
from django.http import HttpRequest, JsonResponse
from django.utils import timezone
from redis import Redis, RedisError

from backend.api import problem_json
from backend.problems import Problem

PING_SECONDS = 1.0


def live(_request: HttpRequest) -> JsonResponse:
    """200 as long as requests are answered at all. Asks nobody."""
    return JsonResponse({"status": "ok"})


def ready(_request: HttpRequest) -> JsonResponse:
    """200 when the database and the broker answer, else 503 naming what is away.

    `oldest_unprocessed_seconds` tells a stuck worker, which a look at its process would not.
    """
    database, oldest = _database()
    broker = _broker()
    parts = {"database": database, "broker": broker}
    away = [name for name, state in parts.items() if state != "ok"]
    if away:
        return problem_json(Problem("not_ready", parts=", ".join(away), **parts))
    return JsonResponse({"status": "ok", **parts, "oldest_unprocessed_seconds": oldest})


def _database() -> tuple[str, int]:
    """The database's state, and the age in seconds of the oldest record that waits (0: none)."""
    try:
        connection.ensure_connection()
        submissions = apps.get_model("submissions", "Submission")._default_manager
        oldest = submissions.filter(state=0).aggregate(at=Min("received_at"))["at"]
    except DatabaseError:
        return "away", 0
    return "ok", round((timezone.now() - oldest).total_seconds()) if oldest else 0


def _broker() -> str:
    try:
        with Redis.from_url(
            settings.REDIS_ADDRESS,
            socket_connect_timeout=PING_SECONDS,
            socket_timeout=PING_SECONDS,
        ) as broker:
            broker.ping()
    except RedisError:
        return "away"
    return "ok"
