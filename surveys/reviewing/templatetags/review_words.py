"""What templates of review lack: words and tone of a state, and what was typed for a question."""

from collections.abc import Mapping

from django import template

from surveys.submissions.models import Submission

State = Submission.ReviewState
TONES = {
    State.RECEIVED: "wait",
    State.EDITED: "wait",
    State.HAS_ISSUES: "bad",
    State.REJECTED: "bad",
}
register = template.Library()


@register.filter
def tone(state: str) -> str:
    return TONES.get(State(state), "")


@register.filter
def at(typed: Mapping[str, str], path: str) -> str:
    return typed.get(path, "") if typed else ""


@register.filter
def state_words(state: str) -> str:
    return str(State(state).label)
