"""Quality: its pages, and the same by API."""

from django.urls import path

from surveys.quality import back_check_pages, check_pages, pages, timing_pages, views

urlpatterns = [
    path("quality/", pages.report, name="quality"),
    path("quality/run/", pages.run_now, name="quality-run"),
    path("quality/report.xlsx", pages.workbook, name="quality-workbook"),
    path("quality/flags/", pages.flags, name="quality-flags"),
    path("quality/flags/<int:flag_id>/", pages.flag, name="quality-flag"),
    path("quality/enumerators/", pages.enumerators, name="quality-enumerators"),
    path("quality/questions/", pages.variables, name="quality-variables"),
    path("quality/timing/", timing_pages.question_times, name="quality-timing"),
    path("quality/time-use/", timing_pages.time_use, name="quality-time-use"),
    path("quality/checks/", check_pages.checks, name="quality-checks"),
    path("quality/checks/<slug:code>/", check_pages.check, name="quality-check"),
    path("quality/back-checks/", back_check_pages.draws, name="back-checks"),
    path("quality/back-checks/<int:draw_id>/", back_check_pages.one_draw, name="back-check-draw"),
    path(
        "quality/back-checks/<int:draw_id>/<int:check_id>/",
        back_check_pages.choices,
        name="back-check-choices",
    ),
    path("api/v1/quality/flags/", views.QualityFlagsView.as_view()),
    path("api/v1/quality/flags/<int:flag_id>/", views.QualityFlagView.as_view()),
    path("api/v1/quality/flags/<int:flag_id>/state/", views.QualityFlagStateView.as_view()),
    path("api/v1/quality/report/", views.QualityReportView.as_view()),
    path("api/v1/quality/checks/", views.QualityChecksView.as_view()),
]
