"""Values that a client carries and can neither read nor change."""

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.sealed import NotSealed, seal, unseal

VALUES = st.lists(st.none() | st.integers() | st.text())


@given(VALUES)
def test_sealed_value_comes_back(value: list[object]) -> None:
    text = seal(value, key="k", purpose="p")
    assert unseal(text, key="k", purpose="p") == value
    assert text.replace("-", "").replace("_", "").isalnum()


def test_sealed_value_cannot_be_read() -> None:
    text = seal(["bf273089-7a57-486e-a29b-6e9b5a6c1b05"], key="k", purpose="p")
    assert b"bf27" not in base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


@pytest.mark.parametrize(("key", "purpose"), [("other", "p"), ("k", "other")])
def test_another_key_or_purpose_opens_nothing(key: str, purpose: str) -> None:
    with pytest.raises(NotSealed):
        unseal(seal([1], key="k", purpose="p"), key=key, purpose=purpose)


@pytest.mark.parametrize("text", ["", "x", "é", "a:b", "====", "AAAAAAAAAAAAAAAAAAAAAAAAAAAA"])
def test_any_other_text_opens_nothing(text: str) -> None:
    with pytest.raises(NotSealed):
        unseal(text, key="k", purpose="p")


@given(st.integers(0, 10_000))
def test_changed_text_opens_nothing(at: int) -> None:
    text = seal(["2014-06-03", 7], key="k", purpose="p")
    at %= len(text) - 1  # the last letter holds bits that are no content
    changed = text[:at] + ("A" if text[at] != "A" else "B") + text[at + 1 :]
    with pytest.raises(NotSealed):
        unseal(changed, key="k", purpose="p")
