"""Tablets in the console: enrol (shown once), who was seen when, new access, end and restore."""

from collections.abc import Callable
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import ManyToManyField, QuerySet
from django.forms import ModelForm
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from backend.accounts.permissions import logged_in, may_manage_devices
from backend.audit.log import log_event
from backend.console import ReadOnlyAdmin
from backend.problems import Problem
from backend.templatetags.ago import ago
from surveys.privacy.access import places_for
from sync.auth import forget_callers
from sync.enrol import (
    enrol_device,
    make_enrolment_code,
    restore_device,
    revoke_device,
    rotate_token,
    set_password,
)
from sync.forms import EnrolForm, limit_places
from sync.models import Assignment, Device
from sync.sheets import MOST_ON_ONE_SHEET, Sheet, make_sheet, origin

CLOCK_SECONDS = 120  # less is the time a request takes over 2G


class OverdueFilter(admin.SimpleListFilter):
    title = _("overdue")
    parameter_name = "overdue"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("1", gettext("Overdue")), ("0", gettext("In touch"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        asked = {"1": True, "0": False}.get(self.value() or "")
        return queryset if asked is None else queryset.filter(is_overdue=asked, revoked_at=None)


class RevokedFilter(admin.SimpleListFilter):
    title = _("access")
    parameter_name = "ended"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("0", gettext("In use")), ("1", gettext("Ended"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        asked = {"0": True, "1": False}.get(self.value() or "")
        return queryset if asked is None else queryset.filter(revoked_at__isnull=asked)


class AssignmentInline(admin.TabularInline):
    model = Assignment
    extra = 0

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return may_manage_devices(request.user)

    has_add_permission = has_change_permission = has_delete_permission = has_view_permission


@admin.register(Device)
class DeviceAdmin(ReadOnlyAdmin):
    """Add leads to the enrol page: a tablet exists only with a token that somebody saw once."""

    list_display = ("name", "seen", "waiting", "held", "power", "space", "clock", "app")
    list_filter = (OverdueFilter, RevokedFilter, "assignments__round")
    search_fields = ("name", "user_name", "places__name_en", "places__code")
    readonly_fields = (
        *("created_at", "last_seen_at", "user_agent", "app", "platform", "user_name"),
        *("health_at", "waiting", "held", "power", "space", "clock", "access"),
    )
    fields = ("name", "places", *readonly_fields)
    filter_horizontal = ("places",)
    inlines = (AssignmentInline,)
    actions = ("new_token", "new_password", "new_code", "revoke", "restore")

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return may_manage_devices(request.user)

    has_module_permission = has_add_permission = has_change_permission = has_view_permission

    def get_queryset(self, request: HttpRequest) -> QuerySet[Device]:
        """Whoever is limited to places knows the tablets that work there and nowhere else."""
        return Device.objects.within(places_for(logged_in(request))).described()

    def formfield_for_manytomany(
        self, db_field: ManyToManyField, request: HttpRequest, **kwargs: Any
    ) -> Any:
        field = super().formfield_for_manytomany(db_field, request, **kwargs)
        limit_places(field, logged_in(request))
        return field

    def save_related(
        self, request: HttpRequest, form: ModelForm, formsets: Any, change: bool
    ) -> None:
        super().save_related(request, form, formsets, change)
        changed = [*form.changed_data, *("rounds" for each in formsets if each.has_changed())]
        device = form.instance
        log_event(
            "device.changed",
            by=logged_in(request),
            device_id=device.pk,
            target=device,
            fields=changed,
        )
        transaction.on_commit(forget_callers)

    def add_view(self, request: HttpRequest, *_: Any, **__: Any) -> HttpResponse:
        if not may_manage_devices(request.user):
            raise PermissionDenied
        form = EnrolForm(request.POST or None, user=logged_in(request))
        if not form.is_valid():
            context = {**self.admin_site.each_context(request), "title": gettext("Enrol tablets")}
            return render(request, "admin/sync/enrol.html", {**context, "form": form})
        chosen = form.cleaned_data
        with transaction.atomic():
            sheets = [self._enrol(request, name, chosen) for name in chosen["names"]]
        return self._show_once(request, sheets)

    def _enrol(self, request: HttpRequest, name: str, chosen: dict[str, Any]) -> Sheet:
        by = logged_in(request)
        enrolled = enrol_device(
            name=name,
            place_codes=[place.code for place in chosen["places"]],
            round_codes=[each.code for each in chosen["rounds"]],
            by=by,
        )
        device, here = enrolled.device, origin(request)
        match chosen["way"]:
            case "password":
                return make_sheet(device, origin=here, login=set_password(device=device, by=by))
            case "code":
                code = make_enrolment_code(device=device, by=by)
                return make_sheet(device, origin=here, code=code)
        return make_sheet(device, origin=here, token=enrolled.token)

    def _show_once(self, request: HttpRequest, sheets: list[Sheet]) -> HttpResponse:
        context = {**self.admin_site.each_context(request), "title": "Tablets", "sheets": sheets}
        return render(request, "admin/sync/sheets.html", context)

    def _give(
        self,
        request: HttpRequest,
        devices: QuerySet[Device],
        make: Callable[[Device], dict[str, Any]],
    ) -> HttpResponse | None:
        """A sheet for each of them, where there is one to make."""
        sheets = []
        for device in devices[:MOST_ON_ONE_SHEET]:
            try:
                sheets.append(make_sheet(device, origin=origin(request), **make(device)))
            except Problem as problem:
                self.message_user(request, f"{device}: {problem.words}", messages.WARNING)
        return self._show_once(request, sheets) if sheets else None

    @admin.action(description=_("Give a new token and QR code (the old one may still send)"))
    def new_token(self, request: HttpRequest, devices: QuerySet[Device]) -> HttpResponse | None:
        by = logged_in(request)
        return self._give(request, devices, lambda d: {"token": rotate_token(device=d, by=by)})

    @admin.action(description=_("Give a user name and a new password (the old one ends)"))
    def new_password(self, request: HttpRequest, devices: QuerySet[Device]) -> HttpResponse | None:
        by = logged_in(request)
        return self._give(request, devices, lambda d: {"login": set_password(device=d, by=by)})

    @admin.action(description=_("Give a one-time code, for apps that speak Oila's own protocol"))
    def new_code(self, request: HttpRequest, devices: QuerySet[Device]) -> HttpResponse | None:
        by, make = logged_in(request), make_enrolment_code
        return self._give(request, devices, lambda d: {"code": make(device=d, by=by)})

    @admin.action(description=_("End access (a lost tablet; it keeps what it has not sent)"))
    def revoke(self, request: HttpRequest, devices: QuerySet[Device]) -> None:
        for device in devices:
            revoke_device(device=device, by=logged_in(request))

    @admin.action(description=_("Restore access"))
    def restore(self, request: HttpRequest, devices: QuerySet[Device]) -> None:
        for device in devices:
            restore_device(device=device, by=logged_in(request))

    @admin.display(description=_("last seen"), ordering="last_seen_at")
    def seen(self, device: Any) -> str:
        words = ago(device.last_seen_at) if device.last_seen_at else gettext("never")
        if device.revoked_at:
            return gettext("%(when)s; access ended") % {"when": words}
        return f"⚠ {words}" if device.is_overdue else words

    @admin.display(description=_("unsent"), ordering="unsent")
    def waiting(self, device: Device) -> str | None:
        if not device.unsent or device.oldest_unsent_at is None:
            return None if device.unsent is None else str(device.unsent)
        oldest = {"n": device.unsent, "ago": ago(device.oldest_unsent_at)}
        return gettext("%(n)d, the oldest %(ago)s") % oldest

    @admin.display(description=_("forms"))
    def held(self, device: Any) -> str | None:
        if not device.forms:
            return None
        old = ", ".join(device.outdated)
        if not old:
            return str(len(device.forms))
        return gettext("%(n)d, outdated: %(forms)s") % {"n": len(device.forms), "forms": old}

    @admin.display(description=_("battery"), ordering="battery")
    def power(self, device: Device) -> str | None:
        return None if device.battery is None else f"{device.battery} %"

    @admin.display(description=_("free space"), ordering="free_mb")
    def space(self, device: Device) -> str | None:
        return None if device.free_mb is None else f"{device.free_mb:,} MB"

    @admin.display(description=_("clock"), ordering="clock_drift_seconds")
    def clock(self, device: Device) -> str | None:
        drift = device.clock_drift_seconds
        if drift is None or abs(drift) < CLOCK_SECONDS:
            return None if drift is None else gettext("right")
        words = gettext("%(time)s ahead") if drift > 0 else gettext("%(time)s behind")
        return words % {"time": _long(abs(drift))}

    @admin.display(description=_("access"), boolean=True, ordering="revoked_at")
    def access(self, device: Device) -> bool:
        return device.revoked_at is None


def _long(seconds: int) -> str:
    if seconds >= 2 * 365 * 86400:
        return ngettext("%(n)d year", "%(n)d years", n := seconds // (365 * 86400)) % {"n": n}
    if seconds >= 2 * 86400:
        return ngettext("%(n)d day", "%(n)d days", n := seconds // 86400) % {"n": n}
    if seconds >= 2 * 3600:
        return gettext("%(n)d h") % {"n": seconds // 3600}
    return gettext("%(n)d min") % {"n": seconds // 60}
