"""A tablet on the wire: OpenRosa over plain HTTP as ODK Collect speaks it, by the standard library.

Fetches forms and lists and checks their hashes, sends records in one post or several, tries
again when the server is away or says 503. What it sends is made elsewhere.
"""

import csv
import hashlib
import http.client
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from io import StringIO
from urllib.parse import quote, urlsplit
from uuid import NAMESPACE_URL, uuid5

from lxml import etree

from surveys.xforms.questionnaire import Questionnaire, Row

OPENROSA = {"X-OpenRosa-Version": "1.0"}
TYPES = {".png": "image/png", ".jpg": "image/jpeg", ".csv": "text/csv"}
TRIES = 8


class ServerSurprise(Exception):
    """The server answered what the OpenRosa specification does not allow."""


@dataclass(frozen=True, slots=True)
class Record:
    """A finished form as it lies in the tablet's outbox."""

    form_id: str
    instance_id: str
    xml: bytes
    attachments: Mapping[str, bytes]


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back over HTTP."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def words(self) -> str:
        """The message a person with this tablet would read."""
        try:
            return etree.fromstring(self.body).findtext("{*}message") or ""
        except etree.XMLSyntaxError:
            return ""


class Tablet:
    """One device; `server_url` is what its settings hold, `http://host/key/<token>`."""

    def __init__(self, server_url: str, *, name: str) -> None:
        self.name = name
        self.device_id = f"collect:{hashlib.sha256(name.encode()).hexdigest()[:16]}"
        self.base = urlsplit(server_url.rstrip("/"))
        self._connection: http.client.HTTPConnection | None = None

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    # --- Fetching -------------------------------------------------------------------------------

    def fetch_forms(self) -> dict[str, Questionnaire]:
        """Every form on the list, with the lists its manifest names, by form id."""
        listed = self._fetch_xml(f"{self.base.path}/formList")
        forms = {}
        for entry in listed.iterfind("{*}xform"):
            xform = self._fetch_hashed(entry)
            manifest = entry.findtext("{*}manifestUrl")
            forms[entry.findtext("{*}formID") or ""] = Questionnaire(
                xform, self._fetch_lists(manifest) if manifest else {}
            )
        return forms

    def fetch_listing(self) -> tuple[etree._Element, list[etree._Element]]:
        """The form list and every manifest: what Collect asks at each check for updates (L12)."""
        listed = self._fetch_xml(f"{self.base.path}/formList")
        addresses = [each.text or "" for each in listed.iterfind("{*}xform/{*}manifestUrl")]
        return listed, [self._fetch_xml(address) for address in addresses]

    def _fetch_lists(self, manifest: str) -> dict[str, Sequence[Row]]:
        lists: dict[str, Sequence[Row]] = {}
        for entry in self._fetch_xml(manifest).iterfind("{*}mediaFile"):
            content = self._fetch_hashed(entry)
            name = entry.findtext("{*}filename") or ""
            if name.endswith(".csv"):
                rows = csv.DictReader(StringIO(content.decode()))
                lists[name.removesuffix(".csv")] = [self._as_held(row) for row in rows]
        return lists

    def _as_held(self, row: dict[str, str]) -> Row:
        """An entity as the tablet keeps it: with its trunk and a branch of its own (E7)."""
        if "__version" not in row:
            return row
        branch = uuid5(NAMESPACE_URL, f"{self.device_id}/{row['name']}/{row['__version']}")
        return {**row, "__trunkVersion": row["__version"], "__branchId": str(branch)}

    def _fetch_xml(self, address: str) -> etree._Element:
        answer = self._get(address)
        if "text/xml" not in answer.headers.get("content-type", ""):
            raise ServerSurprise(f"{_shown(address)} is not text/xml (D3)")
        return etree.fromstring(answer.body)

    def _fetch_hashed(self, entry: etree._Element) -> bytes:
        """What an entry's downloadUrl serves; its hash must be that of the bytes (L3, F6)."""
        address = entry.findtext("{*}downloadUrl") or ""
        body = self._get(address).body
        digest = hashlib.md5(body, usedforsecurity=False).hexdigest()
        # An entity list's hash is only a token that changes (E2).
        if entry.get("type") != "entityList" and entry.findtext("{*}hash") != f"md5:{digest}":
            raise ServerSurprise(f"the listed hash is not that of {_shown(address)} (L3)")
        return body

    def _get(self, address: str) -> Answer:
        answer = self.request("GET", self._with_device(address))
        if answer.status != 200:
            raise ServerSurprise(f"GET {_shown(address)} answered {answer.status}: {answer.words}")
        if "x-openrosa-version" not in answer.headers:
            raise ServerSurprise(f"{_shown(address)} has no X-OpenRosa-Version (D2)")
        return answer

    # --- Sending --------------------------------------------------------------------------------

    def send(self, record: Record) -> Answer:
        """One post with everything, after the HEAD that Collect sends before each record (S1)."""
        self._preflight()
        return self.post(record, record.attachments)

    def send_split(self, record: Record) -> list[Answer]:
        """One post for each attachment, each with the same XML (S5)."""
        self._preflight()
        names = list(record.attachments)
        return [
            self.post(record, {name: record.attachments[name]}, incomplete=name != names[-1])
            for name in names
        ]

    def _preflight(self) -> None:
        answer = self.request("HEAD", self._with_device(f"{self.base.path}/submission"))
        if answer.status != 204 or "x-openrosa-accept-content-length" not in answer.headers:
            raise ServerSurprise(f"HEAD submission answered {answer.status} (S1)")

    def post(
        self, record: Record, files: Mapping[str, bytes], *, incomplete: bool = False
    ) -> Answer:
        """One post of the record with these of its files."""
        boundary = hashlib.sha256(record.instance_id.encode()).hexdigest()[:32]
        body = submission_body(record.xml, files, boundary=boundary, incomplete=incomplete)
        address = self._with_device(f"{self.base.path}/submission")
        headers = {"Content-Type": f"multipart/form-data; boundary={boundary}"}
        return self.request("POST", address, body, headers)

    # --- HTTP -----------------------------------------------------------------------------------

    def request(
        self, method: str, path: str, body: bytes = b"", headers: Mapping[str, str] | None = None
    ) -> Answer:
        """One request, tried again while the server is away or says 503; then the last answer.

        Raises ConnectionError when it stays away.
        """
        for attempt in range(TRIES):
            last = attempt == TRIES - 1
            try:
                answer = self._exchange(method, path, body, headers or {})
            except (OSError, http.client.HTTPException) as error:
                self.close()
                if last:
                    raise ConnectionError(f"{self.base.netloc} stays away: {error!r}") from error
                time.sleep(0.2 * (attempt + 1))
                continue
            if answer.status != 503 or last:
                return answer
            time.sleep(min(float(answer.headers.get("retry-after", "1")), 5.0))
        raise AssertionError("unreachable: the last attempt returns or raises")

    def _exchange(self, method: str, path: str, body: bytes, headers: Mapping[str, str]) -> Answer:
        if self._connection is None:
            secure = self.base.scheme == "https"
            connect = http.client.HTTPSConnection if secure else http.client.HTTPConnection
            self._connection = connect(self.base.hostname or "", self.base.port, timeout=60)
        agent = {"User-Agent": "org.odk.collect.android/v2026.3.1 Dalvik/2.1.0 (simulated)"}
        self._connection.request(method, path, body or None, {**OPENROSA, **agent, **headers})
        response = self._connection.getresponse()
        content = response.read()
        found = {name.lower(): value for name, value in response.getheaders()}
        return Answer(response.status, found, content)

    def _with_device(self, address: str) -> str:
        """Path and query of an address, with the deviceID that Collect adds to each (D4)."""
        parts = urlsplit(address)
        query = f"{parts.query}&" if parts.query else ""
        return f"{parts.path}?{query}deviceID={quote(self.device_id, safe='')}"


def submission_body(
    xml: bytes, files: Mapping[str, bytes], *, boundary: str, incomplete: bool = False
) -> bytes:
    """The multipart body of one submission post (S3, S4)."""
    parts = []
    if incomplete:
        parts.append(_part('name="*isIncomplete*"', "text/plain", b"yes", boundary))
    xml_name = 'name="xml_submission_file"; filename="record.xml"'
    parts.append(_part(xml_name, "text/xml", xml, boundary))
    for name, content in files.items():
        kind = TYPES.get(name[-4:].lower(), "application/octet-stream")
        parts.append(_part(f'name="{name}"; filename="{name}"', kind, content, boundary))
    return b"".join(parts) + f"--{boundary}--\r\n".encode()


def _part(naming: str, kind: str, content: bytes, boundary: str) -> bytes:
    head = (
        f"--{boundary}\r\nContent-Disposition: form-data; {naming}\r\nContent-Type: {kind}\r\n\r\n"
    )
    return head.encode() + content + b"\r\n"


def _shown(address: str) -> str:
    """An address for people to read: without host and token."""
    path = urlsplit(address).path
    return "/".join(path.split("/")[3:]) if path.startswith("/key/") else path
