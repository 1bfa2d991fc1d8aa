"""The addresses of the pages about alerts, in the place of cases."""

from django.urls import path

from vonggac.desk.pages import alert_files, alert_interfaces, alert_notices, alert_sources, alerts

urlpatterns = [
    path("", alerts.inbox, name="alerts"),
    path("do/", alerts.do, name="alert-do"),
    path("undo/<str:entries>/", alerts.undo, name="alert-undo"),
    path("sources/", alert_sources.page, name="alert-sources"),
    path("sources/new/", alert_sources.declare, name="alert-source-new"),
    path("sources/<int:source_id>/", alert_sources.one, name="alert-source"),
    path("sources/<int:source_id>/change/", alert_sources.change, name="alert-source-change"),
    path("sources/<int:source_id>/token/", alert_sources.token, name="alert-source-token"),
    path("sources/<int:source_id>/secret/", alert_sources.secret, name="alert-source-secret"),
    path("sources/<int:source_id>/replay/", alert_sources.replay, name="alert-source-replay"),
    path("sources/<int:source_id>/files/", alert_files.upload, name="alert-source-file"),
    path("sources/<int:source_id>/files/import/", alert_files.take_in, name="alert-source-file-import"),
    path("sources/<int:source_id>/files/<slug:sha256>/", alert_files.preview, name="alert-source-file-preview"),
    path(
        "sources/<int:source_id>/set-aside/<int:aside_id>/take-back/",
        alert_sources.take_back,
        name="alert-aside-take-back",
    ),
    path(
        "sources/<int:source_id>/set-aside/<int:aside_id>/put-back/",
        alert_sources.put_back,
        name="alert-aside-put-back",
    ),
    path("sources/<int:source_id>/mailbox/", alert_sources.mailbox, name="alert-source-mailbox"),
    path("sources/<int:source_id>/notices/", alert_notices.enter, name="alert-notice-enter"),
    path("sources/<int:source_id>/interface/", alert_interfaces.edit, name="alert-source-interface"),
    path("sources/<int:source_id>/retire/", alert_sources.retire, name="alert-source-retire"),
    path("notices/", alert_notices.page, name="alert-notices"),
    path("notices/<int:notice_id>/", alert_notices.one, name="alert-notice"),
    path("notices/<int:notice_id>/say/", alert_notices.say, name="alert-notice-say"),
    path("notices/<int:notice_id>/send/", alert_notices.send, name="alert-notice-send"),
    path("suppressions/", alerts.suppressions, name="alert-suppressions"),
    path("suppressions/<int:suppression_id>/end/", alerts.end_suppression, name="alert-suppression-end"),
    path("<int:finding_id>/", alerts.one, name="alert"),
    path("<int:finding_id>/raw/<int:place>/", alerts.raw, name="alert-raw"),
    path("<int:finding_id>/suppress/", alerts.suppress, name="alert-suppress"),
]
