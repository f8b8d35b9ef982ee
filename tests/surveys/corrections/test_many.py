"""Many corrections at once: all of them revoked leave nothing behind."""

from random import Random
from typing import Any

import pytest

from backend.accounts.models import User
from backend.problems import Problem
from surveys.cleaning.models import CleanRow
from surveys.corrections.decide import decide_corrections
from surveys.corrections.models import Correction
from surveys.corrections.propose import Because, Wish, propose_corrections
from surveys.privacy.access import unmask
from surveys.privacy.models import Unmasking
from tests.surveys.corrections.interviews import interview, publish, sent, with_income
from tests.surveys.household_forms import drain

TRIED = 15
WHY = "comparing with the paper list"
TEXTS = ("", "1", "2", "5", "yes", "no", "KGS", "2013-01-01", "Асанов")


def table(record: CleanRow) -> list[tuple[Any, ...]]:
    rows = CleanRow.objects.filter(record_id=record.record_id).order_by("pk")
    names = ("pk", "repeat", "parent_id", "index", "values", "verbatim", "place", "restricted")
    return list(rows.values_list(*names))


def propose_any(record: CleanRow, rng: Random, by: User, granted: Unmasking) -> Correction | None:
    """A correction drawn at random; None where it is refused."""
    row = rng.choice(list(CleanRow.objects.filter(record_id=record.pk).order_by("repeat", "index")))
    schema = record.submission.form_version.schema  # type: ignore[union-attr]
    field = rng.choice([f for f in schema.table(row.repeat) if not f.calculated])
    new = rng.choice([c.name for c in field.choices] or list(TEXTS))
    wish = Wish(row.pk, field.path, new, action="replace" if new else "drop")
    try:
        return propose_corrections(
            record_id=record.pk, wishes=[wish], because=Because("Drawn"), by=by, granted=granted
        )[0]
    except Problem:
        return None


@pytest.mark.parametrize("seed", range(2))
def test_revoking_all_gives_back_exactly_the_uncorrected_rows(
    gulnara: User, alice: User, seed: int
) -> None:
    """Approved one by one, each on what the others left; taken back in any order allowed."""
    publish()
    record, rng = sent(interview(with_income() + seed)), Random(seed)
    granted = unmask(user=gulnara, reason=WHY, target="x")
    before, approved = table(record), list[Correction]()
    for _ in range(TRIED):
        if correction := propose_any(record, rng, gulnara, granted):
            decide_corrections(
                correction_id=correction.pk, move="approve", by=alice, granted=granted
            )
            drain()
            approved.append(correction)
    assert len(approved) >= 3
    assert table(record) != before

    left = rng.sample(approved, len(approved))
    while left:
        refused = [c for c in left if not revoked(c, alice)]
        assert len(refused) < len(left)
        left = refused
    drain()
    assert table(record) == before
    assert set(Correction.objects.values_list("state", flat=True)) == {"revoked"}


def revoked(correction: Correction, by: User) -> bool:
    try:
        decide_corrections(correction_id=correction.pk, move="revoke", by=by, why="Drawn")
    except Problem as problem:
        if problem.code == "correction_rests":
            return False
        raise
    return True
