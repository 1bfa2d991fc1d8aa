"""The addresses of the pages about alerts, in the place of cases."""

from django.urls import path

from vonggac.desk.pages import alerts

urlpatterns = [
    path("", alerts.inbox, name="alerts"),
    path("do/", alerts.do, name="alert-do"),
    path("put-back/<str:ids>/", alerts.put_back, name="alert-put-back"),
    path("sources/", alerts.sources, name="alert-sources"),
    path("suppressions/", alerts.suppressions, name="alert-suppressions"),
    path("suppressions/<int:suppression_id>/end/", alerts.end_suppression, name="alert-suppression-end"),
    path("<int:finding_id>/", alerts.one, name="alert"),
    path("<int:finding_id>/raw/<int:place>/", alerts.raw, name="alert-raw"),
    path("<int:finding_id>/suppress/", alerts.suppress, name="alert-suppress"),
]
