"""What the first page says about forms: those that were published."""

from datetime import datetime

from django.utils import timezone
from django.utils.translation import ngettext

from backend.accounts.models import User
from backend.home import Figure
from surveys.places.days import since_yesterday
from surveys.xforms.models import FormVersion


def published_lately(user: User, now: datetime) -> list[Figure]:
    """Versions, for everybody: tablets see them too."""
    began = since_yesterday(now, timezone.get_current_timezone()).elsewhere
    n = FormVersion.objects.filter(published_at__gte=began).count()
    return [Figure(ngettext("form published", "forms published", n), n)]
