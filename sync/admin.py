"""Tablets in the console: enrol (token and QR code shown once), when last seen, revoke."""

import base64
from typing import Any

from django import forms
from django.conf import settings
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from backend.accounts.permissions import logged_in, may_manage_devices
from backend.console import ReadOnlyAdmin
from surveys.places.models import Place
from sync.enrol import Enrolled, enrol_device, revoke_device
from sync.models import Assignment, Device
from sync.qr import collect_settings, qr_png, qr_text


class EnrolForm(forms.Form):
    name = forms.CharField(
        max_length=120, help_text="What stands on the tablet, not who carries it."
    )
    places = forms.ModelMultipleChoiceField(
        Place.objects.all(), required=False, help_text="Where it is used; none means everywhere."
    )


class AssignmentInline(admin.TabularInline):
    model = Assignment
    extra = 0

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return may_manage_devices(request.user)

    has_add_permission = has_change_permission = has_delete_permission = has_view_permission


@admin.register(Device)
class DeviceAdmin(ReadOnlyAdmin):
    """Add leads to the enrol page: a tablet exists only with a token that somebody saw once."""

    list_display = ("name", "last_seen_at", "user_agent", "created_at", "revoked_at")
    list_filter = ("revoked_at",)
    search_fields = ("name",)
    fields = ("name", "places", "created_at", "last_seen_at", "user_agent", "revoked_at")
    readonly_fields = ("created_at", "last_seen_at", "user_agent", "revoked_at")
    filter_horizontal = ("places",)
    inlines = (AssignmentInline,)
    actions = ("revoke",)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return may_manage_devices(request.user)

    has_module_permission = has_add_permission = has_change_permission = has_view_permission

    @admin.action(description="End access (the tablet keeps what it has not sent)")
    def revoke(self, request: HttpRequest, devices: QuerySet[Device]) -> None:
        for device in devices:
            revoke_device(device=device, by=logged_in(request))

    def add_view(self, request: HttpRequest, *_: Any, **__: Any) -> HttpResponse:
        if not may_manage_devices(request.user):
            raise PermissionDenied
        form = EnrolForm(request.POST or None)
        context = {**self.admin_site.each_context(request), "title": "Enrol a tablet"}
        if not form.is_valid():
            return render(request, "admin/sync/enrol.html", {**context, "form": form})
        enrolled = enrol_device(
            name=form.cleaned_data["name"],
            place_codes=[place.code for place in form.cleaned_data["places"]],
            by=logged_in(request),
        )
        return render(request, "admin/sync/enrolled.html", context | _shown_once(request, enrolled))


def _shown_once(request: HttpRequest, enrolled: Enrolled) -> dict[str, Any]:
    server_url = enrolled.server_url(settings.PUBLIC_URL or request.build_absolute_uri("/"))
    text = qr_text(collect_settings(server_url=server_url, name=enrolled.device.name))
    return {
        "device": enrolled.device,
        "server_url": server_url,
        "qr": base64.b64encode(qr_png(text)).decode(),
    }
