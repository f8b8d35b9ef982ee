"""What a person likes: the language of the pages."""

from backend.accounts.models import User


def choose_language(*, user: User, language: str) -> None:
    """Keeps the language, a code of `settings.LANGUAGES`, for every machine the person uses."""
    user.language = language
    user.save(update_fields=["language"])
