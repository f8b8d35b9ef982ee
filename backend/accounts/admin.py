"""People in the console: accounts with their role and places; tokens to end. Admins only."""

from typing import Any

from django.contrib import admin
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.models import Group
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from backend.accounts.models import PersonalToken, User
from backend.accounts.permissions import logged_in
from backend.accounts.tokens import revoke_personal_token
from backend.audit.log import log_event

admin.site.unregister(Group)


@admin.register(User)
class AccountAdmin(UserAdmin):
    """Django's page for users without groups, permissions and staff flag: the role decides."""

    list_display = ("username", "full_name", "role", "places", "is_active", "last_login")
    list_filter = ("role", "is_active", "sees_legal_aid")
    filter_horizontal = ()
    fieldsets = (
        (None, {"fields": ("username", "password", "is_active")}),
        (_("Who"), {"fields": ("first_name", "last_name", "email")}),
        (_("Rights"), {"fields": ("role", "place_codes", "partner", "sees_legal_aid")}),
    )
    add_fieldsets = ((None, {"fields": ("username", "role", "password1", "password2")}),)

    @admin.display(description=_("name"))
    def full_name(self, user: User) -> str:
        return user.get_full_name()

    @admin.display(description=_("places"))
    def places(self, user: User) -> str:
        return ", ".join(user.place_codes) or gettext("everywhere")

    def save_model(self, request: HttpRequest, obj: User, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        action = "account.changed" if change else "account.made"
        log_event(
            action, by=logged_in(request), target=obj, role=obj.role, changed=form.changed_data
        )

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """An account is closed by making it inactive: what it did keeps its name."""
        return False


@admin.register(PersonalToken)
class PersonalTokenAdmin(admin.ModelAdmin):
    """Tokens are made on the account page by whoever will use them; here they are only ended."""

    list_display = (
        "name",
        "user",
        "form_ids",
        "purpose",
        "created_at",
        "expires_at",
        "last_used_at",
        "revoked_at",
    )
    list_filter = ("revoked_at",)
    search_fields = ("name", "user__username")
    fields = list_display
    actions = ("revoke",)

    @admin.action(description=_("Revoke the chosen tokens"), permissions=["delete"])
    def revoke(self, request: HttpRequest, tokens: QuerySet[PersonalToken]) -> None:
        for token in tokens:
            revoke_personal_token(token=token, by=logged_in(request))

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False
