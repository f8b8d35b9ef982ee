"""Who may bring a form to tablets."""

from backend.accounts.models import User
from backend.accounts.permissions import Person, may_publish_forms
from backend.problems import Problem
from surveys.privacy.access import reader


def publisher(person: Person) -> User:
    """The user, if they may publish forms. Raises `Problem`: not_allowed, token_scope."""
    user = reader(person)
    if not may_publish_forms(user):
        raise Problem("not_allowed")
    return user
