"""Groups of a form's records and of its repeats' rows, by API."""

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from surveys.datasets import serializers
from surveys.datasets.grouping.groups import count_groups
from surveys.datasets.openapi import FILTERS, QUERY
from surveys.datasets.records import Asked
from surveys.datasets.tables import dataset_of_form, find_form, find_table
from surveys.privacy.access import dataset_reader

ASK = [
    OpenApiParameter("by", str, description="Up to four fields to group by, with commas."),
    OpenApiParameter("of", str, description="Up to eight numbers to sum up, with commas."),
    *(p for p in QUERY if p.name in {"labels", "place", "layer"}),
]


class GroupsView(APIView):
    @extend_schema(
        operation_id="groups_retrieve",
        description=f"A form's records in groups. {FILTERS}",
        parameters=ASK,
        responses=serializers.Groups,
    )
    def get(self, request: Request, form_id: str) -> Response:
        """A form's records in groups: how many, and figures of their numbers."""
        return Response(count_groups(_asked(request, form_id), request._request.GET))


class RepeatGroupsView(APIView):
    @extend_schema(
        operation_id="repeat_groups_retrieve",
        description=f"The rows of one repeat in groups. {FILTERS}",
        parameters=ASK,
        responses=serializers.Groups,
    )
    def get(self, request: Request, form_id: str, repeat: str) -> Response:
        """The rows of one repeat in groups: how many, and figures of their numbers."""
        return Response(count_groups(_asked(request, form_id, repeat), request._request.GET))


def _asked(request: Request, form_id: str, repeat: str = "") -> Asked:
    user = dataset_reader(request.user, form_id)
    form = find_form(form_id)
    dataset = dataset_of_form(form)
    return Asked(form, dataset, find_table(dataset, repeat), user)
