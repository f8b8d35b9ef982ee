"""Health, and the first page."""

from django.http import HttpRequest, HttpResponse, JsonResponse


def live(_request: HttpRequest) -> JsonResponse:
    return JsonResponse({"status": "ok"})


def ready(_request: HttpRequest) -> JsonResponse:
    return JsonResponse({"status": "ok"})


def home(_request: HttpRequest) -> HttpResponse:
    return HttpResponse("Oila")
