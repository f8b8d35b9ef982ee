"""A tablet that speaks the JSON sync API through Django's test client. None of our own code."""

import gzip
import json
from dataclasses import dataclass
from typing import Any

from django.http import HttpResponse
from django.test import Client

SYNC = "/api/v1/sync/"
Json = dict[str, Any]


@dataclass
class JsonTablet:
    client: Client
    token: str = ""

    def post(
        self, name: str, body: Any, *, zipped: bool = False, headers: dict[str, str] | None = None
    ) -> HttpResponse:
        """A body of bytes goes as it is, any other as JSON."""
        raw = body if isinstance(body, bytes) else json.dumps(body, ensure_ascii=False).encode()
        sent = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        if zipped:
            raw, sent["Content-Encoding"] = gzip.compress(raw), "gzip"
        return self.client.generic(
            "POST", SYNC + name, raw, "application/json", headers={**sent, **(headers or {})}
        )

    def push(self, *items: Any, zipped: bool = False) -> list[Json]:
        """The results of a push that must be taken."""
        answer = self.post("push", {"items": list(items)}, zipped=zipped)
        assert answer.status_code == 200, answer.content
        return answer.json()["results"]

    def get(self, name: str, *, headers: dict[str, str] | None = None, **query: Any) -> Any:
        sent = {"Authorization": f"Bearer {self.token}", **(headers or {})}
        return self.client.get(SYNC + name, query, headers=sent)

    def pull(self, cursor: str = "", **query: Any) -> Json:
        """One page of a pull that must be given."""
        answer = self.get("pull", cursor=cursor, **query)
        assert answer.status_code == 200, answer.content
        return answer.json()
