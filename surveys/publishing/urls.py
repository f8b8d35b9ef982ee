"""Forms for people, and the same by API."""

from django.urls import path

from surveys.publishing import form_pages, pages, views
from surveys.xforms.addresses import FORM

urlpatterns = [
    path("forms/", pages.forms, name="forms"),
    path("forms/upload/", pages.upload, name="form-upload"),
    path("forms/drafts/<int:draft_id>/", pages.draft, name="form-draft"),
    path("forms/drafts/<int:draft_id>/publish/", pages.publish, name="draft-publish"),
    path("forms/drafts/<int:draft_id>/files/", pages.attach, name="draft-attach"),
    path("forms/drafts/<int:draft_id>/drop/", pages.drop, name="draft-drop"),
    path("forms/drafts/<int:draft_id>/tests/<int:trial_id>/", pages.trial, name="draft-trial"),
    path("forms/rounds/<int:round_pk>/", form_pages.communities, name="round-places"),
    path("forms/versions/<int:version_pk>/workbook/", form_pages.workbook, name="form-workbook"),
    path("forms/versions/<int:version_pk>/xform/", form_pages.xform, name="form-xform"),
    path(
        "forms/versions/<int:version_pk>/retire/", form_pages.retire_edition, name="version-retire"
    ),
    path("forms/<int:form_pk>/", form_pages.form, name="form"),
    path("forms/<int:form_pk>/round/", form_pages.assign, name="form-assign"),
    path("forms/<int:form_pk>/retire/", form_pages.retire, name="form-retire"),
    path("forms/<int:form_pk>/files/", form_pages.attach, name="form-attach"),
    path("api/v1/form-drafts/", views.DraftsView.as_view()),
    path("api/v1/form-drafts/<int:draft_id>/", views.DraftView.as_view()),
    path("api/v1/form-drafts/<int:draft_id>/files/", views.DraftFilesView.as_view()),
    path("api/v1/form-drafts/<int:draft_id>/publish/", views.PublishView.as_view()),
    path("api/v1/form-drafts/<int:draft_id>/tests/", views.TrialsView.as_view()),
    path(f"{FORM}/assignment/", views.AssignmentView.as_view()),
]
