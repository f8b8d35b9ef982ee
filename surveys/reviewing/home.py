"""What the first page says about review: how many records wait for it."""

from django.urls import reverse

from backend.accounts.models import User
from backend.accounts.permissions import may_review
from backend.home import Figure
from surveys.reviewing.queue import Queue


def review_figures(user: User) -> list[Figure]:
    """New and edited records that this user may decide on."""
    if not may_review(user):
        return []
    waiting = Queue(user).rows().count()
    if waiting == 0:
        return [Figure("to review", 0, "none")]
    return [Figure("to review", waiting, "new or edited", reverse("review"))]
