"""What the first page says about data: the forms with what they brought, and my last exports."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Max
from django.urls import reverse
from django.utils.translation import gettext as _

from backend.accounts.models import User
from backend.accounts.permissions import may_export, may_publish_forms, may_read_records
from backend.home import Card, Figure
from surveys.cleaning.models import CleanRow
from surveys.privacy.access import rows_for
from surveys.xforms.models import Form

EXPORTS_SHOWN = 5


@dataclass(frozen=True, slots=True)
class FormLine:
    """A form and what this user may see of it."""

    form: Form
    records: int
    last_at: datetime | None


def record_figures(user: User) -> list[Figure]:
    """Records this user may see."""
    if not may_read_records(user):
        return []
    records = CleanRow.objects.filter(rows_for(user), repeat="").count()
    return [Figure(_("records"), records, _("one for each filled form"))]


def forms_card(user: User) -> Card:
    """The forms that tablets see; who may read records also sees how many each has."""
    publishes = may_publish_forms(user)
    return Card(
        title=_("Forms"),
        template="datasets/forms_card.html",
        context={
            "lines": list(_lines(user)),
            "counts": may_read_records(user),
            "publishes": publishes,
        },
        link=reverse("admin:xforms_publish") if publishes else "",
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
    rows = CleanRow.objects.filter(rows_for(user), repeat="").values("form")
    found = {
        int(row["form"]): (row["records"], row["last_at"])
        for row in rows.annotate(records=Count("id"), last_at=Max("received_at"))
    }
    for form in Form.objects.listed():
        records, last_at = found.get(form.pk, (0, None))
        yield FormLine(form, records, last_at)
