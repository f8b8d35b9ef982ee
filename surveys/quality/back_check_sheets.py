"""back_check_sheets: interviews asked again, answer by answer and number by number."""

from collections.abc import Iterable, Iterator

from backend.accounts.models import User
from surveys.datasets.files.sheets import Cell, Sheet, sheet_of_rows
from surveys.quality.back_checks import checked, repeats_seen
from surveys.quality.models import BackCheckDraw
from surveys.quality.reading import masked_names
from surveys.quality.repeated import Repeat
from surveys.quality.words import plain

DRAWS = 10  # the newest, in the file


def back_check_sheets(user: User) -> Iterator[Sheet]:
    yield _back_checks(user)
    header = ("form", "question", "type", "pairs", "mean difference", "t", "z", "p", "reliability")
    rows = (_cells(form, each) for form, told in repeats_seen(user).items() for each in told)
    yield sheet_of_rows("numbers asked twice", header, rows)


def _cells(form: str, each: Repeat) -> list[Cell]:
    ranks = each.signed_rank
    z, p = (ranks.z, ranks.p) if ranks else (None, None)
    return [form, each.name, each.type, each.pairs, each.mean, each.t, z, p, each.reliability]


def _back_checks(user: User) -> Sheet:
    header = (
        *("draw", "record", "enumerator", "again", "enumerator again", "days between"),
        *("question", "type", "first", "second", "differs"),
    )
    draws = BackCheckDraw.objects.select_related("form")[:DRAWS]
    return sheet_of_rows("back-checks", header, _compared_rows(user, draws))


def _compared_rows(user: User, draws: Iterable[BackCheckDraw]) -> Iterator[list[Cell]]:
    for draw in draws:
        masked = masked_names(user, draw.form.form_id)
        for line in checked(draw, user):
            check = line.check
            lead: list[Cell] = [draw.pk, str(check.record_id), check.enumerator]
            lead += [str(check.again_id or ""), line.enumerator_again, line.days]
            for each in line.compared:
                hidden = each.name in masked
                said = ["masked", "masked"] if hidden else map(plain, (each.first, each.again))
                yield [*lead, each.name, each.type, *said, each.differs]
