"""say_of_flag: what a person decides on a flag; sent to the field, the record goes back too."""

from dataclasses import dataclass

from django.db import transaction
from django.utils.translation import gettext as _

from backend.accounts.models import User
from backend.problems import Problem
from surveys.cleaning.flags import change_flag, checked_reason
from surveys.cleaning.models import FlagStep, QualityFlag
from surveys.submissions.models import ReviewStep
from surveys.submissions.review import Looked, Remark, question_path, schema_of_head, send_back


@dataclass(frozen=True, slots=True)
class Said:
    """`looked`: the flag's state that the person saw; `record`: the record as they saw it."""

    to: str
    reason: str
    looked: str
    record: Looked | None = None


@transaction.atomic
def say_of_flag(flag: QualityFlag, said: Said, *, by: User) -> FlagStep:
    """Changes the flag's state; to send it to the field, the record is sent back with the reason.

    Raises `Problem` as `change_flag` and `send_back` do, and `request_malformed` where the record
    should go back and it was not said what was seen of it.
    """
    if said.to == QualityFlag.State.SENT:
        if said.record is None:
            reason = _("To send a record back, say its edition and last step.")
            raise Problem("request_malformed", reason=reason)
        _send_back(flag, said.record, checked_reason(said.reason), by)
    return change_flag(flag_id=flag.pk, to=said.to, by=by, reason=said.reason, looked=said.looked)


def _send_back(flag: QualityFlag, looked: Looked, reason: str, by: User) -> ReviewStep:
    """The reason stands at the question, where the form has it."""
    head = flag.submission
    schema = schema_of_head(head)
    known = schema is not None and flag.path and question_path(schema, flag.path) is not None
    return send_back(
        record_id=head.record_id,
        looked=looked,
        by=by,
        comment="" if known else reason,
        remarks=[Remark(flag.path, reason)] if known else [],
    )
