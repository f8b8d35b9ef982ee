"""Decisions about households: their pages, and the same by API."""

from django.urls import path

from surveys.links import brakes, household, pages, views

urlpatterns = [
    path("links/", pages.queue, name="links"),
    path("links/claim/", pages.claim, name="links-claim"),
    path("links/undo/", pages.take_it_back, name="links-undo"),
    path("links/cases.xlsx", pages.workbook, name="links-workbook"),
    path("links/brakes/", brakes.brakes, name="brakes"),
    path("links/photos/<int:attachment_id>/", pages.photo, name="links-photo"),
    path("links/<int:candidate_id>/", pages.case, name="case"),
    path("households/<uuid:household_id>/", household.household, name="household"),
    path("api/v1/links/", views.LinksView.as_view()),
    path("api/v1/links/decisions/", views.DecisionsView.as_view()),
    path("api/v1/links/decisions/<int:decision_id>/revoke/", views.RevokeView.as_view()),
]
