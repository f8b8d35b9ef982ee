"""What the first page says about quality: flags to look at, interviews to be asked again."""

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from backend.accounts.models import User
from backend.accounts.permissions import may_review
from backend.home import Figure, counted
from surveys.quality.models import BackCheck
from surveys.quality.reading import visible_flags, visible_records


def flag_figures(user: User) -> list[Figure]:
    """Flags that no one has settled yet, of the records this user may see."""
    if not may_review(user):
        return []
    flags, more = counted(visible_flags(user).filter(settled_at=None))
    label = ngettext("quality flag", "quality flags", flags)
    hint = _("found by the checks")
    return [Figure(label, flags, hint, reverse("quality-flags"), more=more)]


def back_check_figures(user: User) -> list[Figure]:
    """Interviews that were drawn to be asked again and have no second record yet."""
    if not may_review(user):
        return []
    due = BackCheck.objects.filter(again_id=None, record_id__in=visible_records(user).values("pk"))
    n = due.count()
    label = ngettext("interview to ask again", "interviews to ask again", n)
    return [Figure(label, n, _("drawn as back-checks"), reverse("back-checks"))]
