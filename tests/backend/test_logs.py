"""Log lines are JSON, carry ids, and never a token, a name or an answer."""

import json
import logging

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.logs import JsonFormatter, hide_tokens

TOKEN = "q1W2e3R4-t5_y6"


def line(message: str, *arguments: object, **extra: object) -> dict[str, object]:
    record = logging.LogRecord("sync", logging.INFO, __file__, 1, message, arguments, None)
    record.__dict__ |= extra
    return json.loads(JsonFormatter().format(record))


def test_a_line_says_when_what_and_about_which_ids():
    written = line("received", submission_id=7, device_id=3)

    assert written["message"] == "received"
    assert written["level"] == "info"
    assert (written["submission_id"], written["device_id"]) == (7, 3)
    assert str(written["time"]).endswith("+00:00")


@pytest.mark.parametrize("field", ["name", "phone", "place", "head_name", "token", "password"])
def test_a_field_that_is_not_allowed_never_reaches_the_line(field):
    assert "Гүлнара" not in json.dumps(line("received", **{f"answer_{field}": "Гүлнара"}))


@pytest.mark.parametrize(
    "text",
    [
        f"GET /key/{TOKEN}/formList",
        f"http://oila.example/key/{TOKEN}",
        f"Not Found: /key/{TOKEN}/x",
        f'"/key/{TOKEN}"',
    ],
)
def test_a_token_in_a_path_is_hidden(text):
    assert TOKEN not in json.dumps(line(text))
    assert TOKEN not in json.dumps(line("seen at %s", text))


@given(st.text(st.characters(codec="ascii", categories=["L", "N"]), min_size=1))
def test_any_token_in_a_path_is_hidden(token):
    assert hide_tokens(f"/key/{token}/submission") == "/key/…/submission"


def test_a_traceback_keeps_its_frames_and_drops_the_words_that_may_quote_an_answer():
    answer = "\n    " + "аралнүГ"[::-1]  # not as it stands in this source, which a trace shows
    try:
        try:
            int(answer)
        except ValueError as error:
            raise KeyError(answer) from error
    except KeyError as error:
        record = logging.LogRecord("x", logging.ERROR, __file__, 1, "failed", (), None)
        record.exc_info = (KeyError, error, error.__traceback__)

    written = json.loads(JsonFormatter().format(record))

    assert written["error"] == "KeyError"
    assert written["trace"].count("test_logs.py") == 2
    assert "ValueError" in written["trace"]
    assert "Гүлнара" not in written["trace"]


def test_a_line_is_one_line_whatever_it_says():
    record = logging.LogRecord("x", logging.INFO, __file__, 1, "one\ntwo", (), None)
    assert "\n" not in JsonFormatter().format(record)
