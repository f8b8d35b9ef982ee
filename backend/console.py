"""The console: Django's admin site under our name, for the roles that may use it."""

from typing import Any

from django.contrib.admin import AdminSite, ModelAdmin
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _

from backend.accounts.permissions import may_use_console


class Console(AdminSite):
    site_header = _("Oila console")
    site_title = "Oila"
    index_title = _("What stands behind the pages")

    def has_permission(self, request: HttpRequest) -> bool:
        return may_use_console(request.user)

    def login(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """There is one login page; who is logged in and still sent here may not enter."""
        if request.user.is_authenticated:
            raise PermissionDenied
        return redirect_to_login(request.GET.get("next", request.path))


class ReadOnlyAdmin(ModelAdmin):
    """To look at; what changes is changed by actions, or not in the console at all."""

    show_full_result_count = False

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False
