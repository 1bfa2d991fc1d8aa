"""The addresses of the pages of sensors and their logs."""

from django.urls import path

from vonggac.desk.pages import logs

urlpatterns = [
    path("", logs.page, name="logs"),
    path("<str:name>/", logs.one, name="log-sensor"),
    path("<str:name>/import", logs.hand_in, name="log-import"),
    path("<str:name>/import/<slug:sha256>", logs.hand_in_anyway, name="log-import-anyway"),
    path("<str:name>/coverage", logs.cover, name="log-coverage"),
    path("<str:name>/files/<slug:sha256>/take-back", logs.take_back, name="log-take-back"),
    path("<str:name>/files/<slug:sha256>/put-back", logs.put_back, name="log-put-back"),
    path("<str:name>/rejects/<slug:sha256>", logs.rejects, name="log-rejects"),
]
