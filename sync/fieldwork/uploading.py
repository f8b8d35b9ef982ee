"""Files in pieces by tus 1.0 (sync.md 3): after a break the tablet asks where to go on."""

import hashlib
from base64 import b64encode
from collections.abc import Callable
from random import Random
from urllib.parse import urlsplit

from sync.fieldwork.fieldworker import Parcel
from sync.fieldwork.link import Answer, LinkBroken
from sync.fieldwork.tablet import ServerSurprise

TUS = {"Tus-Resumable": "1.0.0"}
UPLOADS = "/api/v1/sync/uploads/"
Ask = Callable[..., Answer]


class Uploader:
    """`ask` makes one request with the tablet's token."""

    def __init__(self, ask: Ask, rng: Random) -> None:
        self.ask = ask
        self.rng = rng
        self._begun: set[str] = set()  # uploads of which the server may hold a part

    def send_ahead(self, parcel: Parcel) -> None:
        """A file before its record: begun by hand. Raises what `ask` does."""
        name, content = next(iter(parcel.record.attachments.items()))
        said = {
            "instance_id": parcel.instance_id,
            "name": name,
            "sha256": hashlib.sha256(content).hexdigest(),
        }
        metadata = ",".join(
            f"{key} {b64encode(text.encode()).decode()}" for key, text in said.items()
        )
        headers = {**TUS, "Upload-Length": str(len(content)), "Upload-Metadata": metadata}
        answer = self.ask("POST", UPLOADS, b"", headers, kind="upload")
        if answer.status != 201:
            raise ServerSurprise(f"creating an upload answered {answer.status}: {answer.words}")
        self._send_file(urlsplit(answer.headers["location"]).path, content)

    def send_files(self, parcel: Parcel) -> None:
        """What is missing of a record's files, as far as the link holds."""
        for name, path in list(parcel.uploads.items()):
            try:
                done = self._send_file(path, parcel.record.attachments[name])
            except LinkBroken:
                self._begun.add(path)
                return
            if done:
                parcel.believe_file(name)
                del parcel.uploads[name]
        parcel.settle()

    def _send_file(self, path: str, content: bytes) -> bool:
        at = self._offset(path) if path in self._begun else 0
        if at == len(content):
            return True
        headers = {
            **TUS,
            "Upload-Offset": str(at),
            "Content-Type": "application/offset+octet-stream",
        }
        answer = self.ask("PATCH", path, content[at:], headers, kind="upload")
        self._begun.add(path)
        if answer.status in {409, 429, 503}:  # the next HEAD tells where to go on
            return False
        if answer.status != 204:
            raise ServerSurprise(f"an upload answered {answer.status}: {answer.words}")
        return answer.headers["upload-offset"] == str(len(content))

    def _offset(self, path: str) -> int:
        answer = self.ask("HEAD", path, b"", TUS, kind="upload")
        if answer.status != 200:
            raise ServerSurprise(f"HEAD of an upload answered {answer.status}")
        return int(answer.headers["upload-offset"])
