"""A server to look around in: places, rounds, the three forms, an account a role, two tablets, and
where it is asked for a few families that look alike.

What it makes is made once and then left to the people who use it; running it again only mends what
`demo.json` can no longer tell (a password or token whose secret was lost).
"""

import json
import os
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

from django.db import transaction
from django.db.models import F

from backend.accounts.models import PersonalToken, User
from backend.accounts.tokens import make_personal_token, new_token, token_digest
from surveys.places.load import SHIPPED, SHIPPED_FILES, load_file
from surveys.places.models import Place
from surveys.rounds.models import Round, Survey
from surveys.submissions.models import Submission
from surveys.submissions.quarantine import Sender
from surveys.submissions.store import IncomingFile, StoredFile, keep_files
from surveys.xforms.models import FormVersion
from surveys.xforms.publish import publish_form
from surveys.xforms.questionnaire import Questionnaire
from sync.enrol import enrol_device
from sync.fieldwork.lookalikes import lookalikes
from sync.fieldwork.posts import TYPES, Record
from sync.intake import Arrival, accept_submission
from sync.models import Device

Secrets = dict[str, Any]
# Without a last day: the forms of a round long closed are not listed, and people try things today.
ROUNDS = (
    ("baseline-2014", "Baseline 2014", date(2014, 5, 1), None),
    ("services-2014", "Services 2014–2015", date(2014, 6, 1), "baseline-2014"),
    ("endline-2015", "Endline 2015", date(2015, 9, 1), "baseline-2014"),
)
FORMS = {"registration": "baseline-2014", "service": "services-2014", "followup": "endline-2015"}
PARTNER = "ng_03"  # whose people the demo week's tablets are; without a code one sees nothing
ACCOUNTS = {role.value: role for role in reversed(User.Role)}  # named after its role
PASSWORD_LENGTH = 16
DEVICES = {"tablet-kyrgyzstan": ["KG"], "tablet-tajikistan": ["TJ"]}


def make_demo(*, data: Path, secrets_file: Path, base_url: str, families: bool = False) -> Secrets:
    """Makes what is missing and writes `secrets_file` (mode 0600), which is also returned.

    `families`: also registers some that a person has to decide on, where nothing has arrived yet.
    """
    known: Secrets = json.loads(secrets_file.read_text()) if secrets_file.exists() else {}
    with transaction.atomic():
        admin_known = {account["username"]: account for account in known.get("accounts", [])}
        accounts = [_account(name, admin_known) for name in ACCOUNTS]
        admin = User.objects.get(username=User.Role.ADMIN.value)
        if not Survey.objects.filter(code="rmp").exists():
            _make_survey(data, by=admin)
        found: Secrets = {
            "base_url": base_url,
            "accounts": accounts,
            "devices": list(_devices(known, base_url, by=admin)),
            "analyst_token": _analyst_token(known.get("analyst_token", "")),
        }
    if families and not Submission.objects.exists():
        _register_lookalikes()
    _write_private(secrets_file, json.dumps(found, indent=2, ensure_ascii=False) + "\n")
    return found


def _account(username: str, known: dict[str, Any]) -> dict[str, str]:
    role = ACCOUNTS[username]
    password = known.get(username, {}).get("password")
    user = User.objects.filter(username=username).first()
    if user is None or not password:
        password = password or new_token(PASSWORD_LENGTH)
        user = user or User(username=username, role=role, email=f"{username}@example.org")
        user.sees_legal_aid = role == User.Role.MANAGER
        user.partner = PARTNER if role == User.Role.PARTNER else ""
        user.set_password(password)
        user.save()
    return {"role": role.value, "username": username, "password": password}


def _make_survey(data: Path, *, by: User) -> None:
    for name in SHIPPED_FILES:
        load_file(SHIPPED / name)
    survey = Survey.objects.create(code="rmp", name="Regional Migration Programme")
    villages = Place.objects.filter(level=Place.Level.VILLAGE)
    targets = Place.objects.filter(children__in=villages).distinct()
    for code, name, opens_on, follows in ROUNDS:
        made = Round.objects.create(
            survey=survey,
            code=code,
            name=name,
            opens_on=opens_on,
            follows=Round.objects.filter(code=follows).first(),
        )
        made.places.set(targets)
    for name, round_code in FORMS.items():
        content = (data / "forms" / f"{name}.xlsx").read_bytes()
        publish_form(content=content, by=by, round_code=round_code)


def _devices(known: Secrets, base_url: str, *, by: User) -> Iterator[dict[str, str]]:
    tokens = {device["name"]: device["token"] for device in known.get("devices", [])}
    for name, place_codes in DEVICES.items():
        token = tokens.get(name, "")
        if not Device.objects.filter(tokens__digest=token_digest(token), revoked_at=None).exists():
            token = enrol_device(name=name, place_codes=place_codes, by=by).token
        server_url = f"{base_url}/key/{token}"
        yield {"name": name, "token": token, "server_url": server_url, "bearer": token}


def _register_lookalikes() -> None:
    """As two tablets would send them; the worker processes and links them."""
    version = FormVersion.objects.get(form__form_id="rmp_registration", form__current=F("pk"))
    form = Questionnaire(bytes(version.xform))
    tablets = {name.split("-")[1][0]: Device.objects.get(name=name) for name in DEVICES}
    for record in lookalikes(form, device_id="collect:demo"):
        sender = Sender(device_id=tablets["k" if b"<country>KG" in record.xml else "t"].pk)
        accept_submission(Arrival(raw_xml=record.xml, files=_stored(record), sender=sender))


def _stored(record: Record) -> tuple[StoredFile, ...]:
    files = []
    for name, content in record.attachments.items():
        file = IncomingFile(name, TYPES.get(name[-4:], ""))
        file.write(content)
        file.finish()
        files.append(file)
    return keep_files(files)


def _analyst_token(token: str) -> str:
    analyst = User.objects.get(username=User.Role.ANALYST.value)
    kept = PersonalToken.objects.filter(user=analyst, digest=token_digest(token)).first()
    if kept is not None and kept.is_valid():
        return token
    return make_personal_token(user=analyst, name="demo")


def _write_private(path: Path, text: str) -> None:
    part = path.with_suffix(".part")
    part.unlink(missing_ok=True)
    with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(text)
    part.replace(path)
