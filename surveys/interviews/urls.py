"""The field board."""

from django.urls import path

from surveys.interviews import pages

urlpatterns = [path("field/", pages.board, name="field")]
