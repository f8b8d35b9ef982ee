"""How long ago: one unit, in every language of the interface."""

from datetime import timedelta

import pytest
from django.utils import timezone, translation

from backend.templatetags.ago import ago


@pytest.mark.parametrize(
    ("language", "said"),
    [("en", "3 hours ago"), ("ru", "3 часа"), ("ky", "3 саат"), ("tg", "3 соат")],
)
def test_time_since_is_told_in_the_language_of_the_page(language: str, said: str) -> None:
    with translation.override(language):
        words = ago(timezone.now() - timedelta(hours=3, minutes=20))
    assert said in words.replace("\N{NO-BREAK SPACE}", " ")
