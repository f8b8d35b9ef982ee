"""The field board, and the same by API."""

from django.urls import path

from surveys.interviews import pages, views

urlpatterns = [
    path("field/", pages.board, name="field"),
    path("field/now/", pages.now, name="field-now"),
    path("field/targets/", pages.targets, name="field-targets"),
    path("api/v1/field/", views.FieldView.as_view()),
    path("api/v1/field/targets/", views.TargetsView.as_view()),
]
