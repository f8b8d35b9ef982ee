"""What templates of corrections lack: the tone and kind of a state, words of codes."""

from django import template

from surveys.corrections import states
from surveys.corrections.words import TONES, WHY_NOT

register = template.Library()


@register.filter
def correction_tone(state: str) -> str:
    return {str(known): tone for known, tone in TONES.items()}.get(state, "")


@register.filter
def is_waiting(state: str) -> bool:
    return state in states.WAITING


@register.filter
def is_in_force(state: str) -> bool:
    return state in states.IN_FORCE


@register.filter
def why_not(code: str) -> str:
    return str(WHY_NOT.get(code, code))
