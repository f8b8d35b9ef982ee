"""What the first page says of corrections, to who approves and to who proposed."""

import re

from django.test import Client

from surveys.cleaning.models import CleanRow
from surveys.corrections import states
from surveys.corrections.models import Correction
from surveys.corrections.work import run_errands
from tests.surveys.corrections.test_pages import correct, text


def waits(client: Client) -> str:
    page = text(client, "/")
    return page[page.index('id="waits"') : page.index('id="happened"')]


def test_correction_waits_for_who_may_approve_it_and_for_nobody_else(
    as_gulnara: Client, as_alice: Client, as_bob: Client, source: CleanRow
) -> None:
    correct(as_gulnara, source, "12345")

    assert re.search(r'href="/corrections/">\s*<b>1</b> <span>correction to', waits(as_alice))
    assert "/corrections/" not in waits(as_gulnara)
    assert "/corrections/" not in waits(as_bob)


def test_errand_is_told_until_it_is_done(as_gulnara: Client, as_alice: Client) -> None:
    as_gulnara.post("/corrections/log/", {"query": "state=all"})
    assert "being done in the background" in waits(as_gulnara)
    assert "being done in the background" not in waits(as_alice)
    run_errands()
    assert "being done in the background" not in waits(as_gulnara)


def test_own_correction_waits_for_others_until_it_fits_no_more(
    as_alice: Client, source: CleanRow
) -> None:
    correct(as_alice, source, "12345")
    assert "/corrections/" not in waits(as_alice)

    Correction.objects.update(state=states.STALE)
    assert "/corrections/?state=stale" in waits(as_alice)
    assert "1 proposal" in text(as_alice, "/corrections/?state=stale")
