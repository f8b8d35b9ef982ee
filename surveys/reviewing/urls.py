"""Review: the queue, a record with its log, and both by API."""

from django.urls import path

from surveys.reviewing import conflicts, pages, views
from surveys.xforms.addresses import FORM

urlpatterns = [
    path("review/", pages.queue, name="review"),
    path("review/reason/", pages.say_why, name="review-reason"),
    path("conflicts/", conflicts.conflicts, name="conflicts"),
    path("conflicts/<int:conflict_id>/", conflicts.conflict, name="conflict"),
    path("records/<path:form_id>/<uuid:record_id>/", pages.record, name="record"),
    path(f"{FORM}/records/<uuid:record_id>/steps/", views.StepsView.as_view()),
    path(f"{FORM}/records/<uuid:record_id>/review/", views.ReviewView.as_view()),
]
