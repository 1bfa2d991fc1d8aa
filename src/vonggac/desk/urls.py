"""The addresses of the desk."""

from django.urls import include, path

from vonggac.desk.pages import acts, case_units, cases, now, preferences, search
from vonggac.desk.stream import stream

urlpatterns = [
    path("", include("vonggac.desk.access_urls")),
    path("", include("vonggac.desk.register_urls")),
    path("", include("vonggac.desk.report_urls")),
    path("", include("vonggac.desk.directive_urls")),
    path("", include("vonggac.desk.exercise_urls")),
    path("", include("vonggac.desk.roster_urls")),
    path("", include("vonggac.desk.escalation_urls")),
    path("lists/", include("vonggac.desk.list_urls")),
    path("logs/", include("vonggac.desk.log_urls")),
    path("messages/", include("vonggac.desk.message_urls")),
    path("", now.page, name="now"),
    path("cases/", cases.inbox, name="cases"),
    path("cases/units/", case_units.page, name="case-units"),
    path("cases/alerts/", include("vonggac.desk.alert_urls")),
    path("cases/<int:case_id>/", cases.one, name="case"),
    path("cases/<int:case_id>/evidence/<int:evidence_id>/", cases.evidence_file, name="evidence-file"),
    path("cases/<int:case_id>/contacts/<int:verdict_id>/", cases.contacts, name="case-contacts"),
    path("cases/<int:case_id>/undo/<int:entry_id>/", acts.undo, name="case-undo"),
    path("cases/<int:case_id>/<slug:act>/", acts.act, name="case-act"),
    path("search/", search.page, name="search"),
    path("preferences/", preferences.page, name="preferences"),
    path("stream", stream, name="stream"),
]
