"""One command for a whole server: engines, tables, forms, accounts, then web, workers and beat."""

import json
import os
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

from django.apps import apps
from django.conf import settings
from django.core.management import call_command, get_commands
from django.core.management.base import BaseCommand
from django.db import connections

from backend.embedded import engine_children, lock_var, prepare_engines, wait_until_ready
from backend.preparation import (
    collect_static_if_changed,
    hold_port,
    make_private_folders,
    make_secret_key,
    migrate_if_needed,
)
from backend.processes import NICE, PROCESSES, WORKER_NICE
from backend.supervisor import Child, Supervisor

ANSWER_SECONDS = 60.0
DEMO_WEEK = ["simulate_tablets", "--calm", "--tablets", "4", "--days", "5", "--households", "60"]


class Command(BaseCommand):
    help = (
        "Starts everything: engines (unless DATABASE_URL and REDIS_URL are set), web, worker, beat."
    )
    requires_system_checks: list[str] = []

    def handle(self, *_args: Any, **_options: Any) -> None:
        var: Path = settings.VAR_DIR
        lock = lock_var(var)
        port = hold_port(settings.BIND, settings.PORT)
        make_secret_key(var)
        make_private_folders(var / "logs", settings.MEDIA_ROOT, settings.EXPORT_DIR)
        supervisor = Supervisor(self.say)
        supervisor.watch_signals()
        try:
            self.start_engines(supervisor)
            self.prepare()
            self.start_server(supervisor)
            supervisor.run()
        finally:
            self.say("stopping …")
            supervisor.stop()
            port.close()
            lock.close()
            self.say("stopped")

    def start_engines(self, supervisor: Supervisor) -> None:
        if settings.DATABASE_URL:
            self.say("using the database and broker of the environment")
            return
        engines = prepare_engines(settings.VAR_DIR)
        for child in engine_children(engines, settings.VAR_DIR / "logs"):
            supervisor.start(child)
        wait_until_ready(engines)

    def prepare(self) -> None:
        if migrate_if_needed():
            self.say("tables are made")
        if collect_static_if_changed():
            self.say("static files are collected")

    def start_server(self, supervisor: Supervisor) -> None:
        """Web first and alone, so that it answers soon; the demo is made while it wakes up."""
        self.start_process(supervisor, "web")
        week = settings.DEMO and self.nothing_arrived_yet()
        call_command("demo", stdout=self.stdout)
        connections.close_all()
        supervisor.run(until=web_answers(time.monotonic() + ANSWER_SECONDS))
        if supervisor.stopping:
            return
        self.stdout.write(banner())
        for name in sorted(NICE):
            self.start_process(supervisor, name, nice=WORKER_NICE)
        self.start_process(supervisor, "beat")
        if week and "simulate_tablets" in get_commands():
            self.say("tablets are sending a demo week …")
            argv = [sys.executable, str(settings.BASE_DIR / "manage.py"), *DEMO_WEEK]
            supervisor.start(self.child("demo week", argv, once=True))

    def start_process(self, supervisor: Supervisor, name: str, *, nice: int = 0) -> None:
        supervisor.start(self.child(name, PROCESSES[name](), nice=nice))

    def nothing_arrived_yet(self) -> bool:
        submissions = apps.get_model("submissions", "Submission")._default_manager
        return not submissions.exists()

    def child(self, name: str, argv: list[str], *, nice: int = 0, once: bool = False) -> Child:
        return Child(
            name=name,
            argv=argv,
            log=settings.VAR_DIR / "logs" / f"{name.replace(' ', '-')}.log",
            stop_seconds=30,
            nice=nice,
            once=once,
            cwd=settings.BASE_DIR,
            env={"DJANGO_SETTINGS_MODULE": os.environ["DJANGO_SETTINGS_MODULE"]},
        )

    def say(self, words: str) -> None:
        self.stdout.write(f"oila · {words}")
        self.stdout.flush()


class web_answers:  # noqa: N801 - reads as a condition: run(until=web_answers(deadline))
    """Whether the web process answers yet, or the time to wait for it is over."""

    def __init__(self, deadline: float) -> None:
        self.deadline = deadline

    def __call__(self) -> bool:
        try:
            with urllib.request.urlopen(f"{base_url()}/health/live", timeout=1):  # noqa: S310
                return True
        except (urllib.error.URLError, OSError):
            return time.monotonic() > self.deadline


def base_url() -> str:
    host = "127.0.0.1" if settings.BIND in {"0.0.0.0", "::"} else settings.BIND  # noqa: S104
    return f"http://{host}:{settings.PORT}"


def banner() -> str:
    """Where to look and who to log in as."""
    demo = json.loads((settings.VAR_DIR / "demo.json").read_text())
    people = [
        f"    {account['username']:<14}{account['password']}   ({account['role']})"
        for account in demo["accounts"]
    ]
    tablets = [f"    {device['name']:<20}{device['server_url']}" for device in demo["devices"]]
    return "\n".join(
        [
            "",
            f"  Oila is ready:  {demo['base_url']}",
            "",
            "  Log in as",
            *people,
            "",
            "  Tablets (server URL for ODK Collect)",
            *tablets,
            "",
            f"  All of this stands in {settings.VAR_DIR / 'demo.json'}. Ctrl-C stops everything.",
            "",
        ]
    )
