"""Households in the console: which records belong together, and why. Read-only."""

from typing import Any

from django.contrib import admin
from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest

from backend.accounts.permissions import logged_in
from backend.console import ReadOnlyAdmin
from surveys.cleaning.models import CleanRow
from surveys.households.models import Household, Membership
from surveys.privacy.access import places_for, rows_for


class MembershipInline(admin.TabularInline):
    model = Membership
    fields = ("record_id", "form_id", "basis", "registers")
    readonly_fields = fields
    extra = 0
    can_delete = False

    def get_queryset(self, request: HttpRequest) -> QuerySet[Membership]:
        """That a legal-aid record exists is known to named people only."""
        rows = CleanRow.objects.filter(rows_for(logged_in(request)), repeat="")
        return super().get_queryset(request).filter(record_id__in=rows.values("id"))

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(Household)
class HouseholdAdmin(ReadOnlyAdmin):
    list_display = ("id", "place", "registrations", "created_at")
    search_fields = ("id",)
    list_select_related = ("place",)
    inlines = (MembershipInline,)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Household]:
        households: QuerySet[Household] = super().get_queryset(request)
        places = places_for(logged_in(request))
        if places is not None:
            households = households.filter(place__in=places.values("pk"))
        registering = Count("memberships", filter=Q(memberships__registers=True))
        return households.annotate(registrations=registering)

    @admin.display(ordering="registrations")
    def registrations(self, household: Any) -> int:
        return int(household.registrations)
