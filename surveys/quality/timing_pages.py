"""The pages of time: how long each question was on the screen, and when interviews begin."""

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.dates import WEEKDAYS
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from backend.accounts.permissions import logged_in
from surveys.datasets.tables import published_forms
from surveys.privacy.access import reader
from surveys.quality.asked import in_words
from surveys.quality.load import FORMS
from surveys.quality.question_times import EVERYBODY
from surveys.quality.reading import Json, last_run, sees_everywhere, table
from surveys.quality.tables import QUESTION_TIMES
from surveys.quality.time_use import USUAL_HOURS, week_of
from surveys.quality.weeks import use_lines


@require_GET
@login_required
@never_cache
def question_times(request: HttpRequest) -> HttpResponse:
    """Seconds by question of one form, of one enumerator beside everybody: who sees every place."""
    user = reader(logged_in(request))
    everywhere = sees_everywhere(user)
    rows = table(QUESTION_TIMES) if everywhere else []
    form = request.GET.get("form") or next((row["form"] for row in rows), "")
    enumerator = request.GET.get("enumerator", EVERYBODY)
    chosen = [row for row in rows if row["form"] == form]
    context = {
        "rows": in_words(_beside(chosen, enumerator)),
        "everywhere": everywhere,
        "form": form,
        "forms": published_forms().filter(form_id__in=FORMS),
        "enumerator": enumerator,
        "enumerators": sorted({row["enumerator"] for row in chosen} - {EVERYBODY}),
        "run": last_run(),
    }
    return render(request, "quality/timing.html", context)


@require_GET
@login_required
@never_cache
def time_use(request: HttpRequest) -> HttpResponse:
    """Interviews by weekday and hour in which they began, of all that the user sees or of one."""
    lines = use_lines(reader(logged_in(request)))
    enumerator = request.GET.get("enumerator", "")
    week = week_of(line for line in lines if enumerator in ("", line["enumerator"]))
    context = {
        "week": week,
        "days": list(zip(WEEKDAYS.values(), week.days, week.by_day, strict=True)),
        "usual": f"{USUAL_HOURS[0]:02}–{USUAL_HOURS[-1]:02}",
        "enumerator": enumerator,
        "enumerators": sorted({line["enumerator"] for line in lines} - {""}),
        "run": last_run(),
    }
    return render(request, "quality/time_use.html", context)


def _beside(rows: list[Json], enumerator: str) -> list[Json]:
    """A line a question, of everybody; in it `own`, the enumerator's, and `fastest`, of any."""
    told: dict[str, Json] = {}
    for row in rows:
        if row["enumerator"] == EVERYBODY:
            told[row["path"]] = {**row, "own": None, "fastest": None}
            continue
        line = told[row["path"]]
        if row["enumerator"] == enumerator:
            line["own"] = row
        if line["fastest"] is None or row["median"] < line["fastest"]["median"]:
            line["fastest"] = row
    lines = list(told.values())
    return [line for line in lines if line["own"]] if enumerator else lines
