"""How long ago, in the one unit that matters: `{% load ago %}{{ device.last_seen_at|ago }}`."""

from datetime import datetime

from django import template
from django.utils import timezone
from django.utils.timesince import timesince
from django.utils.translation import gettext as _

register = template.Library()


@register.filter
def ago(moment: datetime) -> str:
    """`3 days ago`; `just now` for less than a minute and for clocks that run ahead."""
    if (timezone.now() - moment).total_seconds() < 60:
        return _("just now")
    return _("%(time)s ago") % {"time": timesince(moment, depth=1)}
