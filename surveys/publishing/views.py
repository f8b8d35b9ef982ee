"""Drafts and assignment by API, for who may publish forms."""

from typing import Any

from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from backend.problems import Problem
from surveys.datasets.tables import find_form
from surveys.privacy.access import reader
from surveys.publishing import serializers
from surveys.publishing.answers import as_assignment, as_draft, as_line, as_trial
from surveys.publishing.assignment import assign
from surveys.publishing.drafts import attach_to_draft, drop_draft, keep_draft, publish_kept
from surveys.publishing.models import FormDraft
from surveys.publishing.publisher import publisher
from surveys.publishing.uploads import read_media, read_workbook

DRAFTS_A_PAGE = 200
LARGEST_KEY = 2**63 - 1
TO_PUBLISH = OpenApiExample(
    "Publish", value={"looked_at": 7, "breaks_confirmed": True}, request_only=True
)


def _find(draft_id: int) -> FormDraft:
    drafts = FormDraft.objects.select_related("created_by", "published__form__round")
    found = drafts.filter(pk=draft_id).first() if draft_id <= LARGEST_KEY else None
    if found is None:
        raise Problem("not_found")
    return found


class DraftsView(APIView):
    parser_classes = (MultiPartParser,)

    @extend_schema(operation_id="form_drafts_list", responses=serializers.FormDraftPage)
    def get(self, request: Request) -> Response:
        """The newest drafts, whatever became of them."""
        publisher(request.user)
        drafts = FormDraft.objects.light().select_related("created_by")[:DRAFTS_A_PAGE]
        return Response({"results": [as_line(draft) for draft in drafts]})

    @extend_schema(
        operation_id="form_drafts_create",
        request={"multipart/form-data": serializers.WorkbookUpload},
        responses={201: serializers.FormDraftShape},
    )
    def post(self, request: Request) -> Response:
        """Checks a workbook; one that could be published is kept as a draft. Publishes nothing."""
        user = publisher(request.user)
        file: Any = request.FILES.get("workbook")
        content = read_workbook(file)
        draft = keep_draft(content=content, by=user, file_name=file.name or "")
        return Response(as_draft(draft), status=201)


class DraftView(APIView):
    @extend_schema(operation_id="form_drafts_retrieve", responses=serializers.FormDraftShape)
    def get(self, request: Request, draft_id: int) -> Response:
        """A draft: its warnings, what publishing it would change now, classes, translations."""
        publisher(request.user)
        return Response(as_draft(_find(draft_id)))

    @extend_schema(operation_id="form_drafts_drop", responses={200: serializers.FormDraftLine})
    def delete(self, request: Request, draft_id: int) -> Response:
        """Closes a draft that will not be published; it and its test records stay readable."""
        user, draft = publisher(request.user), _find(draft_id)
        drop_draft(draft=draft, by=user)
        return Response(as_line(draft))


class DraftFilesView(APIView):
    parser_classes = (MultiPartParser,)

    @extend_schema(
        operation_id="form_drafts_attach",
        request={"multipart/form-data": serializers.DraftFileUpload},
        responses={201: serializers.DraftFileShape},
    )
    def post(self, request: Request, draft_id: int) -> Response:
        """Adds a file the form refers to, or replaces the one of that name."""
        user, draft = publisher(request.user), _find(draft_id)
        file: Any = request.FILES.get("file")
        name, content = read_media(file)
        kept = attach_to_draft(draft=draft, name=name, content=content, by=user)
        return Response({"name": kept.name, "md5": kept.md5}, status=201)


class PublishView(APIView):
    @extend_schema(
        operation_id="form_drafts_publish",
        request=serializers.PublishDraft,
        responses={201: serializers.PublishedVersion},
        examples=[TO_PUBLISH],
    )
    def post(self, request: Request, draft_id: int) -> Response:
        """Publishes exactly what was tried; tablets see it at their next check."""
        user, draft = publisher(request.user), _find(draft_id)
        asked = serializers.PublishDraft(data=request.data)
        asked.is_valid(raise_exception=True)
        said = asked.validated_data
        version = publish_kept(
            draft=draft,
            looked_at=said["looked_at"],
            breaks_confirmed=said["breaks_confirmed"],
            round_code=said.get("round"),
            renamed=said["renamed"].items(),
            by=user,
        )
        form = version.form
        answer = {
            "form_id": form.form_id,
            "version": version.version,
            "round": form.round.code if form.round else None,
            "published_at": version.published_at.isoformat(),
        }
        return Response(answer, status=201)


class TrialsView(APIView):
    @extend_schema(operation_id="form_drafts_tests", responses=serializers.TrialPage)
    def get(self, request: Request, draft_id: int) -> Response:
        """What was sent to try the draft, the newest first. None of it is a record."""
        publisher(request.user)
        trials = _find(draft_id).trials.defer("raw_xml")[:DRAFTS_A_PAGE]
        return Response({"results": [as_trial(trial) for trial in trials]})


class AssignmentView(APIView):
    @extend_schema(operation_id="forms_assignment_retrieve", responses=serializers.FormAssignment)
    def get(self, request: Request, form_id: str) -> Response:
        """Which round a form belongs to, that round's places, and whether tablets see the form."""
        reader(request.user)
        return Response(as_assignment(find_form(form_id)))

    @extend_schema(
        operation_id="forms_assignment_update",
        request=serializers.AssignForm,
        responses=serializers.FormAssignment,
        examples=[OpenApiExample("A round", value={"round": "baseline"}, request_only=True)],
    )
    def patch(self, request: Request, form_id: str) -> Response:
        """Gives the form to a round, the round its places, or takes the form off the list."""
        user, form = publisher(request.user), find_form(form_id)
        asked = serializers.AssignForm(data=request.data)
        asked.is_valid(raise_exception=True)
        assign(form=form, by=user, **asked.validated_data)
        return Response(as_assignment(form))
