"""Submissions in the console: what arrived, its state and error, and what lies in quarantine.

No answers are shown here. Raw bytes of quarantined deliveries, which may hold legal-aid facts, are
given only to people named for those, and each look is logged.
"""

from collections import Counter
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.module_loading import import_string
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from backend.accounts.permissions import logged_in, may_admit_quarantined, may_read_quarantined
from backend.audit.log import log_event
from backend.console import ReadOnlyAdmin
from backend.problems import Problem
from surveys.privacy.access import places_for
from surveys.submissions.again import process_again
from surveys.submissions.models import Attachment, Quarantined, Submission

ADMIT = "sync.intake.admit_quarantined"  # named by string, as the door stands above us


class AttachmentInline(admin.TabularInline):
    model = Attachment
    fields = readonly_fields = ("name", "alternate", "size", "content_type", "received_at")
    extra = 0
    can_delete = False

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return True  # whoever may see the submission

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(Submission)
class SubmissionAdmin(ReadOnlyAdmin):
    list_display = ("received_at", "form", "version", "instance_id", "state", "attempts", "error")
    list_filter = ("state", "form", "encrypted")
    list_select_related = ("form",)
    search_fields = ("instance_id", "=record_id")
    date_hierarchy = "received_at"
    fields = (
        *("form", "version", "form_version", "instance_id", "deprecated_id", "record_id", "head"),
        *("encrypted", "received_at", "device_id", "client_device_id", "user_agent"),
        *("submitted_by", "state", "attempts", "try_after", "error", "processed_at"),
        *("review_state", "deleted_at"),
    )
    inlines = (AttachmentInline,)
    actions = ("process_again",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Submission]:
        """All editions of a record are seen by those who may see the record."""
        user = logged_in(request)
        submissions = super().get_queryset(request).defer("raw_xml")
        if not user.sees_legal_aid:
            restricted = Submission.objects.filter(rows__restricted=True)
            submissions = submissions.exclude(record_id__in=restricted.values("record_id"))
        places = places_for(user)
        if places is not None:
            here = Submission.objects.filter(rows__repeat="", rows__place__in=places.values("pk"))
            submissions = submissions.filter(record_id__in=here.values("record_id"))
        return submissions

    def change_view(
        self, request: HttpRequest, object_id: str, *args: Any, **kwargs: Any
    ) -> HttpResponse:
        response = super().change_view(request, object_id, *args, **kwargs)
        opened = self.get_object(request, object_id)
        if opened is not None:
            log_event("submission.opened", by=logged_in(request), target=opened)
        return response

    @admin.action(description=_("Process again"))
    def process_again(self, request: HttpRequest, submissions: QuerySet[Submission]) -> None:
        count = process_again(submissions, by=logged_in(request))
        self.message_user(
            request,
            ngettext(
                "%(n)d waits to be processed again; the worker takes it.",
                "%(n)d wait to be processed again; the worker takes them.",
                count,
            )
            % {"n": count},
        )


@admin.register(Quarantined)
class QuarantinedAdmin(ReadOnlyAdmin):
    list_display = ("received_at", "reason", "form_id", "instance_id", "times", "settled_at")
    list_filter = ("reason", "settled_at")
    search_fields = ("instance_id", "form_id")
    fields = (*list_display, "device_id", "submitted_by", "files", "as_sent")
    readonly_fields = ("files", "as_sent")
    actions = ("admit", "settle")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Quarantined]:
        return super().get_queryset(request).defer("raw")

    def get_urls(self) -> list[URLPattern]:
        raw = path("<int:pk>/raw/", self.admin_site.admin_view(self.raw), name="quarantined_raw")
        return [raw, *super().get_urls()]

    def raw(self, request: HttpRequest, pk: int) -> HttpResponse:
        """The bytes as they came, never to be opened by the browser itself."""
        user = logged_in(request)
        kept = Quarantined.objects.filter(pk=pk).first()
        if kept is None or not may_read_quarantined(user):
            raise PermissionDenied
        log_event("quarantined.downloaded", by=user, target=kept)
        return HttpResponse(
            bytes(kept.raw),
            content_type="application/octet-stream",
            headers={
                "Content-Disposition": f'attachment; filename="quarantined-{pk}.xml"',
                "X-Content-Type-Options": "nosniff",
            },
        )

    @admin.display(description=_("files that came with it"))
    def files(self, kept: Quarantined) -> str:
        return ", ".join(f"{file['name']} ({file['size']} bytes)" for file in kept.attachments)

    @admin.display(description=_("bytes as they came"))
    def as_sent(self, kept: Quarantined) -> SafeString:
        address = reverse("admin:quarantined_raw", args=[kept.pk])
        return format_html('<a href="{}">Download (for people named for legal aid)</a>', address)

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        actions = super().get_actions(request)
        if not may_admit_quarantined(request.user):
            actions.pop("admit", None)
        return actions

    @admin.action(description=_("Take in after all, as from the tablet that sent it"))
    def admit(self, request: HttpRequest, kept: QuerySet[Quarantined]) -> None:
        admit_quarantined = import_string(ADMIT)
        admitted, refused = 0, Counter[str]()
        for one in kept.order_by("received_at"):
            try:
                admit_quarantined(quarantined=one, by=logged_in(request))
                admitted += 1
            except Problem as problem:
                refused[problem.words] += 1
        if admitted:
            self.message_user(
                request,
                ngettext(
                    "%(n)d taken in; the worker has it next.",
                    "%(n)d taken in; the worker has them next.",
                    admitted,
                )
                % {"n": admitted},
            )
        for words, times in refused.items():
            self.message_user(
                request,
                ngettext("%(n)d stays here.", "%(n)d stay here.", times) % {"n": times}
                + f" {words}",
                messages.WARNING,
            )

    @admin.action(description=_("Mark as settled"))
    def settle(self, request: HttpRequest, kept: QuerySet[Quarantined]) -> None:
        for one in kept.filter(settled_at=None):
            log_event("quarantined.settled", by=logged_in(request), target=one)
        kept.filter(settled_at=None).update(settled_at=timezone.now())
