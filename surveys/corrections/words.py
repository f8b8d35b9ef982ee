"""What codes of corrections are called to a person."""

from django.utils.translation import gettext_lazy as _

from surveys.corrections.models import Correction

State = Correction.State
TONES = {
    State.PROPOSED: "wait",
    State.STALE: "bad",
    State.APPROVED: "wait",
    State.OVERTAKEN: "bad",
    State.REJECTED: "bad",
}
# Of a list, in the order in which it offers them.
GROUPS = {
    "waiting": _("Waiting for approval"),
    "in_force": _("Approved"),
    "revoked": _("Revoked"),
    "ended": _("Rejected, withdrawn, revoked"),
    "all": _("All"),
}
FAULTS = {
    "required_missing": _("The form demands an answer here"),
    "constraint_broken": _("Breaks the form's condition"),
    "not_a_choice": _("Is not among the choices"),
    "not_integer": _("Is not a whole number"),
    "not_decimal": _("Is not a number"),
    "not_date": _("Is not a date"),
    "too_many_repeats": _("There would be more rows than the form asks for"),
    "too_few_repeats": _("There would be fewer rows than the form asks for"),
    "row_vanishes": _("A whole row would vanish or appear: have the tablet edit the record"),
    "row_gone": _("The row is not there any more"),
    "not_asked": _("The form would not ask this question"),
    "stale": _("The answer is another now"),
    "wrong_type": _("Is of another type than the question"),
}
WHY_NOT = {
    "stale": _("the record says something else now"),
    "not_asked": _("the form does not ask the question any more"),
    "invalid": _("it would break a rule of the form"),
    "row_gone": _("the row is not there any more"),
    "restored": _("the record was restored"),
}
DONE = {
    "approve": _("Approved. The record is being processed again."),
    "reject": _("Rejected."),
    "withdraw": _("Withdrawn."),
    "revoke": _("Revoked. The record is being processed again."),
}


def fault_words(code: str) -> str:
    return str(FAULTS.get(code, code))


CELLS = {
    "sheet_missing": _("The workbook has no sheet named “corrections”."),
    "column_missing": _("The sheet lacks this column."),
    "column_twice": _("The sheet has this column twice."),
    "too_many_rows": _("The sheet has too many rows; import it in parts."),
    "formula": _("A formula is not evaluated; type the value."),
    "empty": _("This cell must not be empty."),
    "no_id": _("This is not an id."),
    "twice": _("The same correction stands in the sheet twice."),
    "log_differs": _(
        "The log says something else, and is never rewritten. Empty the id for a new one."
    ),
    "not_found": _("There is nothing with this id, or you may not see it."),
}


def cell_words(code: str, detail: str) -> str:
    return str(CELLS.get(code) or FAULTS.get(code) or detail or code)
