"""A tablet's log of a form, whole or broken, becomes seconds; nothing in it breaks the reading."""

import csv
import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from surveys.quality.audit import MOST_BYTES, MOST_EVENTS, Event, read_audit, timing_of

HEADER = "event,node,start,end,latitude,longitude,accuracy,old-value,new-value,user"
NOON = 1_401_768_000_000
PATIENT = settings(deadline=None)


def log(*lines: tuple[str, str, float, float | None], header: str = HEADER) -> bytes:
    """Event, node below the form's root, and seconds after noon."""
    told = [header]
    for name, node, start, end in lines:
        ended = "" if end is None else NOON + round(end * 1000)
        path = f"/data/{node}" if node else ""
        told.append(f"{name},{path},{NOON + round(start * 1000)},{ended},,,,,,")
    return ("\n".join(told) + "\n").encode()


# Two questions, one of them again; a call of a quarter of an hour between; a screen of two
# questions; one row of a list slower than the other; tea, with the last question left open.
AFTERNOON = log(
    ("form start", "", 0, None),
    ("question", "main/consent", 0, 5),
    ("question", "main/hh_size", 5.5, 8.5),
    ("jump", "", 9, None),
    ("question", "main/consent", 10, 12),
    ("form exit", "", 12, None),
    ("form resume", "", 902, None),
    ("group questions", "main/income", 902, 922),
    ("question", "main/income/amount", 902, 922),
    ("question", "main/roster/member[1]/m_age", 922, 924),
    ("question", "main/roster/member[2]/m_age", 924, 930),
    ("question", "main/gps", 930, 2130),
    ("question", "main/end_note", 2130, 2131),
    ("form finalize", "", 2131, None),
)


def test_worked_example_of_an_afternoon() -> None:
    timing = timing_of(read_audit(AFTERNOON))

    assert timing is not None
    # 5 + 3 + 2 before the call; 20 + 2 + 6 after it, the shared screen once; 1 after tea
    assert timing.active == 39
    assert timing.longest_pause == 1200  # the tea; the call was 890
    assert timing.paused == 2090
    assert timing.first == {
        "main/consent": 5, "main/hh_size": 3, "main/income": 20, "main/income/amount": 20,
        "main/roster/member/m_age": 4, "main/end_note": 1,
    }  # fmt: skip
    assert timing.visits == {**timing.first, "main/consent": 7}


def test_short_hole_without_leaving_the_form_is_no_pause() -> None:
    timing = timing_of(read_audit(log(("question", "a", 0, 2), ("question", "b", 302, 303))))

    assert timing is not None
    assert (timing.active, timing.paused, timing.longest_pause) == (3, 0, 0)


def test_columns_are_found_by_their_names_in_any_order() -> None:
    told = read_audit(b"end,start,user,node,event\n9,5,Ali,/data/a,question\n")

    assert told.events == [Event("question", "a", 5, 9)]


@pytest.mark.parametrize(
    "line",
    [
        "question,/data/a,x,9", "question,/data/a,5", ",/data/a,5,9", "question,/data/a,9,5",
        "question,/data/a,-5,9", "question,/data/a,5,99999999999999999999", "question,/data/a,٥,9",
        "question,/data/a,1e3,9",
    ],
)  # fmt: skip
def test_line_that_makes_no_sense_is_counted_and_the_next_is_read(line: str) -> None:
    told = read_audit(f"event,node,start,end\n{line}\nquestion,/data/b,5,9\n".encode())

    assert (told.bad_lines, [event.node for event in told.events]) == (1, ["b"])


@pytest.mark.parametrize(
    "content",
    [b"", b"\n\n", b"\xff\xfe\x00", b"name,age\nAli,5\n", b"\x89PNG\r\n\x1a\n", HEADER.encode()],
)
def test_file_that_is_no_log_tells_nothing(content: bytes) -> None:
    told = read_audit(content)

    assert list(told.events) == []
    assert timing_of(told) is None


def test_log_that_is_too_large_or_too_long_is_cut() -> None:
    whole = read_audit(HEADER.encode() + b"\n" + b"x" * MOST_BYTES)
    many = log(*[("question", "a", n, n + 0.5) for n in range(MOST_EVENTS + 5)])
    long = read_audit(many)

    assert (whole.cut, list(whole.events)) == (True, [])
    assert (long.cut, len(long.events)) == (True, MOST_EVENTS)
    assert not read_audit(AFTERNOON).cut


def test_cell_without_an_end_does_not_stop_the_reading() -> None:
    endless = b'question,/data/a,5,9\n"' + b"x" * 200_000 + b"\nquestion,/data/b,10,12\n"

    told = read_audit(b"event,node,start,end\n" + endless)

    assert [event.node for event in told.events] == ["a", "b"]
    assert told.bad_lines >= 1


@PATIENT
@given(st.binary(max_size=300), st.booleans())
def test_whatever_the_bytes_are_nothing_is_raised(content: bytes, headed: bool) -> None:
    told = read_audit((HEADER.encode() + b"\n" if headed else b"") + content)

    assert all(event.start <= event.end for event in told.events)
    timing_of(told)


EVENTS = st.lists(
    st.tuples(
        st.sampled_from(["question", "group questions", "form exit", "form resume", "jump"]),
        st.sampled_from(["a", "b", "r[1]/c", "r[2]/c"]),
        st.integers(0, 5000),
        st.integers(0, 900),
    ),
    max_size=12,
)


@PATIENT
@given(EVENTS)
def test_active_time_and_pauses_fit_into_the_sitting(
    events: list[tuple[str, str, int, int]],
) -> None:
    timing = timing_of(read_audit(log(*[(n, q, at, at + s) for n, q, at, s in events])))
    if timing is None:
        return
    asked = [(at, at + s) for n, _, at, s in events if n in {"question", "group questions"}]
    sitting = max(end for _, end in asked) - min(start for start, _ in asked)

    assert timing.active > 0
    assert timing.active + timing.paused <= sitting
    assert timing.longest_pause <= timing.paused
    assert timing.first.keys() == timing.visits.keys()
    assert all(timing.first[path] <= timing.visits[path] for path in timing.first)


@PATIENT
@given(EVENTS, st.randoms(use_true_random=False))
def test_order_of_the_lines_does_not_matter_where_no_two_begin_at_once(
    events: list[tuple[str, str, int, int]], random: object
) -> None:
    once = {at: (n, q, float(at), float(at + s)) for n, q, at, s in events}
    lines = list(once.values())
    straight = timing_of(read_audit(log(*lines)))
    random.shuffle(lines)  # type: ignore[attr-defined]

    assert timing_of(read_audit(log(*lines))) == straight


@PATIENT
@given(st.text(max_size=40), st.text(max_size=40))
def test_answers_in_the_log_change_nothing(old: str, new: str) -> None:
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(("event", "node", "start", "end", "old-value", "new-value"))
    writer.writerow(("question", "/data/a", 5, 9, old, new))
    writer.writerow(("question", "/data/b", 9, 19, new, old))

    told = read_audit(out.getvalue().encode(errors="replace"))

    assert [event.node for event in told.events] == ["a", "b"]
