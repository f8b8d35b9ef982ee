"""A person's tokens, by API."""

from django.urls import path

from backend.accounts import api_views

urlpatterns = [
    path("", api_views.TokensView.as_view()),
    path("<int:pk>/", api_views.TokenView.as_view()),
]
