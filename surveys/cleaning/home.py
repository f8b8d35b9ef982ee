"""What the first page says about data quality."""

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from backend.accounts.models import User
from backend.accounts.permissions import may_use_console
from backend.home import Figure
from surveys.cleaning.models import CleanRow, QualityFlag
from surveys.privacy.access import rows_for


def flag_figures(user: User) -> list[Figure]:
    """Flags that no one has settled yet, of the records this user may see."""
    if not may_use_console(user):
        return []
    rows = CleanRow.objects.filter(rows_for(user), repeat="")
    open_flags = QualityFlag.objects.filter(settled_at=None)
    flags = open_flags.filter(submission__in=rows.values("submission")).count()
    page = "/admin/cleaning/qualityflag/?settled_at__isempty=1"
    label = ngettext("quality flag", "quality flags", flags)
    return [Figure(label, flags, _("found by the checks"), page)]
