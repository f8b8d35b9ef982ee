"""The office during a season: what people at desks do while the tablets are away.

It calls the verbs that the console calls. Everything it touches is the season's own, but for the
new edition of the registration form.
"""

import io
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

import openpyxl
from django.conf import settings

from backend.accounts.models import User
from backend.problems import Problem
from surveys.places.models import Place
from surveys.submissions.models import Quarantined, Submission
from surveys.submissions.review import Looked, Remark, approve_record, reject_record, send_back
from surveys.xforms.models import Form
from surveys.xforms.publish import publish_form
from sync.enrol import enrol_device, make_enrolment_code, revoke_device, rotate_token
from sync.fieldwork.fieldworker import REGISTRATION
from sync.fieldwork.world import TabletPlan
from sync.intake import admit_quarantined
from sync.models import Device

WORKBOOK: Path = settings.BASE_DIR / "data" / "forms" / "registration.xlsx"
REVIEWED = (Submission.ReviewState.APPROVED, Submission.ReviewState.REJECTED)


@dataclass(slots=True)
class Office:
    """`by` is who does it all."""

    by: User
    season: str
    devices: dict[int, Device] = field(default_factory=dict)
    done: list[str] = field(default_factory=list)
    sent_back: int = 0

    def enrol(self, plan: TabletPlan) -> str:
        """A token for a tablet of this plan."""
        name = f"simulated-{self.season.replace('/', '-')}-{plan.number}"
        enrolled = enrol_device(name=name, place_codes=[plan.district], by=self.by)
        self.devices[plan.number] = enrolled.device
        return enrolled.token

    def code_for(self, plan: TabletPlan) -> str:
        """A one-time code, for a tablet that enrols itself; its first token was never used."""
        self.enrol(plan)
        return make_enrolment_code(device=self.devices[plan.number], by=self.by)

    def rotate(self, number: int) -> str:
        self.done.append("a token rotated")
        return rotate_token(device=self.devices[number], by=self.by)

    def revoke(self, number: int) -> None:
        self.done.append("a tablet revoked")
        revoke_device(device=self.devices[number], by=self.by)

    def move(self, number: int, district: str) -> None:
        """The tablet works in another district from now on."""
        self.done.append("a tablet moved")
        self.devices[number].places.set([Place.objects.get(code=district)])

    def publish_next_version(self) -> None:
        """The same questions under the next version; tablets away go on with the one they have."""
        current = Form.objects.get(form_id=REGISTRATION).current
        assert current is not None
        content = _with_version(WORKBOOK.read_bytes(), str(int(current.version) + 1))
        publish_form(content=content, by=self.by)
        self.done.append("a new version published")

    def take_in(self) -> None:
        """A manager looks at what revoked tablets sent, and finds it good."""
        mine = [device.pk for device in self.devices.values()]
        for kept in Quarantined.objects.filter(
            device_id__in=mine, reason="device_revoked", settled_at=None
        ).order_by("pk"):
            admit_quarantined(quarantined=kept, by=self.by)
            self.done.append("a record of a revoked tablet taken in")

    # --- Review ---------------------------------------------------------------------------------

    def review(self, rng: Random, *, most: int) -> None:
        """Decides on some of what was processed and nobody looked at yet."""
        mine = [device.pk for device in self.devices.values()]
        waiting = Submission.objects.filter(
            device_id__in=mine,
            head=True,
            state=Submission.State.PROCESSED,
            review_state__in=(Submission.ReviewState.RECEIVED, Submission.ReviewState.EDITED),
        )
        keys = list(waiting.order_by("pk").values_list("record_id", "instance_id", "form__form_id"))
        for record_id, instance_id, form_id in rng.sample(keys, min(most, len(keys))):
            looked = Looked(edition=instance_id)
            try:
                if form_id == REGISTRATION and rng.random() < 0.5:
                    remark = Remark("main/closing/comments", "Телефон номерин тактаңыз")
                    send_back(
                        record_id=record_id,
                        looked=looked,
                        by=self.by,
                        comment="Тағйир диҳед",
                        remarks=[remark],
                    )
                    self.sent_back += 1
                elif rng.random() < 0.1:
                    reject_record(record_id=record_id, looked=looked, by=self.by, comment="—")
                else:
                    approve_record(record_id=record_id, looked=looked, by=self.by)
            except Problem as problem:
                if problem.code not in {"record_changed", "not_found"}:
                    raise


def _with_version(workbook: bytes, version: str) -> bytes:
    book = openpyxl.load_workbook(io.BytesIO(workbook))
    sheet = book["settings"]
    column = next(cell.column for cell in sheet[1] if cell.value == "version")
    sheet.cell(row=2, column=column, value=version)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()
