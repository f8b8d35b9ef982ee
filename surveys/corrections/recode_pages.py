"""The page that recodes "other: specify": texts with their counts, and the choice they mean."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import get_language, ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from backend.accounts.models import User
from backend.accounts.permissions import logged_in, may_unmask
from backend.problems import Problem
from backend.said import Said
from surveys.corrections.models import Correction
from surveys.corrections.others import OtherText
from surveys.corrections.propose import Because
from surveys.corrections.recode import Recoded, others_of, texts_of
from surveys.corrections.recode import recode as recode_texts
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
        done = _recode(request, user, form, other)
    except Problem as problem:
        return _page(request, user, form, others, other, problem=problem)
    _tell(request, done)
    return redirect(f"{reverse('corrections')}?state=waiting")


def _recode(request: HttpRequest, user: User, form: Form, other: OtherText) -> Recoded:
    words = request.POST.getlist("words")
    if not words:
        raise Problem("value_invalid", field="words", reason=Said("choose texts first"))
    return recode_texts(
        form=form,
        other=other,
        words=words,
        code=request.POST.get("code", ""),
        because=Because(request.POST.get("reason", ""), Correction.Source.OFFICE),
        by=user,
        granted=unmasking_for(request.session, user, f"recode {form.form_id}"),
    )


def _tell(request: HttpRequest, done: Recoded) -> None:
    made, refused = len(done.made), len(done.refused)
    if made:
        words = ngettext(
            "%(count)s answer is proposed to be recoded. Somebody else approves it.",
            "%(count)s answers are proposed to be recoded. Somebody else approves them at once.",
            made,
        )
        messages.success(request, words % {"count": made})
    if refused:
        words = ngettext(
            "%(count)s answer was left: %(why)s.", "%(count)s answers were left: %(why)s.", refused
        )
        messages.warning(request, words % {"count": refused, "why": done.refused[0].kind.title})
    if done.left:
        words = ngettext(
            "%(count)s more answer is left for the next time.",
            "%(count)s more answers are left for the next time.",
            done.left,
        )
        messages.warning(request, words % {"count": done.left})


def _page(
    request: HttpRequest,
    user: User,
    form: Form | None,
    others: list[OtherText],
    other: OtherText | None,
    *,
    problem: Problem | None = None,
) -> HttpResponse:
    texts, choices, questions = [], [], []
    if form is not None:
        dataset = dataset_of_form(form)
        language = dataset.language(get_language() or "en") or dataset.languages[0]
        questions = [
            (o.text.path, label_in(o.choice.labels, language) or o.choice.name) for o in others
        ]
        if other is not None:
            choices = [
                (c.name, label_in(c.labels, language) or c.name)
                for c in other.choice.choices
                if c.name != other.code
            ]
            try:
                granted = unmasking_for(request.session, user, f"recode {form.form_id}")
                texts = texts_of(form, other, user, granted)
            except Problem as masked:
                problem = problem or masked
    context = {
        "form": form,
        "forms": published_forms(),
        "questions": questions,
        "other": other,
        "texts": texts,
        "choices": choices,
        "problem": problem,
        "may_unmask": may_unmask(user),
        "unmasked_because": reason_given(request.session),
        "ticked": request.POST.getlist("words"),
        "code": request.POST.get("code", ""),
        "reason": request.POST.get("reason", ""),
    }
    status = problem.status if problem else 200
    return render(request, "corrections/recode.html", context, status=status)
