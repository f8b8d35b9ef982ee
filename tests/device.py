"""A tablet in Python that behaves on the wire as Collect does (openrosa.md D4 to D9, S1 to S8).

It speaks through a `Door`: Django's test client, or HTTP to a live server. It uses none of our
own code, so that it cannot share our mistakes.
"""

import gzip
import hashlib
import http.client
import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol
from urllib.parse import quote, urlsplit
from xml.etree import ElementTree

from django.test import Client

USER_AGENT = "org.odk.collect.android/v2026.3.0 Dalvik/2.1.0 (Linux; U; Android 13)"
DEFAULT_SPLIT_BYTES = 10_000_000
FILES_A_POST = 100  # Collect starts another POST after 101 attachments
SENT = {201, 202}
LIST = "{http://openrosa.org/xforms/xformsList}"
MANIFEST = "{http://openrosa.org/xforms/xformsManifest}"
RESPONSE = "{http://openrosa.org/http/response}"

File = tuple[str, bytes, str]  # name, content, type


@dataclass(frozen=True)
class Answer:
    status: int
    headers: Mapping[str, str]  # names in lower case
    body: bytes

    @property
    def content(self) -> bytes:
        zipped = self.headers.get("content-encoding") == "gzip"
        return gzip.decompress(self.body) if zipped else self.body

    @property
    def xml(self) -> ElementTree.Element:
        return ElementTree.fromstring(self.content)

    @property
    def message(self) -> str:
        """What Collect would show to the enumerator."""
        return self.xml.findtext(f"{RESPONSE}message") or ""


class Door(Protocol):
    def __call__(
        self, method: str, url: str, headers: Mapping[str, str], body: bytes = b""
    ) -> Answer: ...


def client_door(client: Client) -> Door:
    """Requests without a socket, through Django's test client."""

    def send(method: str, url: str, headers: Mapping[str, str], body: bytes = b"") -> Answer:
        parts = urlsplit(url)
        target = parts.path + (f"?{parts.query}" if parts.query else "")
        rest = {name: value for name, value in headers.items() if name != "Content-Type"}
        rest["Host"] = parts.netloc
        response = client.generic(
            method,
            target,
            data=body,
            content_type=headers.get("Content-Type", ""),
            secure=parts.scheme == "https",
            headers=rest,
        )
        names = {name.lower(): value for name, value in response.headers.items()}
        return Answer(response.status_code, names, response.content)

    return send


class HttpDoor:
    """Requests over one kept-alive connection, as a tablet's; one for each thread."""

    def __init__(self, timeout: float = 60) -> None:
        self.timeout = timeout
        self._open: dict[str, http.client.HTTPConnection] = {}

    def __call__(
        self, method: str, url: str, headers: Mapping[str, str], body: bytes = b""
    ) -> Answer:
        parts = urlsplit(url)
        link = self._open.get(parts.netloc)
        if link is None:
            link = http.client.HTTPConnection(parts.netloc, timeout=self.timeout)
            self._open[parts.netloc] = link
        try:
            link.request(
                method,
                parts.path + (f"?{parts.query}" if parts.query else ""),
                body=body or None,
                headers=dict(headers),
            )
            response = link.getresponse()
            content = response.read()
        except (OSError, http.client.HTTPException):
            self.close()
            raise
        names = {name.lower(): value for name, value in response.getheaders()}
        return Answer(response.status, names, content)

    def close(self) -> None:
        for link in self._open.values():
            link.close()
        self._open.clear()


