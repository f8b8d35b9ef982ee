"""An enumerator with our own collector: pushes of many records, files in pieces, changes only.

What a broken link leaves undone is asked about and gone on with, never begun anew (sync.md).
"""

import gzip
import http.client
import json
from collections import Counter
from collections.abc import Sequence
from random import Random
from typing import Any

import brotli

from sync.fieldwork.fieldworker import HOUSEHOLDS, Belief, Fieldworker, Parcel
from sync.fieldwork.library import Library
from sync.fieldwork.link import STEADY, Answer, Link, LinkBroken, Quality
from sync.fieldwork.plain import plain_answers
from sync.fieldwork.posts import announced, as_json, push_body
from sync.fieldwork.tablet import ServerSurprise
from sync.fieldwork.uploading import Uploader
from sync.fieldwork.world import Job, Kind, TabletPlan

AWAY = (OSError, http.client.HTTPException)
API = "/api/v1/sync"
MOST_ITEMS = 50
TRIES = 8
SAFE = {"created", "edited", "duplicate", "attachments_added"}
Json = dict[str, Any]


class CollectorWorker(Fieldworker):
    """`token` is that of the tablet; `url` where the server is."""

    def __init__(
        self,
        plan: TabletPlan,
        *,
        season: str,
        url: str,
        token: str,
        quality: Quality,
        library: Library,
    ) -> None:
        super().__init__(plan, season=season, device_id=f"collector:{season}/{plan.number}")
        self.rng = Random(f"{season}/{plan.number}/link")
        self.link = Link(url, quality=quality, rng=Random(f"{season}/{plan.number}/breaks"))
        self.url = url
        self.token = token
        self.library = library
        self.answers: Counter[tuple[str, str]] = Counter()
        self.uploader = Uploader(self.ask, self.rng)
        self.cursor = ""
        self.verdicts: dict[str, str] = {}
        self.tasks: dict[int, str] = {}  # visits that are due → their household
        self.to_correct: dict[str, str] = {}  # sent back → what the office says
        self._have: dict[str, str] = {}  # form → its hash as last fetched

    def use_token(self, token: str) -> None:
        self.token = token

    def twin(self) -> "CollectorWorker":
        """A new tablet with the same token, that knows nothing yet."""
        return CollectorWorker(
            self.plan,
            season=f"{self.season}/twin",
            url=self.url,
            token=self.token,
            quality=STEADY,
            library=self.library,
        )

    def work(self, day: int, jobs: Sequence[Job]) -> None:
        super().work(day, jobs)
        for instance_id, comment in self.to_correct.items():
            self.correct(instance_id, comment, day)
        self.to_correct = {}

    def sync(self) -> None:
        """One stay in the network: up first, for a link may not last."""
        self.send()
        self.fetch()

    # --- Down -----------------------------------------------------------------------------------

    def fetch(self) -> bool:
        """Whether all of it came; what came is kept, and the next pull goes on from there."""
        try:
            heard = set(self.verdicts)
            while self._take(self._pull()):
                pass
            self._forget_unlisted(heard)
        except LinkBroken:
            return False
        except ServerSurprise as surprise:
            if surprise.status == 403:  # a replaced token may still send, no more (C4)
                return False
            raise
        return True

    def _pull(self) -> Json:
        asked = f"?cursor={self.cursor}" if self.cursor else ""
        page: Json = json.loads(self._get(f"{API}/pull{asked}", "pull"))
        return page

    def _take(self, page: Json) -> bool:
        """One page, whole; says whether there is more."""
        if page["reset"]:
            self._start_anew()
        for form in page["forms"]:
            self._take_form(form)
        for changes in page["entities"]:
            if changes["list"] == HOUSEHOLDS:
                self._take_households(changes)
        for verdict in page["verdicts"]:
            self._hear(verdict)
        for task in page["tasks"]:
            self.tasks.pop(task["id"], None)
            if task["state"] == "due":
                self.tasks[task["id"]] = task["household"]
        self.cursor = page["cursor"]
        return bool(page["more"])

    def _start_anew(self) -> None:
        """Forgets what it was told; not what it made and the server has not looked at."""
        own = {name: each for name, each in self.holdings.held.items() if each.born_here}
        self.holdings.held = own
        self.tasks, self.verdicts = {}, {}

    def _take_form(self, form: Json) -> None:
        name, hash_ = form["form_id"], form["hash"]
        if name in self.forms and self.plan.keeps_old_forms:
            return
        if form["state"] != "open":
            self.forms.pop(name, None)
            return
        if self._have.get(name) != hash_:
            self.library.put(hash_, self._get(form["url"], "form"))
            self._have[name] = hash_
        self.forms[name] = self.library.get(hash_)

    def _take_households(self, changes: Json) -> None:
        self.holdings.remove(changes["deletes"])
        gone = set(changes["deletes"])
        self.tasks = {task: each for task, each in self.tasks.items() if each not in gone}
        self.holdings.merge(
            {
                **each["properties"],
                "name": each["uuid"],
                "label": each["label"],
                "__version": str(each["version"]),
            }
            for each in changes["upserts"]
        )

    def _forget_unlisted(self, heard: set[str]) -> None:
        """A household we made, that the server has looked at, and that it does not list for us."""
        for parcel in self.parcels:
            made = parcel.declared
            if made and made.creates and parcel.instance_id in heard:
                held = self.holdings.held.get(made.id)
                if held is not None and held.born_here:
                    self.holdings.remove([made.id])

    def _hear(self, verdict: Json) -> None:
        instance_id, state = verdict["instance_id"], verdict["state"]
        if state == "sent_back" and self.verdicts.get(instance_id) != state:
            self.to_correct[instance_id] = verdict["comment"] or verdict["comments"][0]["text"]
        self.verdicts[instance_id] = state

    def _get(self, path: str, kind: str) -> bytes:
        for attempt in range(TRIES):
            try:
                answer = self.ask("GET", path, kind=kind)
            except LinkBroken:
                if attempt == TRIES - 1:
                    raise
                continue
            if answer.status != 200:
                words = f"GET {kind} answered {answer.status}: {answer.words}"
                raise ServerSurprise(words, status=answer.status)
            return unpacked(answer)
        raise AssertionError("unreachable: the last attempt returns or raises")

    # --- Up -------------------------------------------------------------------------------------

    def send(self) -> None:
        """Pushes what is unsent, then the files of what was pushed; breaks end it for now."""
        try:
            waiting = [parcel for parcel in self.outbox if not parcel.uploads]
            if self.rng.random() < 0.2:
                self.rng.shuffle(waiting)
            for parcel in waiting:
                if parcel.record.attachments and self.rng.random() < 0.05:
                    self.uploader.send_ahead(parcel)
            for start in range(0, len(waiting), MOST_ITEMS):
                self._push(waiting[start : start + MOST_ITEMS])
        except AWAY:
            self.answers["push", "no answer"] += 1
        for parcel in self.outbox:
            if parcel.uploads:
                self.uploader.send_files(parcel)

    def _push(self, parcels: Sequence[Parcel]) -> None:
        items = [self._item(index, parcel) for index, parcel in enumerate(parcels)]
        body = push_body(items, sent_at=self._sent_at(), health=self._health())
        headers = {"Content-Type": "application/json", "Content-Encoding": "gzip"}
        answer = self.ask("POST", f"{API}/push", body, headers, kind="push")
        if answer.status in {429, 503}:
            self.answers["push", str(answer.status)] += 1
            return
        if answer.status != 200:
            raise ServerSurprise(f"push answered {answer.status}: {answer.words}")
        results = json.loads(unpacked(answer))["results"]
        if [each["key"] for each in results] != [item["key"] for item in items]:
            raise ServerSurprise("the results of a push are not those of its items (sync.md 2)")
        for parcel, result in zip(parcels, results, strict=True):
            self._believe(parcel, result)

    def _believe(self, parcel: Parcel, result: Json) -> None:
        outcome = result["outcome"]
        self.answers[parcel.kind, outcome] += 1
        problem = result.get("problem", {})
        parcel.words = " ".join(str(problem.get(name, "")) for name in ("code", "detail", "errors"))
        if outcome in SAFE or outcome == "quarantined":
            parcel.outcome = Belief.SAFE if outcome in SAFE else Belief.QUARANTINED
            for each in result.get("attachments", ()):
                if each["state"] == "stored":
                    parcel.believe_file(each["name"])
                elif each["state"] == "missing":
                    parcel.uploads[each["name"]] = each["upload"]
            parcel.settle()
        elif not problem.get("retry"):
            parcel.belief = Belief.REFUSED

    def _item(self, index: int, parcel: Parcel) -> Json:
        record = parcel.record
        item: Json = {"key": f"k{index}", "attachments": announced(record)}
        if (
            parcel.answers is None
            and parcel.form
            and parcel.sends == 0
            and self._goes_plain(parcel)
        ):
            parcel.answers = as_json(plain_answers(record.xml, parcel.form))
        parcel.sends += 1
        if parcel.answers is None or parcel.form is None:
            return {**item, "instance": record.xml.decode()}
        return {
            **item,
            "form_id": record.form_id,
            "version": parcel.form.version,
            "instance_id": record.instance_id,
            "answers": json.loads(parcel.answers),
        }

    def _goes_plain(self, parcel: Parcel) -> bool:
        """A card typed otherwise is for older forms: this one's rules refuse it."""
        usual = not parcel.deprecated_id and parcel.kind != Kind.REGISTER_AGAIN
        return usual and self.rng.random() < 0.3

    def _sent_at(self) -> str:
        return self.plan.now(0, 600).isoformat()

    def _health(self) -> Json:
        return {
            "app": "collector 0.3.0",
            "battery": self.rng.randint(3, 100),
            "free_mb": 820,
            "unsent": len(self.outbox),
            "forms": [{"form_id": n, "version": f.version} for n, f in self.forms.items()],
        }

    def ask(
        self, method: str, path: str, body: bytes = b"", headers: Json | None = None, *, kind: str
    ) -> Answer:
        """One request with the token. Raises LinkBroken, OSError, HTTPException."""
        said = {"Authorization": f"Bearer {self.token}", "Accept-Encoding": "br, gzip"}
        return self.link.exchange(method, path, body, {**said, **(headers or {})}, kind=kind)


def enrol(url: str, code: str, *, name: str) -> str:
    """A token for a one-time code (sync.md 1)."""
    link = Link(url)
    try:
        body = as_json(
            {"code": code, "name": name, "app": "collector 0.3.0", "platform": "Android"}
        )
        headers = {"Content-Type": "application/json"}
        answer = link.exchange("POST", f"{API}/enrol", body, headers, kind="enrol")
    finally:
        link.close()
    if answer.status != 201:
        raise ServerSurprise(f"enrol answered {answer.status}: {answer.words}")
    return str(json.loads(answer.body)["token"])


def unpacked(answer: Answer) -> bytes:
    """The body as it was before it was compressed."""
    encoding = answer.headers.get("content-encoding", "")
    if encoding == "br":
        return bytes(brotli.decompress(answer.body))
    return gzip.decompress(answer.body) if encoding == "gzip" else answer.body
