"""The addresses of ODK Central that are read here. A form's id may hold any letter."""

from django.urls import path

from surveys.datasets.odata import views

FORM = "projects/<int:project_id>/forms/<path:form_id>"

urlpatterns = [
    path("sessions", views.sessions),
    path("users/current", views.current_user),
    path("projects", views.projects),
    path("projects/<int:project_id>", views.project),
    path("projects/<int:project_id>/forms", views.forms),
    path(f"{FORM}.svc", views.service),
    path(f"{FORM}.svc/", views.service),
    path(f"{FORM}.svc/$batch", views.batch),
    path(f"{FORM}.svc/<path:path>", views.service),
    path(f"{FORM}/fields", views.form_fields),
    path(f"{FORM}/submissions", views.submissions),
    path(f"{FORM}/submissions/<str:key>/attachments", views.attachments),
    path(f"{FORM}/submissions/<str:key>.xml", views.submission_xml),
    path(f"{FORM}/submissions/<str:key>", views.submission),
    path(f"{FORM}.xml", views.form_xml),
    path(FORM, views.form),
    path("<path:rest>", views.nowhere),
]
