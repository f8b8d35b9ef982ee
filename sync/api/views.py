"""The JSON sync API: thin edges. Every view knows its tablet as `self.caller`."""

from typing import Any

from rest_framework.request import Request
from rest_framework.views import APIView

from backend.problems import Problem
from sync.auth import Caller, authenticate


class DeviceView(APIView):
    """A view for tablets alone: `Authorization: Bearer <device token>` and nothing else.

    Raises token_unknown (403), login_required (401), device_token_required (403).
    """

    authentication_classes = ()
    permission_classes = ()
    pushes = False  # as for `authenticate`
    caller: Caller

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        self.caller = authenticate(request._request, pushes=self.pushes)
        if self.caller.device_id is None:
            raise Problem("device_token_required")
        super().initial(request, *args, **kwargs)
