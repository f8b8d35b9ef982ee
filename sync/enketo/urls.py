"""Where people are led to web forms."""

from django.urls import path

from sync.enketo import views

urlpatterns = [
    path("fill/<str:form_id>/", views.web_form, name="web-form"),
    path("edit/<uuid:record_id>/", views.edit, name="web-edit"),
]
