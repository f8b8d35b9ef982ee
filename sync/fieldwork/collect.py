"""An enumerator with ODK Collect: form list, manifests, entity list, one post a record.

A record whose answer never came stays in the outbox and is sent again as a whole (X3).
"""

import http.client
from collections import Counter
from random import Random

from surveys.xforms.questionnaire import Questionnaire
from sync.fieldwork.fieldworker import HOUSEHOLDS, Belief, Fieldworker, Parcel
from sync.fieldwork.library import Library
from sync.fieldwork.link import STEADY, Answer, Link, LinkBroken, Quality
from sync.fieldwork.tablet import Listed, ServerSurprise, Tablet, csv_rows
from sync.fieldwork.world import TabletPlan

AWAY = (OSError, http.client.HTTPException)
LATER = {429, 503}


class CollectWorker(Fieldworker):
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
        self.rng = Random(f"{season}/{plan.number}/link")
        link = Link(url, quality=quality, rng=Random(f"{season}/{plan.number}/breaks"))
        self.server, self.token = url, token
        self.tablet = Tablet(f"{url}/key/{token}", name=f"{season}/{plan.number}", link=link)
        super().__init__(plan, season=season, device_id=self.tablet.device_id)
        self.library = library
        self.answers: Counter[tuple[str, str]] = Counter()
        self._have: dict[str, str] = {}  # form or list → its hash as last fetched

    @property
    def link(self) -> Link:
        return self.tablet.link

    def use_token(self, token: str) -> None:
        """The office gave it another: the next request carries it."""
        self.token = token
        self.tablet.point_at(f"{self.server}/key/{token}")

    def twin(self) -> "CollectWorker":
        """A new tablet with the same token, that knows nothing yet."""
        return CollectWorker(
            self.plan,
            season=f"{self.season}/twin",
            url=self.server,
            token=self.token,
            quality=STEADY,
            library=self.library,
        )

    def sync(self) -> None:
        """One stay in the network: what is new first, then the outbox."""
        self.fetch()
        self.send()

    # --- Down -----------------------------------------------------------------------------------

    def fetch(self) -> bool:
        """Whether all of it came; a form or list comes whole or not at all."""
        try:
            self._update()
        except LinkBroken:
            return False
        except ServerSurprise as surprise:
            if surprise.status == 403:  # a replaced token may still send, no more (C4)
                return False
            raise
        return True

    def _update(self) -> None:
        listed = self.tablet.listed_forms()
        for form in listed:
            old = self.forms.get(form.name)
            if old is None or not self.plan.keeps_old_forms:
                self.forms[form.name] = self._form(form)
            for file in self.tablet.listed_files(form):
                if file.name == f"{HOUSEHOLDS}.csv":
                    self._take_list(file)
        if not self.plan.keeps_old_forms:  # "match exactly": what is not offered is gone
            for name in self.forms.keys() - {form.name for form in listed}:
                del self.forms[name]

    def _form(self, listed: Listed) -> Questionnaire:
        if self._have.get(listed.name) != listed.hash:
            self.library.put(listed.hash, self.tablet.fetch(listed))
            self._have[listed.name] = listed.hash
        return self.library.get(listed.hash)

    def _take_list(self, listed: Listed) -> None:
        """Fetched when its token changed (E2); what we made and it lacks is asked about (E5)."""
        if self._have.get(listed.name) == listed.hash:
            return
        missing = self.holdings.replace_all(csv_rows(self.tablet.fetch(listed)))
        if missing:
            self.holdings.remove(self.tablet.fetch_deleted(listed, missing))
        self._have[listed.name] = listed.hash

    # --- Up -------------------------------------------------------------------------------------

    def send(self) -> None:
        """Once through the outbox, mostly in order."""
        waiting = self.outbox
        if self.rng.random() < 0.2:
            self.rng.shuffle(waiting)
        for parcel in waiting:
            try:
                self._send(parcel)
            except AWAY:
                self.answers[parcel.kind, "no answer"] += 1

    def _send(self, parcel: Parcel) -> None:
        parcel.sends += 1
        record = parcel.record
        if parcel.sends == 1:
            self.tablet.preflight()
        names = list(record.attachments) if self.rng.random() < 0.1 else []
        for name in names[:-1]:  # in parts, each with the same XML (S5)
            part = {name: record.attachments[name]}
            if not self._took(parcel, self.tablet.post_once(record, part, incomplete=True)):
                return
        last = {names[-1]: record.attachments[names[-1]]} if names else record.attachments
        if self._took(parcel, self.tablet.post_once(record, last)):
            for name in record.attachments:
                parcel.believe_file(name)
            parcel.belief = Belief.SAFE
            if self.rng.random() < 0.05:  # the answer was lost on the way after all (S10)
                again = self.tablet.post_once(record, record.attachments)
                self.answers["the same again", str(again.status)] += 1

    def _took(self, parcel: Parcel, answer: Answer) -> bool:
        self.answers[parcel.kind, str(answer.status)] += 1
        if answer.status in {201, 202}:
            return True
        if answer.status not in LATER:
            parcel.belief, parcel.words = Belief.REFUSED, f"{answer.status} {answer.words}"
        return False
