"""The pages of corrections, and what the record's page says of them."""

import re
from typing import Any
from urllib.parse import quote

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from surveys.cleaning.models import CleanRow
from surveys.corrections.models import Correction
from tests.surveys.corrections.interviews import INCOME, MEMBER, rows_of
from tests.surveys.household_forms import drain

AMOUNT = f"{INCOME}/inc_amount"
PAGE = {"headers": {"accept": "text/html"}}


def at(row: CleanRow, path: str = AMOUNT) -> str:
    return f"{row.pk} {path}"


def correct(client: Client, row: CleanRow, new: Any, path: str = AMOUNT, **more: Any) -> Any:
    said = {
        "at": at(row, path), "new:0": new, "old:0": row.verbatim[path.rpartition("/")[2]],
        "action:0": "replace", "reason": "Telephoned", "source": "field_call", **more,
    }  # fmt: skip
    return client.post(f"/corrections/of/{row.record_id}/", said, **PAGE)


def text(client: Client, where: str, status: int = 200) -> str:
    answer = client.get(where, **PAGE)
    assert answer.status_code == status
    return answer.content.decode()


def test_page_asks_as_the_form_asks(as_gulnara: Client, source: CleanRow) -> None:
    address = f"/corrections/of/{source.record_id}/"
    number = text(as_gulnara, f"{address}?at={quote(at(source))}")
    assert f'value="{source.verbatim["inc_amount"]}"' in number
    assert 'inputmode="decimal"' in number
    choice = text(as_gulnara, f"{address}?at={quote(at(source, f'{INCOME}/inc_currency'))}")
    assert re.search(r'<option value="KGS"[^>]*>[^<]*[Ss]om', choice)


def test_income_is_proposed_approved_seen_on_the_record_and_revoked(
    as_gulnara: Client, as_alice: Client, as_bob: Client, source: CleanRow, record: CleanRow
) -> None:
    total = record.values["income_kgs"]
    where = f"/records/rmp_registration/{record.pk}/"
    assert quote(f"{source.pk} {AMOUNT}") in text(as_gulnara, where)
    assert correct(as_gulnara, source, "12345")["Location"] == where
    made = Correction.objects.get()
    assert "Approve" in text(as_alice, "/corrections/")
    assert 'value="approve"' not in text(as_gulnara, "/corrections/")

    as_alice.post("/corrections/decide/", {"correction": made.pk, "move": "approve"})
    drain()
    page = text(as_bob, where)
    sent = source.verbatim["inc_amount"]
    assert "12345" in page
    assert f"the tablet sent: {sent}" in page
    assert f"the tablet sent: {record.verbatim['income_kgs']}" in page
    record.refresh_from_db()
    assert record.values["income_kgs"] != total

    said = {"correction": made.pk, "move": "revoke", "why": "They were mistaken"}
    as_alice.post("/corrections/decide/", said)
    drain()
    assert "the tablet sent" not in text(as_bob, where)
    assert "Revoked" in text(as_bob, "/corrections/?state=revoked")


def test_what_is_refused_keeps_what_was_typed(as_gulnara: Client, source: CleanRow) -> None:
    answer = correct(as_gulnara, source, "-7", reason="What they said")
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "Breaks the form" in page
    assert 'value="-7"' in page
    assert "What they said" in page


def test_question_that_the_form_then_demands_is_asked_too(
    as_gulnara: Client, record: CleanRow
) -> None:
    member = next(r for r in rows_of(record, MEMBER) if r.values["m_birth_known"] == "no")
    as_gulnara.post("/review/reason/", {"reason": "comparing with the paper list"})
    answer = correct(as_gulnara, member, "yes", f"{MEMBER}/m_birth_known")
    page = answer.content.decode()
    assert answer.status_code == 422
    assert f"{member.pk} {MEMBER}/m_birth_date" in page
    said = {
        "at": [at(member, f"{MEMBER}/m_birth_known"), at(member, f"{MEMBER}/m_birth_date")],
        "new:1": "1980-05-01", "old:1": "", "action:1": "replace",
    }  # fmt: skip
    assert correct(as_gulnara, member, "yes", f"{MEMBER}/m_birth_known", **said).status_code == 302
    assert Correction.objects.count() == 2


def test_answer_that_another_corrected_meanwhile_is_shown_as_it_is_now(
    as_gulnara: Client, as_alice: Client, as_root: Client, source: CleanRow
) -> None:
    correct(as_gulnara, source, "111")
    made = Correction.objects.get()
    as_alice.post("/corrections/decide/", {"correction": made.pk, "move": "approve"})
    drain()
    answer = correct(as_root, source, "222")
    assert answer.status_code == 409
    assert 'name="old:0" value="111"' in answer.content.decode()


def test_masked_answer_has_no_page_without_a_reason(as_gulnara: Client, record: CleanRow) -> None:
    member = rows_of(record, MEMBER)[0]
    where = f"/corrections/of/{record.pk}/?at={quote(at(member, f'{MEMBER}/m_name'))}"
    text(as_gulnara, where, 403)
    as_gulnara.post("/review/reason/", {"reason": "comparing with the paper list"})
    assert member.values["m_name"] in text(as_gulnara, where)


def test_right_answer_is_said_to_be_right(
    as_gulnara: Client, as_alice: Client, source: CleanRow
) -> None:
    correct(as_gulnara, source, "", **{"action:0": "okay"})
    made = Correction.objects.get()
    assert (made.action, made.old) == ("okay", made.new)
    as_alice.post("/corrections/decide/", {"correction": made.pk, "move": "approve"})
    drain()
    made.refresh_from_db()
    assert made.state == "applied"
    source.refresh_from_db()
    assert "=inc_amount" not in source.verbatim


def test_own_proposal_is_withdrawn_from_the_list(as_gulnara: Client, source: CleanRow) -> None:
    correct(as_gulnara, source, "111")
    assert 'value="withdraw"' in text(as_gulnara, "/corrections/")
    made = Correction.objects.get()
    as_gulnara.post("/corrections/decide/", {"correction": made.pk, "move": "withdraw"})
    assert Correction.objects.get().state == "withdrawn"


def test_reader_sees_the_log_but_no_buttons(
    as_bob: Client, as_gulnara: Client, source: CleanRow
) -> None:
    correct(as_gulnara, source, "111")
    page = text(as_bob, "/corrections/")
    assert "111" in page
    assert 'name="move"' not in page
    assert "Telephoned" not in page
    assert as_bob.get(f"/corrections/of/{source.record_id}/").status_code == 403


@pytest.mark.parametrize(
    "query", ["?at=nowhere", "?at=x%20y", "", "?at=00000000-0000-0000-0000-000000000000 x"]
)
def test_page_without_an_answer_is_refused(
    as_gulnara: Client, record: CleanRow, query: str
) -> None:
    assert as_gulnara.get(f"/corrections/of/{record.pk}/{query}").status_code in {400, 404}


def test_list_needs_as_many_queries_for_twenty_as_for_one(
    as_gulnara: Client, source: CleanRow
) -> None:
    correct(as_gulnara, source, "111")
    made = Correction.objects.get()
    text(as_gulnara, "/corrections/")
    one = queries(as_gulnara)
    for number in range(19):
        made.pk = made.bundle = f"00000000-0000-0000-0000-{number:012}"
        made.save(force_insert=True)
        made.steps.create(step="proposed", by=made.proposed_by, at=made.proposed_at)
    assert queries(as_gulnara) == one


def queries(client: Client) -> int:
    with CaptureQueriesContext(connection) as found:
        text(client, "/corrections/")
    return len(found)
