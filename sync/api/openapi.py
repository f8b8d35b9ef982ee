"""What the OpenAPI document says of the sync API: each operation, with examples."""

from typing import Any

from drf_spectacular.utils import OpenApiExample, OpenApiParameter, OpenApiResponse, extend_schema

from sync.api.serializers import (
    Enrolment,
    EnrolRequest,
    HealthReport,
    Pull,
    Push,
    PushResult,
    ServerTime,
)

NOW = "2014-06-03T18:20:04.512+05:00"
UPLOAD = "/api/v1/sync/uploads/6f1f6d0a-9c34-4f0e-8c6b-0a52f3a0d1c7"
TOKEN: Any = [{"deviceToken": []}]  # drf-spectacular takes more than its types say
HEALTH = {
    "app": "collector 0.3.0",
    "battery": 41,
    "free_mb": 820,
    "unsent": 17,
    "oldest_unsent": "2014-05-29T09:00:00+05:00",
    "forms": [{"form_id": "rmp_registration", "version": "2014050101"}],
}
enrol = extend_schema(
    operation_id="sync_enrol",
    tags=["sync"],
    auth=[],
    request=EnrolRequest,
    responses={201: OpenApiResponse(Enrolment, description="Enrolled; keep the token.")},
    examples=[
        OpenApiExample(
            "A code from a QR code",
            request_only=True,
            value={
                "code": "k7mp-2vxe-9hqt",
                "name": "Tablet 12",
                "app": "collector 0.3.0",
                "platform": "Android 9",
            },
        ),
        OpenApiExample(
            "Enrolled",
            response_only=True,
            value={
                "device_id": 12,
                "token": "wRK9uaxZdyGd5Im1dnN08GJe38XOD2fA1d52KDN5QOs",
                "server_time": NOW,
                "survey": [{"code": "rmp", "name": "Reintegration of migrants' families"}],
                "places": [{"code": "TJ3505206", "name": "Asht", "name_local": "Ашт", "level": 2}],
            },
        ),
    ],
)
push = extend_schema(
    operation_id="sync_push",
    tags=["sync"],
    auth=TOKEN,
    request=Push,
    responses={200: OpenApiResponse(PushResult, description="One result for each item.")},
    examples=[
        OpenApiExample(
            "One instance and plain answers",
            request_only=True,
            value={
                "sent_at": "2014-06-03T18:20:00+05:00",
                "health": HEALTH,
                "items": [
                    {
                        "key": "c1",
                        "instance": '<data id="rmp_registration" version="2014050101">…</data>',
                        "attachments": [{"name": "sig.png", "size": 20311, "sha256": "9f" * 32}],
                    },
                    {
                        "key": "c2",
                        "form_id": "rmp_registration",
                        "version": "2014050101",
                        "instance_id": "uuid:5a0b8a36-52f7-43f0-9c26-5c1bb43fba0e",
                        "answers": {"consent": "yes", "hh_size": 4},
                    },
                ],
            },
        ),
        OpenApiExample(
            "Outcomes",
            response_only=True,
            value={
                "server_time": NOW,
                "results": [
                    {
                        "key": "c1",
                        "outcome": "created",
                        "instance_id": "uuid:0f8fad5b-d9cb-469f-a165-70867728950e",
                        "attachments": [{"name": "sig.png", "state": "missing", "upload": UPLOAD}],
                    },
                    {
                        "key": "c2",
                        "outcome": "quarantined",
                        "instance_id": "uuid:5a0b8a36-52f7-43f0-9c26-5c1bb43fba0e",
                        "problem": {
                            "code": "answers_invalid",
                            "count": 1,
                            "errors": [{"path": "main/roster/hh_size", "code": "too_few_repeats"}],
                            "detail": "The answers do not fit the form in 1 place(s).",
                            "retry": False,
                        },
                    },
                ],
            },
        ),
    ],
)
health = extend_schema(
    operation_id="sync_health",
    tags=["sync"],
    auth=TOKEN,
    request=HealthReport,
    responses={200: OpenApiResponse(ServerTime, description="Taken.")},
    examples=[
        OpenApiExample(
            "All of it",
            request_only=True,
            value={"sent_at": "2014-06-03T18:20:00+05:00", "health": HEALTH},
        ),
        OpenApiExample("Taken", response_only=True, value={"server_time": NOW}),
    ],
)
VILLAGES = {
    "name": "villages.csv",
    "hash": "md5:0cc175b9c0f1b6a831c399e269772661",
    "size": 3120,
    "url": "/openrosa/xforms/1/media/villages.csv",
}
HOUSEHOLD = "0f8fad5b-d9cb-469f-a165-70867728950e"
pull = extend_schema(
    operation_id="sync_pull",
    tags=["sync"],
    auth=TOKEN,
    parameters=[
        OpenApiParameter(
            "cursor",
            description="Of the page before. Without one, or with one that is unknown, too old or"
            " of another tablet, all is handed over and `reset` is true.",
        ),
        OpenApiParameter("limit", int, description="Changes on a page, from 1; at most 5,000."),
    ],
    responses={200: OpenApiResponse(Pull, description="One page.")},
    examples=[
        OpenApiExample(
            "One household changed, one moved away, a record was sent back",
            response_only=True,
            value={
                "cursor": "AQyFrpPYBpkHAAABAQIAuZUmvd8guhVV99HfsAnUZxU",
                "more": False,
                "server_time": NOW,
                "reset": False,
                "forms": [
                    {
                        "form_id": "rmp_followup",
                        "version": "2014050101",
                        "title": "RMP household follow-up and endline",
                        "hash": "md5:900150983cd24fb0d6963f7d28e17f72",
                        "url": "/openrosa/xforms/3.xml",
                        "media": [VILLAGES],
                        "state": "open",
                    }
                ],
                "media": [{"form_id": "rmp_followup", **VILLAGES}],
                "entities": [
                    {
                        "list": "households",
                        "upserts": [
                            {
                                "uuid": HOUSEHOLD,
                                "label": "TJ-05-00123 Ҷӯраева Зебо",
                                "version": 3,
                                "properties": {"card_no": "TJ-05-00123", "hh_size": "4"},
                            }
                        ],
                        "deletes": ["5a0b8a36-52f7-43f0-9c26-5c1bb43fba0e"],
                    }
                ],
                "verdicts": [
                    {
                        "instance_id": "uuid:7c9e6679-7425-40de-944b-e07fc1f90ae7",
                        "form_id": "rmp_registration",
                        "state": "sent_back",
                        "at": NOW,
                        "comment": "Ask once more, please.",
                        "comments": [{"path": "roster/member[2]/age", "text": "140?"}],
                        "household_card": "TJ-05-00123",
                    }
                ],
                "tasks": [
                    {
                        "id": 41,
                        "round": "endline-2015",
                        "household": HOUSEHOLD,
                        "why": "Endline 2015",
                        "until": "2015-12-31",
                        "state": "due",
                    }
                ],
            },
        )
    ],
)
