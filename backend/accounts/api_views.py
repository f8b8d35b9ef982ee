"""Personal access tokens by API: list, make, end. Their secret is told once, when one is made."""

from typing import Any

from django.utils.decorators import method_decorator
from django.views.decorators.cache import never_cache
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from backend.accounts.models import PersonalToken, User
from backend.accounts.permissions import may_read_datasets
from backend.accounts.tokens import TOKEN_DAYS, make_token, revoke_personal_token, tokens_for
from backend.problems import Problem


class AskToken(serializers.Serializer[object]):
    """What a token is asked with."""

    name = serializers.CharField(max_length=80, help_text="Which tool it is for.")
    days = serializers.IntegerField(default=TOKEN_DAYS, min_value=1, max_value=TOKEN_DAYS)
    form_ids = serializers.ListField(
        child=serializers.CharField(max_length=200),
        default=list,
        max_length=100,
        help_text="The forms it opens; empty for all that you may ask for.",
    )
    purpose = serializers.CharField(max_length=300, default="", allow_blank=True)


class TokenShape(serializers.Serializer[object]):
    id = serializers.IntegerField()
    name = serializers.CharField()
    form_ids = serializers.ListField(child=serializers.CharField())
    purpose = serializers.CharField(allow_blank=True)
    created_at = serializers.DateTimeField()
    expires_at = serializers.DateTimeField()
    last_used_at = serializers.DateTimeField(allow_null=True, help_text="To the minute.")
    revoked_at = serializers.DateTimeField(allow_null=True)
    valid = serializers.BooleanField(help_text="Neither revoked nor expired.")
    yours = serializers.BooleanField(help_text="Whether you ask with this one.")


class TokenMade(TokenShape):
    token = serializers.CharField(help_text="The secret; it cannot be shown again.")


class TokenList(serializers.Serializer[object]):
    next = serializers.URLField(allow_null=True)
    previous = serializers.URLField(allow_null=True)
    results = TokenShape(many=True)


@method_decorator(never_cache, name="dispatch")
class TokensView(APIView):
    @extend_schema(operation_id="tokens_list", responses=TokenList)
    def get(self, request: Request) -> Response:
        """Your tokens, the newest first, ended ones too; never their secrets."""
        user = _reader(request)
        results = [_as_json(token, user) for token in tokens_for(user)]
        return Response({"next": None, "previous": None, "results": results})

    @extend_schema(operation_id="tokens_create", request=AskToken, responses={201: TokenMade})
    def post(self, request: Request) -> Response:
        """Makes a token; one that a token makes opens no more, and ends with it."""
        user = _reader(request)
        asked = AskToken(data=request.data)
        asked.is_valid(raise_exception=True)
        made, secret = make_token(user=user, **asked.validated_data)
        return Response({**_as_json(made, user), "token": secret}, status=201)


@method_decorator(never_cache, name="dispatch")
class TokenView(APIView):
    @extend_schema(operation_id="tokens_retrieve", responses=TokenShape)
    def get(self, request: Request, pk: int) -> Response:
        """One of your tokens: what it opens, until when, and when it was last used."""
        user = _reader(request)
        return Response(_as_json(_find(user, pk), user))

    @extend_schema(operation_id="tokens_destroy", responses={204: None})
    def delete(self, request: Request, pk: int) -> Response:
        """Ends a token at once, and those that were made with it."""
        user = _reader(request)
        revoke_personal_token(token=_find(user, pk), by=user)
        return Response(status=204)


def _reader(request: Request) -> User:
    user = request.user
    if not isinstance(user, User) or not may_read_datasets(user):
        raise Problem("not_allowed")
    return user


def _find(user: User, pk: int) -> PersonalToken:
    token = next((each for each in tokens_for(user) if each.pk == pk), None)
    if token is None:
        raise Problem("not_found")
    return token


def _as_json(token: PersonalToken, user: User) -> dict[str, Any]:
    names = ("name", "form_ids", "purpose", "created_at", "expires_at", "last_used_at")
    return {
        "id": token.pk,
        **{name: getattr(token, name) for name in (*names, "revoked_at")},
        "valid": token.is_valid(),
        "yours": user.token is not None and user.token.pk == token.pk,
    }
