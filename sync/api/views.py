"""The JSON sync API: thin edges. Every view knows its tablet as `self.caller`."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from rest_framework.negotiation import BaseContentNegotiation
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from backend.api import problem_json
from backend.problems import Problem
from surveys.submissions.quarantine import Sender
from sync.api import openapi
from sync.api.answers import finish
from sync.api.changes import pull
from sync.api.enrol import introduce
from sync.api.health import read_health
from sync.api.push import open_push, push_items
from sync.api.requests import drain, read_body, read_object, read_text
from sync.api.turns import Turns
from sync.auth import Caller, authenticate
from sync.enrol import use_enrolment_code
from sync.guesses import client_address
from sync.health import note_health

PUSHES = Turns(at_once=4)  # of 16 threads


class OnlyJson(BaseContentNegotiation):
    """We speak JSON whatever a tablet says it accepts; a push must not fail because of that."""

    def select_parser(self, request: Request, parsers: Any) -> Any:
        return parsers[0]

    def select_renderer(self, request: Request, renderers: Any, format_suffix: Any = None) -> Any:
        return renderers[0], renderers[0].media_type


class TabletView(APIView):
    """A view below /api/v1/sync/: no session, no CSRF; lean and compressed answers."""

    authentication_classes = ()
    permission_classes = ()
    content_negotiation_class = OnlyJson
    metadata_class = None
    unread_bytes = 1024 * 1024  # read after a refusal, so that the client hears it

    def handle_exception(self, exc: Exception) -> Any:
        response = super().handle_exception(exc)
        drain(self.request._request, self.unread_bytes)
        return response

    def finalize_response(  # type: ignore[override]  # also what is no Response of DRF's
        self, request: Request, response: Any, *args: Any, **kwargs: Any
    ) -> HttpResponse:
        answer = super().finalize_response(request, response, *args, **kwargs)
        return finish(request._request, answer)


class DeviceView(TabletView):
    """A view for tablets alone: `Authorization: Bearer <device token>` and nothing else.

    Raises token_unknown (403), login_required (401), device_token_required (403).
    """

    pushes = False  # as for `authenticate`
    caller: Caller

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        self.caller = authenticate(request._request, pushes=self.pushes)
        if self.caller.device_id is None:
            raise Problem("device_token_required")
        super().initial(request, *args, **kwargs)

    def note_health(self, said: Any, sent_at: Any) -> None:
        assert self.caller.device_id is not None
        report = read_health(said, sent_at)
        note_health(device_id=self.caller.device_id, health=report, now=timezone.now())


class EnrolView(TabletView):
    """A one-time code from a QR code → a token, shown once (`sync.md` 1)."""

    @openapi.enrol
    def post(self, request: Request) -> Response:
        said = read_object(request._request)
        texts = {name: read_text(said, name) for name in ("code", "name", "app", "platform")}
        address = client_address(request._request)
        return Response(introduce(use_enrolment_code(**texts, address=address)), status=201)


class PushView(DeviceView):
    """Many records in one call (`sync.md` 2)."""

    pushes = True

    @openapi.push
    def post(self, request: Request) -> Response:
        envelope = open_push(read_body(request._request))
        agent = request.headers.get("User-Agent", "")[:255]
        sender = Sender(device_id=self.caller.device_id, user_agent=agent)
        with PUSHES.take():
            results = push_items(envelope.items, caller=self.caller, sender=sender)
        self.note_health(envelope.health, envelope.sent_at)
        return Response({"server_time": timezone.now(), "results": results})


class PullView(DeviceView):
    """What changed since the tablet last asked (`sync.md` 4)."""

    @openapi.pull
    def get(self, request: Request) -> HttpResponse:
        page = pull(
            self.caller,
            request.GET.get("cursor", ""),
            limit=_limit(request.GET.get("limit", "")),
            accepted=request.headers.get("Accept-Encoding", ""),
        )
        headers = {"Content-Encoding": page.encoding} if page.encoding else None
        return HttpResponse(page.body, content_type="application/json", headers=headers)


class HealthView(DeviceView):
    """What a tablet says of itself, without a push (`sync.md` 2)."""

    pushes = True

    @openapi.health
    def post(self, request: Request) -> Response:
        said = read_object(request._request)
        self.note_health(said.get("health", said), said.get("sent_at"))
        return Response({"server_time": timezone.now()})


def nothing_here(request: HttpRequest) -> HttpResponse:
    return finish(request, problem_json(Problem("not_found")))


def _limit(text: str) -> int | None:
    if not text:
        return None
    if not text.isascii() or not text.isdigit() or int(text[:9]) < 1:
        raise Problem("value_invalid", field="limit", reason="a number from 1")
    return int(text[:9])
