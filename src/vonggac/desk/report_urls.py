"""The addresses of reports upward."""

from django.urls import path

from vonggac.desk.pages import report, reports

urlpatterns = [
    path("reports/", reports.page, name="reports"),
    path("reports/draft/", report.draft, name="report-draft"),
    path("reports/<int:report_id>/", report.one, name="report"),
    path("reports/<int:report_id>/pages/<int:number>.png", report.picture, name="report-page"),
    path("reports/<int:report_id>/file.<slug:form>", report.file, name="report-file"),
    path("reports/<int:report_id>/<slug:act>/", report.act, name="report-act"),
]
