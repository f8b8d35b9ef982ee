"""Corrections: the list, one to be proposed, recoding, the log as a sheet; and the API."""

from django.urls import path

from surveys.corrections import drop_pages, errand_pages, pages, recode_pages, sheet_pages, views

urlpatterns = [
    path("corrections/", pages.corrections, name="corrections"),
    path("corrections/decide/", pages.decide, name="corrections-decide"),
    path("corrections/of/<uuid:record_id>/", pages.propose, name="correct"),
    path("corrections/drop/<uuid:record_id>/", drop_pages.drop, name="correct-drop"),
    path("corrections/recode/", recode_pages.recode, name="recode"),
    path("corrections/errands/<uuid:errand_id>/", errand_pages.errand, name="errand"),
    path("corrections/errands/<uuid:errand_id>/stop/", errand_pages.stop, name="errand-stop"),
    path("corrections/errands/<uuid:errand_id>/log.xlsx", sheet_pages.log_sheet, name="errand-log"),
    path("corrections/log/", sheet_pages.ask_log_sheet, name="corrections-log"),
    path("corrections/import/", sheet_pages.import_log_page, name="corrections-import"),
    path("api/v1/corrections/", views.CorrectionsView.as_view()),
    path("api/v1/corrections/errands/<uuid:errand_id>/", views.ErrandView.as_view()),
    path("api/v1/corrections/<uuid:correction_id>/<str:move>/", views.CorrectionMoveView.as_view()),
]
