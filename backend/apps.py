from django.apps import AppConfig
from django.contrib.admin.apps import AdminConfig


class BackendConfig(AppConfig):
    name = "backend"


class ConsoleConfig(AdminConfig):
    """Django's admin, opened by role instead of by `is_staff`."""

    default_site = "backend.console.Console"
