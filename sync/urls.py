"""What tablets talk to."""

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
