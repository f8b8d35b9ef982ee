"""Words for what the pure modules of forms say in codes."""

from django.utils.translation import gettext_lazy as _

from surveys.xforms.privacy_classes import DIRECT, OPEN, QUASI, SENSITIVE

CHANGES = {
    "added": _("new question"),
    "removed": _("question is gone"),
    "renamed": _("renamed"),
    "moved": _("moved to another group"),
    "moved_between_tables": _("moved into, out of or between repeats"),
    "type_changed": _("another type"),
    "list_changed": _("another list of choices"),
    "choice_added": _("new choice"),
    "choice_removed": _("choice is gone"),
    "choice_label_changed": _("choice in other words"),
    "label_changed": _("other words"),
    "required": _("now required"),
    "privacy_changed": _("another privacy class"),
    "entity_property_removed": _("no longer kept in a list"),
    "entity_list_removed": _("entity list is gone"),
    "repeat_removed": _("repeat is gone"),
    "language_removed": _("language is gone"),
}
RESTRICTED = "restricted"
CLASSES = {
    RESTRICTED: _("Only for people named for legal aid; such records are hidden from all others"),
    DIRECT: _("Says who it is: masked unless a reason is given"),
    SENSITIVE: _("Sensitive: masked unless a reason is given"),
    QUASI: _("May point to one family together with others: shown"),
    OPEN: _("Everything else: shown"),
}
TRANSLATED = {
    "label": _("label"),
    "hint": _("hint"),
    "guidance_hint": _("guidance hint"),
    "constraint_message": _("constraint message"),
    "required_message": _("message for a required question"),
}
