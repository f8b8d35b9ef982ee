"""What the first page says about data: the forms with what they brought, and my last exports."""

from django.db.models import Count, Max, Q
from django.urls import reverse

from backend.accounts.models import User
from backend.accounts.permissions import may_export, may_publish_forms, may_read_records
from backend.home import Card
from surveys.xforms.models import Form

EXPORTS_SHOWN = 5


def forms_card(user: User) -> Card:
    """Every published form; who may read records also sees how many each has."""
    counts = may_read_records(user)
    forms = Form.objects.listed()
    if counts:
        forms = forms.annotate(
            records=Count("submissions", filter=Q(submissions__head=True)),
            last_at=Max("submissions__received_at"),
        )
    publishes = may_publish_forms(user)
    return Card(
        title="Forms",
        template="datasets/forms_card.html",
        context={"forms": forms, "counts": counts, "publishes": publishes},
        link=reverse("admin:xforms_publish") if publishes else "",
        link_words="Publish a form",
    )


def exports_card(user: User) -> Card | None:
    if not may_export(user):
        return None
    exports = user.exports.select_related("form")[:EXPORTS_SHOWN]
    return Card(
        title="Your exports",
        template="datasets/exports_card.html",
        context={"exports": exports},
        link=reverse("exports"),
        link_words="Ask for a file",
    )
