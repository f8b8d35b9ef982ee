"""Becomes one process of the server: web, worker, batch or beat. What docker-compose runs."""

import os
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser

from backend.processes import NICE, PROCESSES, WORKER_NICE


class Command(BaseCommand):
    help = "Becomes one process of the server: web, worker, batch or beat."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("process", choices=list(PROCESSES))

    def handle(self, *_args: Any, process: str, **_options: Any) -> None:
        argv = PROCESSES[process]()
        if process in NICE:
            os.nice(WORKER_NICE)
        os.chdir(settings.BASE_DIR)
        os.execv(argv[0], argv)  # noqa: S606 - takes over, so that signals reach it directly
