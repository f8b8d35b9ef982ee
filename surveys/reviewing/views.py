"""Review by API: the log of a record, and one more step in it."""

from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from surveys.privacy.access import reader, reviewer
from surveys.reviewing import serializers
from surveys.reviewing.history import find_record, history_json, steps_of
from surveys.submissions.review import VERBS, Looked, Remark


class StepsView(APIView):
    @extend_schema(operation_id="records_steps", responses=serializers.HistoryShape)
    def get(self, request: Request, form_id: str, record_id: UUID) -> Response:
        """What became of a record, step by step; nothing in it is ever changed."""
        user = reader(request.user)
        record = find_record(form_id, record_id, user)
        return Response(history_json(record, steps_of(record), user))


class ReviewView(APIView):
    @extend_schema(
        operation_id="records_review",
        request=serializers.Decision,
        responses={201: serializers.HistoryShape},
    )
    def post(self, request: Request, form_id: str, record_id: UUID) -> Response:
        """Approve, reject, send back or comment; answers with the log as it is then."""
        user = reviewer(request.user)
        find_record(form_id, record_id, user)
        decision = serializers.Decision(data=request.data)
        decision.is_valid(raise_exception=True)
        said = decision.validated_data
        VERBS[said["step"]](
            record_id=record_id,
            looked=Looked(said["edition"], said.get("last_step")),
            by=user,
            comment=said["comment"],
            remarks=[Remark(**comment) for comment in said["comments"]],
        )
        record = find_record(form_id, record_id, user)
        return Response(history_json(record, steps_of(record), user), status=201)
