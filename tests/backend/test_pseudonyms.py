"""Ids that differ by recipient and lead back only with the key."""

from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from backend.pseudonyms import original, pseudonym

KEY = "k" * 32


@given(st.uuids(), st.text())
def test_pseudonym_leads_back_to_its_id_with_the_key(value: UUID, recipient: str) -> None:
    known = pseudonym(value, key=KEY, recipient=recipient)
    assert original(known, key=KEY, recipient=recipient) == value


def test_two_recipients_and_two_keys_know_a_household_by_different_ids() -> None:
    value = UUID("7f2c0c6e-6a50-4b3e-9a61-0d9f4ab7c001")
    known = {
        pseudonym(value, key=key, recipient=recipient)
        for key in (KEY, "x" * 32)
        for recipient in ("wfp", "iom")
    }
    assert len(known | {value}) == 5


def test_pseudonym_stays_the_same_for_ever() -> None:
    """What a recipient has must join with what it gets next year."""
    value = UUID("7f2c0c6e-6a50-4b3e-9a61-0d9f4ab7c001")
    assert pseudonym(value, key=KEY, recipient="wfp") == UUID(
        "111ad39e-45f5-3541-8149-0ceeb25ee0bf"
    )
