"""What analysts read: their pages, and `/api/v1/` with its schema and its docs."""

from django.urls import include, path

from surveys.datasets import group_views, pages, saved_views, views
from surveys.xforms.addresses import FORM

urlpatterns = [
    path("records/<path:form_id>/", pages.records, name="records"),
    path("exports/", pages.exports, name="exports"),
    path("exports/<uuid:export_id>/stop/", pages.stop, name="export-stop"),
    path("api/v1/forms/", views.FormsView.as_view()),
    path(f"{FORM}/", views.FormView.as_view()),
    path(f"{FORM}/records/", views.RecordsView.as_view()),
    path(f"{FORM}/records/<uuid:record_id>/", views.RecordView.as_view()),
    path(f"{FORM}/repeats/<str:repeat>/records/", views.RepeatView.as_view()),
    path(f"{FORM}/groups/", group_views.GroupsView.as_view()),
    path(
        f"{FORM}/repeats/<str:repeat>/groups/",
        group_views.RepeatGroupsView.as_view(),
    ),
    path("api/v1/households/", include("surveys.households.urls")),
    path("api/v1/entity-lists/", include("surveys.entities.urls")),
    path("api/v1/exports/", views.ExportsView.as_view()),
    path("api/v1/exports/<uuid:export_id>/", views.ExportView.as_view()),
    path(
        "api/v1/exports/<uuid:export_id>/download/",
        views.DownloadView.as_view(),
        name="export-download",
    ),
    path("v1/", include("surveys.datasets.odata.urls")),
    path("api/v1/queries/", saved_views.QueriesView.as_view()),
    path("api/v1/queries/<uuid:query_id>/", saved_views.QueryView.as_view()),
    path(
        "api/v1/queries/<uuid:query_id>/records/",
        saved_views.QueryRecordsView.as_view(),
        name="query-records",
    ),
    path("api/v1/queries/<uuid:query_id>/exports/", views.QueryExportsView.as_view()),
    path("queries/", pages.queries, name="queries"),
    path("queries/<uuid:query_id>/drop/", pages.drop, name="query-drop"),
    path("api/schema/", views.SchemaView.as_view(), name="schema"),
    path("api/docs/", views.DocsView.as_view(url_name="schema"), name="api-docs"),
]
