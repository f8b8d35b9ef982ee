"""The page that recodes "other: specify": texts with their counts, and the choice they mean."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import get_language
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from backend.accounts.models import User
from backend.accounts.permissions import logged_in, may_unmask
from backend.problems import Problem
from surveys.corrections.bell import ring_errands_bell
from surveys.corrections.errands import ask_recode
from surveys.corrections.models import Errand
from surveys.corrections.others import OtherText
from surveys.corrections.recode import Text, others_of, suggestions_of, texts_of
from surveys.corrections.suggest import Suggestion, most_meant
from surveys.corrections.visible import proposer
from surveys.datasets.codebook import label_in
from surveys.datasets.tables import dataset_of_form, find_form, published_forms
from surveys.privacy.reason import reason_given, unmasking_for
from surveys.xforms.models import Form


@require_http_methods(["GET", "POST"])
@login_required
@never_cache
def recode(request: HttpRequest) -> HttpResponse:
    """First a form, then a question of it, then its texts."""
    user = proposer(logged_in(request))
    typed = request.POST if request.method == "POST" else request.GET
    form_id, path = typed.get("form", ""), typed.get("path", "")
    form = find_form(form_id) if form_id else None
    others = others_of(form) if form else []
    other = next((each for each in others if each.text.path == path), None)
    if request.method == "GET" or form is None or other is None:
        return _page(request, user, form, others, other)
    try:
        errand = _ask(request, user, form, path)
    except Problem as problem:
        return _page(request, user, form, others, other, problem=problem)
    return redirect("errand", errand.pk)


def _ask(request: HttpRequest, user: User, form: Form, path: str) -> Errand:
    errand = ask_recode(
        form=form,
        path=path,
        words=request.POST.getlist("words"),
        code=request.POST.get("code", ""),
        reason=request.POST.get("reason", ""),
        by=user,
        granted=unmasking_for(request.session, user, f"recode {form.form_id}"),
    )
    ring_errands_bell()
    return errand


def _page(
    request: HttpRequest,
    user: User,
    form: Form | None,
    others: list[OtherText],
    other: OtherText | None,
    *,
    problem: Problem | None = None,
) -> HttpResponse:
    context: dict[str, Any] = {"form": form, "forms": published_forms(), "other": other}
    if form is not None:
        dataset = dataset_of_form(form)
        language = dataset.language(get_language() or "en") or dataset.languages[0]
        context["questions"] = [
            (o.text.path, label_in(o.choice.labels, language) or o.choice.name) for o in others
        ]
        if other is not None:
            try:
                granted = unmasking_for(request.session, user, f"recode {form.form_id}")
                texts = texts_of(form, other, user, granted)
                found = suggestions_of(form, other, user, texts)
                context |= _asked(request, other, language, texts, found)
            except Problem as masked:
                problem = problem or masked
    context |= {
        "problem": problem,
        "may_unmask": may_unmask(user),
        "unmasked_because": reason_given(request.session),
        "reason": request.POST.get("reason", ""),
    }
    status = problem.status if problem else 200
    return render(request, "corrections/recode.html", context, status=status)


def _asked(
    request: HttpRequest,
    other: OtherText,
    language: str,
    texts: Sequence[Text],
    found: Mapping[str, Suggestion],
) -> dict[str, Any]:
    """Texts that surely mean the chosen code come first and are ticked, unless one said which."""
    labels = {
        c.name: label_in(c.labels, language) or c.name
        for c in other.choice.choices
        if c.name != other.code
    }
    counts = {text.words: text.count for text in texts}
    said = request.POST if request.method == "POST" else request.GET
    code = said.get("code", "") or most_meant(found, counts)
    meant = {words for words, each in found.items() if each.code == code}
    sure = {words for words in meant if found[words].clear}
    ticked = request.POST.getlist("words") if request.method == "POST" else sure
    lines = [
        {
            "words": text.words,
            "count": text.count,
            "ticked": text.words in ticked,
            "suggestion": found.get(text.words),
            "label": labels[found[text.words].code] if text.words in found else "",
        }
        for text in sorted(texts, key=lambda t: (t.words not in sure, t.words not in meant))
    ]
    return {"texts": lines, "choices": labels.items(), "code": code}
