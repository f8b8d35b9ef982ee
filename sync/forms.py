"""The form that enrols tablets: many at once, each with a name of its own."""

from typing import Any

from django import forms
from django.contrib.admin.widgets import FilteredSelectMultiple
from django.utils.translation import gettext_lazy as _

from backend.accounts.models import User
from surveys.places.models import Place
from surveys.privacy.access import places_for
from surveys.rounds.models import Round
from sync.models import Device
from sync.sheets import MOST_ON_ONE_SHEET

MAX_NAME = Device._meta.get_field("name").max_length or 120
WAYS = [
    ("token", _("QR code alone; nothing to type (best)")),
    ("password", _("User name and password, in the QR code and to type")),
    ("code", _("One-time code, for apps that speak Oila's own protocol")),
]


class EnrolForm(forms.Form):
    names = forms.CharField(
        label=_("Names, one in each line"),
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=_("What stands on the tablet, not who carries it."),
    )
    places = forms.ModelMultipleChoiceField(
        Place.objects.all(),
        required=False,
        widget=FilteredSelectMultiple("places", is_stacked=False),
        help_text=_("Where they are used; none means everywhere."),
    )
    rounds = forms.ModelMultipleChoiceField(
        Round.objects.all(), required=False, help_text=_("What they work for; none means all.")
    )
    way = forms.ChoiceField(
        label=_("Way in"), choices=WAYS, initial="token", widget=forms.RadioSelect
    )

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        limit_places(self.fields["places"], user)

    def clean_names(self) -> list[str]:
        lines = (" ".join(line.split()) for line in self.cleaned_data["names"].splitlines())
        names = list(dict.fromkeys(line for line in lines if line))
        if len(names) > MOST_ON_ONE_SHEET:
            words = _("At most %(most)d tablets at a time.")
            raise forms.ValidationError(words, params={"most": MOST_ON_ONE_SHEET})
        if any(len(name) > MAX_NAME for name in names):
            words = _("A name may have %(most)d characters.")
            raise forms.ValidationError(words, params={"most": MAX_NAME})
        return names


def limit_places(field: Any, user: User) -> None:
    """Whoever is limited to places gives tablets some of those: none would mean everywhere."""
    theirs = places_for(user)
    if theirs is not None:
        field.queryset = theirs
        field.required = True
        field.help_text = _("Where they are used: at least one of your places.")
