"""What the tablet notes by itself, in words: the form has no label for it."""

from django.utils.translation import gettext_lazy as _

NOTED = {
    "start": _("The form was opened"),
    "end": _("The form was finished"),
    "today": _("Day of the interview"),
    "deviceid": _("Number of the tablet"),
    "username": _("User name on the tablet"),
}


def noted(name: str, otherwise: str = "") -> str:
    return str(NOTED.get(name, otherwise))
