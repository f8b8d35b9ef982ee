"""The form of the login page: Django's own, which counts wrong passwords."""

from typing import Any

from django.contrib.auth.forms import AuthenticationForm
from django.core.exceptions import ValidationError

from backend.accounts.guesses import check_guesses, count_guess
from backend.problems import Problem


class LogInForm(AuthenticationForm):
    """`is_closed`: too many wrong passwords of this name; whether this one is right is not said."""

    is_closed = False

    def clean(self) -> dict[str, Any]:
        name = self.cleaned_data.get("username") or ""
        try:
            check_guesses(name)
        except Problem as problem:
            self.is_closed = True
            raise ValidationError(problem.code, code=problem.code) from None
        try:
            return super().clean()
        except ValidationError:
            count_guess(name)
            raise
