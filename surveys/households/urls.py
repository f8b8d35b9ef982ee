"""Households for analysts, below `/api/v1/households/`."""

from django.urls import path

from surveys.households import views

urlpatterns = [
    path("", views.HouseholdsView.as_view()),
    path("<uuid:household_id>/", views.HouseholdView.as_view()),
]
