"""Indicators: their pages, and the same by API."""

from django.urls import path

from surveys.indicators import pages, views
from surveys.indicators.override import pages as override_pages
from surveys.indicators.override import views as override_views

urlpatterns = [
    path("indicators/", pages.indicators, name="indicators"),
    path("indicators/compute/", pages.compute, name="indicators-compute"),
    path("indicators/tables/", pages.tables, name="indicator-tables"),
    path("indicators/overrides/", override_pages.overrides, name="indicator-overrides"),
    path(
        "indicators/overrides/<int:pk>/revoke/",
        override_pages.revoke,
        name="indicator-override-revoke",
    ),
    path("indicators/report/", pages.report, name="indicator-report"),
    path("indicators/<str:code>/", pages.indicator, name="indicator"),
    path("indicators/<str:code>/households/", pages.behind, name="indicator-households"),
    path("indicators/<str:code>/file/", pages.file, name="indicator-file"),
    path("indicators/<str:code>/freeze/", pages.freeze, name="indicator-freeze"),
    path("api/v1/indicators/", views.IndicatorsView.as_view()),
    path("api/v1/indicators/compute/", views.ComputeView.as_view()),
    path("api/v1/indicators/tables/<str:name>/", views.TableView.as_view()),
    path("api/v1/indicators/overrides/", override_views.OverridesView.as_view()),
    path("api/v1/indicators/overrides/<int:pk>/revoke/", override_views.RevokeView.as_view()),
    path("api/v1/indicators/report/", views.ReportView.as_view()),
    path("api/v1/indicators/<str:code>/", views.IndicatorView.as_view()),
    path("api/v1/indicators/<str:code>/households/", views.BehindView.as_view()),
    path("api/v1/indicators/<str:code>/map/", views.MapView.as_view(), name="indicator-map"),
    path("api/v1/indicators/<str:code>/history/", views.HistoryView.as_view()),
    path("api/v1/indicators/<str:code>/file/", views.FileView.as_view()),
    path("api/v1/indicators/<str:code>/freeze/", views.FreezeView.as_view()),
]
