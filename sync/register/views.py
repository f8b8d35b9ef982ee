"""The register of tablets in JSON: who was seen when, what waits on each, and who is overdue."""

from typing import Any

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from backend.accounts.models import User
from backend.accounts.permissions import may_manage_devices
from backend.problems import Problem
from surveys.privacy.access import places_for
from sync.models import Device

SORTS = ("name", "last_seen_at", "unsent", "oldest_unsent_at", "battery", "clock_drift_seconds")
PARAMETERS = [
    OpenApiParameter("overdue", bool, description="Only those that are (1), or are not (0)."),
    OpenApiParameter(
        "sort", str, enum=[*SORTS, *(f"-{name}" for name in SORTS)], description="`-`: backwards."
    ),
]


class HeldForm(serializers.Serializer[Any]):
    form_id = serializers.CharField()
    version = serializers.CharField()
    outdated = serializers.BooleanField()


class DeviceShape(serializers.Serializer[Any]):
    """One tablet. What it has not said is null; times are by our clock."""

    id = serializers.IntegerField()
    name = serializers.CharField()
    user_name = serializers.CharField(allow_null=True)
    places = serializers.ListField(child=serializers.CharField(), help_text="Codes; none: all.")
    rounds = serializers.ListField(child=serializers.CharField(), help_text="Codes; none: all.")
    created_at = serializers.DateTimeField()
    last_seen_at = serializers.DateTimeField(allow_null=True)
    revoked_at = serializers.DateTimeField(allow_null=True)
    overdue = serializers.BooleanField()
    app = serializers.CharField()
    platform = serializers.CharField()
    health_at = serializers.DateTimeField(allow_null=True)
    battery = serializers.IntegerField(allow_null=True, help_text="Percent.")
    free_mb = serializers.IntegerField(allow_null=True)
    unsent = serializers.IntegerField(allow_null=True)
    oldest_unsent_at = serializers.DateTimeField(allow_null=True)
    clock_drift_seconds = serializers.IntegerField(
        allow_null=True, help_text="Its clock minus ours."
    )
    forms = HeldForm(many=True)


class DeviceList(serializers.Serializer[Any]):
    count = serializers.IntegerField()
    results = DeviceShape(many=True)


class DevicesView(APIView):
    @extend_schema(operation_id="devices_list", parameters=PARAMETERS, responses=DeviceList)
    def get(self, request: Request) -> Response:
        """All tablets of your places, for supervisors and managers."""
        user = request.user
        if not isinstance(user, User) or not may_manage_devices(user):
            raise Problem("not_allowed")
        theirs = Device.objects.within(places_for(user)).described().order_by(_sort(request))
        overdue = _overdue(request)
        devices = theirs.prefetch_related("places", "assignments__round")
        results = [_shape(each) for each in devices if overdue in {None, each.is_overdue}]
        return Response({"count": len(results), "results": results})


def _sort(request: Request) -> str:
    sort = str(request.query_params.get("sort", "name"))
    if sort.removeprefix("-") not in SORTS:
        raise Problem("request_malformed", reason=f"sort takes {', '.join(SORTS)}.")
    return sort


def _overdue(request: Request) -> bool | None:
    asked = request.query_params.get("overdue")
    known = {None: None, "1": True, "true": True, "0": False, "false": False}
    if asked not in known:
        raise Problem("request_malformed", reason="overdue takes 1 or 0.")
    return known[asked]


def _shape(device: Any) -> dict[str, Any]:
    """`device` comes from `described`."""
    plain = set(DeviceShape().fields) - {"places", "rounds", "overdue", "forms"}
    return {
        **{name: getattr(device, name) for name in plain},
        "places": [place.code for place in device.places.all()],
        "rounds": [each.round.code for each in device.assignments.all()],
        "overdue": device.is_overdue,
        "forms": [
            {**held, "outdated": held["form_id"] in device.outdated} for held in device.forms
        ],
    }
