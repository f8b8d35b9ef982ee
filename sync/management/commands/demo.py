"""Makes the demo's places, forms, accounts and tablets; who they are stands in var/demo.json."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from sync.demo import make_demo


class Command(BaseCommand):
    help = (
        "Makes what a first look needs: places, rounds, forms, an account a role, two tablets and"
        " (unless DEMO=0, or something has arrived) a few families that look alike."
    )
    requires_system_checks: list[str] = []

    def handle(self, *_args: Any, **_options: Any) -> None:
        made = make_demo(
            data=settings.BASE_DIR / "data",
            secrets_file=settings.VAR_DIR / "demo.json",
            base_url=settings.PUBLIC_URL or f"http://127.0.0.1:{settings.PORT}",
            families=settings.DEMO,
        )
        self.stdout.write(
            f"oila · {len(made['accounts'])} accounts and {len(made['devices'])} tablets are ready"
        )
