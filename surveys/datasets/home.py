"""What the first page says about data: the forms with what they brought, and my last exports."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import CharField, Exists, OuterRef
from django.db.models.functions import Cast
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from backend.accounts.models import User
from backend.accounts.permissions import may_export, may_publish_forms, may_read_records
from backend.audit.models import AuditEvent
from backend.home import Card, Figure
from surveys.cleaning.models import CleanRow
from surveys.datasets.models import Export
from surveys.datasets.seen import records_seen
from surveys.places.days import since_yesterday
from surveys.privacy.access import rows_for
from surveys.xforms.models import Form

EXPORTS_SHOWN = 5
FAILURES_TOLD_FOR = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class FormLine:
    """A form and what this user may see of it."""

    form: Form
    records: int
    last_at: datetime | None


def arrived_lately(user: User, now: datetime) -> list[Figure]:
    """Records this user may see, on the civil day of their country."""
    if not may_read_records(user):
        return []
    since = since_yesterday(now, timezone.get_current_timezone())
    rows = CleanRow.objects.filter(rows_for(user), repeat="", received_at__gte=since.earliest)
    n = rows.filter(since.of("received_at", "place__path")).count()
    return [Figure(ngettext("record arrived", "records arrived", n), n)]


def export_figures(user: User) -> list[Figure]:
    """Files that are ready and were not fetched yet, and those that failed lately."""
    if not may_export(user):
        return []
    lately = timezone.now() - FAILURES_TOLD_FOR
    failed = user.exports.filter(state=Export.State.FAILED, asked_at__gte=lately).count()
    ready = user.exports.filter(state=Export.State.READY).annotate(as_text=Cast("pk", CharField()))
    fetched = AuditEvent.objects.filter(
        action="export.downloaded",
        target_type=Export._meta.label,
        target_id=OuterRef("as_text"),
    )
    waiting = ready.exclude(Exists(fetched)).count()
    page = reverse("exports")
    return [
        Figure(
            ngettext("export ready", "exports ready", waiting), waiting, _("not fetched yet"), page
        ),
        Figure(
            ngettext("export failed", "exports failed", failed),
            failed,
            _("in the last seven days"),
            page,
            "bad",
        ),
    ]


def exported_lately(user: User, now: datetime) -> list[Figure]:
    """What this user asked for since yesterday."""
    if not may_export(user):
        return []
    began = since_yesterday(now, timezone.get_current_timezone()).elsewhere
    n = user.exports.filter(asked_at__gte=began).count()
    label = ngettext("export asked for", "exports asked for", n)
    return [Figure(label, n, link=reverse("exports"))]


def forms_card(user: User) -> Card:
    """The forms that tablets see; who may read records also sees how many each has."""
    publishes, lines = may_publish_forms(user), list(_lines(user))
    return Card(
        title=_("Forms"),
        template="datasets/forms_card.html",
        context={
            "lines": lines,
            "records": sum(line.records for line in lines),
            "counts": may_read_records(user),
            "publishes": publishes,
        },
        link=reverse("form-upload") if publishes else "",
        link_words=_("Publish a form"),
    )


def exports_card(user: User) -> Card | None:
    """The last few files this user asked for."""
    if not may_export(user):
        return None
    exports = user.exports.select_related("form")[:EXPORTS_SHOWN]
    return Card(
        title=_("Your exports"),
        template="datasets/exports_card.html",
        context={"exports": exports},
        link=reverse("exports"),
        link_words=_("Ask for a file"),
    )


def _lines(user: User) -> Iterator[FormLine]:
    found = records_seen(user) if may_read_records(user) else {}
    for form in Form.objects.listed():
        records, last_at = found.get(form.pk, (0, None))
        yield FormLine(form, records, last_at)
