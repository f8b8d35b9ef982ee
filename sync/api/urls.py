"""Addresses below /api/v1/sync/."""

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
