"""As in Russian."""

from backend.formats.ru.formats import *  # noqa: F403
