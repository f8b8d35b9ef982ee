"""Quality flags in the console: to look through and settle, never to edit."""

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from backend.accounts.permissions import logged_in
from backend.console import ReadOnlyAdmin
from surveys.cleaning.flags import change_flag
from surveys.cleaning.models import CleanRow, QualityFlag
from surveys.privacy.access import rows_for
from surveys.privacy.flags import flags_for


@admin.register(QualityFlag)
class QualityFlagAdmin(ReadOnlyAdmin):
    list_display = ("code", "path", "form_id", "record", "state", "created_at")
    list_filter = ("code", "state", ("settled_at", admin.EmptyFieldListFilter), "submission__form")
    search_fields = ("path", "submission__instance_id")
    list_select_related = ("submission__form",)
    actions = ("settle",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[QualityFlag]:
        """Flags of the records that this person may see."""
        user = logged_in(request)
        rows = CleanRow.objects.filter(rows_for(user), repeat="")
        flags = super().get_queryset(request).filter(flags_for(user))
        return flags.filter(submission__in=rows.values("submission"))

    @admin.display(ordering="submission__form")
    def form_id(self, flag: QualityFlag) -> str:
        return flag.submission.form.form_id

    @admin.display
    def record(self, flag: QualityFlag) -> str:
        return str(flag.submission.record_id)

    @admin.action(description=_("Mark as settled"), permissions=["view"])
    def settle(self, request: HttpRequest, flags: QuerySet[QualityFlag]) -> None:
        user = logged_in(request)
        for flag in flags.filter(settled_at=None):
            change_flag(
                flag_id=flag.pk,
                to=QualityFlag.State.EXPLAINED,
                by=user,
                reason="Settled in the console.",
                looked=flag.state,
            )
