"""Makes tables and static files ready, then ends: what docker-compose runs before the rest."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from backend.preparation import (
    collect_static_if_changed,
    make_private_folders,
    migrate_if_needed,
)


class Command(BaseCommand):
    help = "Makes tables, folders and static files ready, then ends. Safe to run again."
    requires_system_checks: list[str] = []

    def handle(self, *_args: Any, **_options: Any) -> None:
        make_private_folders(settings.MEDIA_ROOT, settings.EXPORT_DIR)
        self.stdout.write("tables are made" if migrate_if_needed() else "tables are up to date")
        self.stdout.write(
            "static files are collected" if collect_static_if_changed() else "static files are too"
        )
