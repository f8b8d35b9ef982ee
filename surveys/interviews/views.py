"""The field board by API, and the plan it is measured by."""

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from surveys.interviews import serializers
from surveys.interviews.answers import SPANS, field_json, field_of
from surveys.interviews.targets import load_targets, planner, targets_of
from surveys.privacy.access import reviewer


class FieldView(APIView):
    @extend_schema(
        operation_id="field_retrieve",
        parameters=[
            OpenApiParameter("days", int, enum=SPANS, description="Up to the last interview."),
            OpenApiParameter("form", str, description="Of one form; all if not said."),
        ],
        responses=serializers.FieldBoardShape,
    )
    def get(self, request: Request) -> Response:
        """The field board: enumerators, districts, progress with forecast, tablets."""
        field = field_of(reviewer(request.user), request.query_params.dict())
        return Response(field_json(field))


class TargetsView(APIView):
    parser_classes = [MultiPartParser]

    @extend_schema(operation_id="field_targets_list", responses=serializers.RoundTargetList)
    def get(self, request: Request) -> Response:
        """How many households are to be interviewed, by round and place."""
        results = [
            {"round": t.round.code, "place": t.place.code, "households": t.households}
            for t in targets_of(reviewer(request.user))
        ]
        return Response({"count": len(results), "results": results})

    @extend_schema(
        operation_id="field_targets_create",
        request={"multipart/form-data": serializers.AskTargets},
        responses={201: serializers.TargetsLoaded},
    )
    def post(self, request: Request) -> Response:
        """Loads them from CSV or XLSX; 0 households take a row away."""
        user = planner(request.user)
        said = serializers.AskTargets(data=request.data)
        said.is_valid(raise_exception=True)
        rows = load_targets(content=said.validated_data["file"].read(), by=user)
        return Response({"rows": rows}, status=201)