@dataclass
class Tablet:
    """One device: its server address (as in the QR code) and the way out to it."""

    server_url: str
    door: Door
    device_id: str = "collect:abcDEF0123456789"
    headers: dict[str, str] = field(default_factory=dict)
    user_agent: str = USER_AGENT

    def get(self, url: str, **headers: str) -> Answer:
        """A GET as Collect makes it: `deviceID` behind whatever query there is (D4)."""
        return self._send("GET", url, headers)

    def head(self, url: str) -> Answer:
        return self._send("HEAD", url, {})

    def form_list(self) -> list[dict[str, str]]:
        answer = self.get(f"{self.server_url}/formList")
        self._expect_openrosa(answer)
        return [_children(form) for form in answer.xml.iter(f"{LIST}xform")]

    def manifest(self, form: Mapping[str, str]) -> list[dict[str, str]]:
        """The files of a listed form; none where the list names no manifest."""
        if "manifestUrl" not in form:
            return []
        answer = self.get(form["manifestUrl"])
        self._expect_openrosa(answer)
        files = answer.xml.iter(f"{MANIFEST}mediaFile")
        return [{**_children(file), "type": file.get("type", "")} for file in files]

    def fetch_form(self, form: Mapping[str, str]) -> bytes:
        """The form's XML, checked against the hash that the list gave (L3)."""
        answer = self.get(form["downloadUrl"])
        assert answer.status == 200, answer.status
        assert form["hash"] == "md5:" + hashlib.md5(answer.content).hexdigest()
        return answer.content

    def send(self, xml: bytes, files: Sequence[File] = ()) -> Answer:
        """HEAD first, then one POST or several, each with the whole XML; the last answer."""
        split = self._accepted_bytes()
        answer: Answer | None = None
        batches = list(_batches(len(xml), files, split))
        for number, batch in enumerate(batches, start=1):
            answer = self.post(xml, batch, incomplete=number < len(batches))
            if answer.status not in SENT:
                break
        assert answer is not None
        return answer

    def post(self, xml: bytes, files: Sequence[File] = (), *, incomplete: bool = False) -> Answer:
        """One POST without the HEAD before it."""
        name = f"record_{hashlib.sha256(xml).hexdigest()[:8]}.xml"
        parts: list[tuple[str, str | None, str, bytes]] = [
            ("xml_submission_file", name, "text/xml", xml)
        ]
        parts += [(file, file, kind, content) for file, content, kind in files]
        if incomplete:
            parts.append(("*isIncomplete*", None, "", b"yes"))
        body, content_type = multipart(parts)
        return self._send(
            "POST", f"{self.server_url}/submission", {"Content-Type": content_type}, body
        )

    def _accepted_bytes(self) -> int:
        answer = self.head(f"{self.server_url}/submission")
        if answer.status != 204:
            return DEFAULT_SPLIT_BYTES
        return int(answer.headers["x-openrosa-accept-content-length"])

    def _send(self, method: str, url: str, headers: Mapping[str, str], body: bytes = b"") -> Answer:
        joint = "&" if "?" in url else "?"
        return self.door(
            method,
            f"{url}{joint}deviceID={quote(self.device_id, safe='')}",
            {
                "X-OpenRosa-Version": "1.0",
                "User-Agent": self.user_agent,
                "Accept-Encoding": "gzip",
                **self.headers,
                **headers,
            },
            body,
        )

    def _expect_openrosa(self, answer: Answer) -> None:
        """What makes Collect believe that it speaks to an OpenRosa server (D2, D3)."""
        assert answer.status == 200, answer.status
        assert "x-openrosa-version" in answer.headers
        assert "text/xml" in answer.headers["content-type"]


def multipart(
    parts: Sequence[tuple[str, str | None, str, bytes]], boundary: str = ""
) -> tuple[bytes, str]:
    """Fields and files in OkHttp's spelling: names in UTF-8, `"` as %22, each with its length."""
    boundary = boundary or str(uuid.uuid4())
    pieces = []
    for name, filename, kind, content in parts:
        head = f'Content-Disposition: form-data; name="{_quoted(name)}"'
        if filename is not None:
            head += f'; filename="{_quoted(filename)}"'
        if kind:
            head += f"\r\nContent-Type: {kind}"
        head += f"\r\nContent-Length: {len(content)}"
        pieces += [f"--{boundary}\r\n{head}\r\n\r\n".encode(), content, b"\r\n"]
    pieces.append(f"--{boundary}--\r\n".encode())
    return b"".join(pieces), f"multipart/form-data; boundary={boundary}"


def _quoted(name: str) -> str:
    return name.replace("\n", "%0A").replace("\r", "%0D").replace('"', "%22")


def _batches(xml_bytes: int, files: Sequence[File], split: int) -> Iterator[list[File]]:
    """Collect fills a POST up to the advertised size; one file alone may pass it (S5, S7)."""
    batch: list[File] = []
    size = xml_bytes
    for file in files:
        if batch and (size + len(file[1]) > split or len(batch) > FILES_A_POST):
            yield batch
            batch, size = [], xml_bytes
        batch.append(file)
        size += len(file[1])
    yield batch


def _children(element: ElementTree.Element) -> dict[str, Any]:
    return {child.tag.rpartition("}")[2]: child.text or "" for child in element}
