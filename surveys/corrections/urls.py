"""Corrections: the list, one to be proposed, recoding, the log as a sheet; and the API."""

from django.urls import path

from surveys.corrections import pages, recode_pages, sheet_pages, views

urlpatterns = [
    path("corrections/", pages.corrections, name="corrections"),
    path("corrections/decide/", pages.decide, name="corrections-decide"),
    path("corrections/of/<uuid:record_id>/", pages.propose, name="correct"),
    path("corrections/recode/", recode_pages.recode, name="recode"),
    path("corrections/log.xlsx", sheet_pages.log_sheet, name="corrections-log"),
    path("corrections/import/", sheet_pages.import_log_page, name="corrections-import"),
    path("api/v1/corrections/", views.CorrectionsView.as_view()),
    path("api/v1/corrections/<uuid:correction_id>/<str:move>/", views.CorrectionMoveView.as_view()),
]
