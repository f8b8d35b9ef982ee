"""A tablet on the wire: OpenRosa over plain HTTP as ODK Collect speaks it, by the standard library.

Fetches forms and lists and checks their hashes, sends records in one post or several, tries
again when the server is away or says 503. What it sends is made elsewhere.
"""

import csv
import gzip
import hashlib
import http.client
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from io import StringIO
from urllib.parse import quote, urlsplit
from uuid import NAMESPACE_URL, uuid5

from lxml import etree

from surveys.xforms.questionnaire import Questionnaire, Row
from sync.fieldwork.link import Answer, Link, LinkBroken
from sync.fieldwork.posts import Record, submission_body

OPENROSA = {"X-OpenRosa-Version": "1.0"}
TRIES = 8


class ServerSurprise(Exception):
    """The server answered what the specification does not allow; `status` if that is why."""

    def __init__(self, words: str, *, status: int = 0) -> None:
        self.status = status
        super().__init__(words)


@dataclass(frozen=True, slots=True)
class Listed:
    """One entry of the form list or of a manifest, by form id or file name."""

    name: str
    hash: str
    address: str
    manifest: str = ""
    integrity: str = ""  # of an entity list


class Tablet:
    """One device; `server_url` is what its settings hold, `http://host/key/<token>`."""

    def __init__(self, server_url: str, *, name: str, link: Link | None = None) -> None:
        self.name = name
        self.device_id = f"collect:{hashlib.sha256(name.encode()).hexdigest()[:16]}"
        self.base = urlsplit(server_url.rstrip("/"))
        self.link = link or Link(server_url)

    def close(self) -> None:
        self.link.close()

    def point_at(self, server_url: str) -> None:
        """Another token, of the same server."""
        self.base = urlsplit(server_url.rstrip("/"))

    # --- Fetching -------------------------------------------------------------------------------

    def fetch_forms(self) -> dict[str, Questionnaire]:
        """Every form on the list, with the lists its manifest names, by form id."""
        forms = {}
        for form in self.listed_forms():
            lists = {
                file.name.removesuffix(".csv"): [
                    self._as_held(row) for row in csv_rows(self.fetch(file))
                ]
                for file in self.listed_files(form)
                if file.name.endswith(".csv")
            }
            forms[form.name] = Questionnaire(self.fetch(form), lists)
        return forms

    def listed_forms(self) -> list["Listed"]:
        return [_listed(each, "formID") for each in self._fetch_xml(f"{self.base.path}/formList")]

    def listed_files(self, form: "Listed") -> list["Listed"]:
        """What the form's manifest names; nothing where it has none (L12)."""
        if not form.manifest:
            return []
        return [_listed(each, "filename") for each in self._fetch_xml(form.manifest)]

    def _as_held(self, row: Row) -> Row:
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

    def fetch(self, listed: "Listed") -> bytes:
        """What an entry's downloadUrl serves; its hash must be that of the bytes (L3, F6)."""
        body = self._get(listed.address).body
        digest = hashlib.md5(body, usedforsecurity=False).hexdigest()
        # An entity list's hash is only a token that changes (E2).
        if not listed.integrity and listed.hash != f"md5:{digest}":
            raise ServerSurprise(f"the listed hash is not that of {_shown(listed.address)} (L3)")
        return body

    def fetch_deleted(self, listed: "Listed", ids: Sequence[str]) -> set[str]:
        """Which of these entities the server says are deleted (E5)."""
        joint = "&" if "?" in listed.integrity else "?"
        found = self._fetch_xml(f"{listed.integrity}{joint}id={quote(','.join(ids), safe='')}")
        gone = (each for each in found.iter("{*}entity") if each.findtext("{*}deleted") == "true")
        return {each.get("id", "") for each in gone}

    def _get(self, address: str) -> Answer:
        answer = self.request("GET", self._with_device(address))
        if answer.status != 200:
            words = f"GET {_shown(address)} answered {answer.status}: {answer.words}"
            raise ServerSurprise(words, status=answer.status)
        if "x-openrosa-version" not in answer.headers:
            raise ServerSurprise(f"{_shown(address)} has no X-OpenRosa-Version (D2)")
        return answer

    # --- Sending --------------------------------------------------------------------------------

    def send(self, record: Record) -> Answer:
        """One post with everything, after the HEAD that Collect sends before each record (S1)."""
        self.preflight()
        return self.post(record, record.attachments)

    def preflight(self) -> None:
        answer = self.request("HEAD", self._with_device(f"{self.base.path}/submission"))
        if answer.status != 204 or "x-openrosa-accept-content-length" not in answer.headers:
            raise ServerSurprise(f"HEAD submission answered {answer.status} (S1)")

    def post(
        self, record: Record, files: Mapping[str, bytes], *, incomplete: bool = False
    ) -> Answer:
        """One post of the record with these of its files, tried again until there is an answer."""
        return self.request(*self._as_post(record, files, incomplete))

    def post_once(
        self, record: Record, files: Mapping[str, bytes], *, incomplete: bool = False
    ) -> Answer:
        """The same, and what happens happens. Raises LinkBroken, OSError, HTTPException."""
        return self.exchange(*self._as_post(record, files, incomplete))

    def _as_post(
        self, record: Record, files: Mapping[str, bytes], incomplete: bool
    ) -> tuple[str, str, bytes, Mapping[str, str]]:
        boundary = hashlib.sha256(record.instance_id.encode()).hexdigest()[:32]
        body = submission_body(record.xml, files, boundary=boundary, incomplete=incomplete)
        address = self._with_device(f"{self.base.path}/submission")
        headers = {"Content-Type": f"multipart/form-data; boundary={boundary}"}
        return "POST", address, body, headers

    # --- HTTP -----------------------------------------------------------------------------------

    def exchange(
        self, method: str, path: str, body: bytes = b"", headers: Mapping[str, str] | None = None
    ) -> Answer:
        """One request, once. Raises LinkBroken, OSError or HTTPException."""
        agent = {"User-Agent": "org.odk.collect.android/v2026.3.1 Dalvik/2.1.0 (simulated)"}
        said = {**OPENROSA, **agent, "Accept-Encoding": "gzip", **(headers or {})}
        answer = self.link.exchange(method, path, body, said, kind=_kind(path))
        if answer.headers.get("content-encoding") == "gzip":
            return replace(answer, body=gzip.decompress(answer.body))
        return answer

    def request(
        self, method: str, path: str, body: bytes = b"", headers: Mapping[str, str] | None = None
    ) -> Answer:
        """One request, tried again while the server is away or says 503; then the last answer.

        Raises ConnectionError when it stays away.
        """
        for attempt in range(TRIES):
            last = attempt == TRIES - 1
            try:
                answer = self.exchange(method, path, body, headers)
            except LinkBroken:
                if last:
                    raise
                continue
            except (OSError, http.client.HTTPException) as error:
                if last:
                    raise ConnectionError(f"{self.base.netloc} stays away: {error!r}") from error
                time.sleep(0.2 * (attempt + 1))
                continue
            if answer.status != 503 or last:
                return answer
            time.sleep(min(float(answer.headers.get("retry-after", "1")), 5.0))
        raise AssertionError("unreachable: the last attempt returns or raises")

    def _with_device(self, address: str) -> str:
        """Path and query of an address, with the deviceID that Collect adds to each (D4)."""
        parts = urlsplit(address)
        query = f"{parts.query}&" if parts.query else ""
        return f"{parts.path}?{query}deviceID={quote(self.device_id, safe='')}"


def csv_rows(content: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(StringIO(content.decode(), newline="")))


def _listed(entry: etree._Element, name: str) -> Listed:
    def text(tag: str) -> str:
        return entry.findtext(f"{{*}}{tag}") or ""

    return Listed(
        name=text(name),
        hash=text("hash"),
        address=text("downloadUrl"),
        manifest=text("manifestUrl"),
        integrity=text("integrityUrl"),
    )


def _kind(path: str) -> str:
    """What a request is for, to count its bytes."""
    last = urlsplit(path).path.rpartition("/")[2]
    if last.endswith(".csv"):
        return "entity list"
    kinds = {"formList": "form list", "submission": "submission", "integrity": "integrity"}
    return kinds.get(last, "form")


def _shown(address: str) -> str:
    """An address for people to read: without host and token."""
    path = urlsplit(address).path
    return "/".join(path.split("/")[3:]) if path.startswith("/key/") else path
