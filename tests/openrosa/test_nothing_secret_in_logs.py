"""A running server is spoken to in every way a tablet can, also wrongly; its log is read after."""

import base64
import json
import os
from pathlib import Path

import pytest
import requests
from requests.auth import HTTPDigestAuth

from surveys.xforms.models import Form
from sync.enrol import enrol_device, make_enrolment_code, revoke_device, rotate_token, set_password
from tests.openrosa.conftest import make_record
from tests.openrosa.server import web_server
from tests.surveys.publishing.sample import draft_of

pytestmark = pytest.mark.django_db(transaction=True)
PATHS = ("formList", "submission", "xforms/999.xml", "xforms/1/manifest", "nothing", "formList/%00")
link = requests.Session()  # one connection: opening one takes longer than a request
API = ("push", "pull?cursor=nonsense", "health", "enrol", "uploads/", "nothing")


def send(method: str, url: str, **said: object) -> int:
    return link.request(method, url, timeout=30, allow_redirects=False, **said).status_code


def test_no_token_password_or_code_reaches_a_log_line(
    tmp_path: Path, form: Form, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(os.environ, "LOG_LEVEL", "DEBUG")
    device = enrol_device(name="Гүлнара").device
    old = rotate_token(device=device)
    new = rotate_token(device=device)
    name, password = set_password(device=device)
    code = make_enrolment_code(device=device)
    lost = enrol_device(name="Lost")
    revoke_device(device=lost.device)
    draft = draft_of()
    basic = base64.b64encode(f"{name}:{password}".encode()).decode()
    files = {"xml_submission_file": ("a.xml", make_record("uuid:1"), "text/xml")}
    statuses = set()

    with web_server(tmp_path) as url:
        for token in (old, new, lost.token, "x" * 43):
            bearer = {"Authorization": f"Bearer {token}"}
            for path in PATHS:
                statuses.add(send("GET", f"{url}/key/{token}/{path}"))
                statuses.add(send("GET", f"{url}/try/{token}/{path}"))
                statuses.add(send("GET", f"{url}/try/{draft.token}/{path}"))
                statuses.add(send("DELETE", f"{url}/openrosa/{path}", headers=bearer))
            statuses.add(send("HEAD", f"{url}/key/{token}/submission"))
            statuses.add(send("POST", f"{url}/key/{token}/submission", files=files))
            statuses.add(send("GET", f"{url}/key/{token}/formList", headers={"Host": "elsewhere"}))
            for path in API:
                for body in (b"", b"{", json.dumps({"code": token, "items": 1}).encode()):
                    statuses.add(
                        send("POST", f"{url}/api/v1/sync/{path}", data=body, headers=bearer)
                    )
                statuses.add(send("GET", f"{url}/api/v1/sync/{path}", headers=bearer))
        for secret in (basic, base64.b64encode(f"{name}:{code}".encode()).decode()):
            header = {"Authorization": f"Basic {secret}"}
            statuses.add(send("GET", f"{url}/openrosa/formList", headers=header))
            header["X-Forwarded-For"] = "192.0.2.1"
            statuses.add(send("GET", f"{url}/openrosa/formList", headers=header))
        for secret in (password, "wrong"):
            auth = HTTPDigestAuth(name, secret)
            statuses.add(send("GET", f"{url}/openrosa/formList", auth=auth))
        for _ in range(2):
            statuses.add(send("POST", f"{url}/api/v1/sync/enrol", json={"code": code}))

    log = (tmp_path / "web.log").read_text()
    assert {200, 201, 204, 400, 401, 403, 404, 405} <= statuses
    assert '"problem": "token_unknown"' in log
    secrets = (old, new, lost.token, password, code, basic, "Гүлнара", "x" * 43, draft.token)
    assert [secret for secret in secrets if secret in log] == []
