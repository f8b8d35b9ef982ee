"""Reads settings from the environment; a bad value stops the start. Pure."""

import os
from collections.abc import Iterable

TRUE = {"1", "true", "yes", "on"}
FALSE = {"0", "false", "no", "off"}


class BadSetting(SystemExit):
    """A setting that cannot be used; the message names it and says what it takes."""

    def __init__(self, name: str, value: str, takes: str) -> None:
        super().__init__(f"Setting {name}={value!r} cannot be used: it takes {takes}.")


def env_str(name: str, default: str = "") -> str:
    return os.environ.get(name, "").strip() or default


def env_bool(name: str, *, default: bool) -> bool:
    value = env_str(name).lower()
    if not value:
        return default
    if value not in TRUE | FALSE:
        raise BadSetting(name, value, "1 or 0")
    return value in TRUE


def env_int(name: str, default: int, *, least: int = 0, most: int | None = None) -> int:
    value = env_str(name)
    if not value:
        return default
    limits = f"a whole number of at least {least}" + (f" and at most {most}" if most else "")
    try:
        number = int(value)
    except ValueError:
        raise BadSetting(name, value, limits) from None
    if number < least or (most is not None and number > most):
        raise BadSetting(name, value, limits)
    return number


def env_list(name: str, default: Iterable[str] = ()) -> list[str]:
    value = env_str(name)
    return [part.strip() for part in value.split(",") if part.strip()] if value else list(default)


def env_choice(name: str, default: str, choices: Iterable[str]) -> str:
    value = env_str(name, default)
    allowed = list(choices)
    if value not in allowed:
        raise BadSetting(name, value, "one of " + ", ".join(allowed))
    return value


def env_url(name: str, schemes: Iterable[str]) -> str:
    """An address with one of the schemes, or an empty string when it is not set."""
    value = env_str(name)
    if value and value.split("://", 1)[0] not in set(schemes):
        raise BadSetting(name, value.split("://", 1)[0] + "://…", " or ".join(schemes) + "://…")
    return value


def env_secret(name: str, *, default: str = "", least: int = 32) -> str:
    """A secret of at least `least` characters; its value is never printed."""
    value = env_str(name, default)
    if len(value) < least:
        raise BadSetting(name, "…", f"at least {least} characters")
    return value
