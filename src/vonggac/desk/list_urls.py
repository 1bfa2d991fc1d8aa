"""The addresses of the pages about botnet lists."""

from django.urls import path

from vonggac.desk.pages import lists, settling, unowned

urlpatterns = [
    path("", lists.page, name="lists"),
    path("upload/", lists.upload, name="list-upload"),
    path("preview/<slug:sha256>/", lists.preview, name="list-preview"),
    path("confirm/", lists.confirm, name="list-confirm"),
    path("<int:list_id>/", lists.one, name="list"),
    path("<int:list_id>/unowned/", unowned.page, name="list-unowned"),
    path("<int:list_id>/file", lists.raw_file, name="list-file"),
    path("<int:list_id>/unread/<int:unread_id>/settle", settling.settle, name="list-settle"),
    path("<int:list_id>/unread/<int:unread_id>/withdraw", settling.withdraw, name="list-unsettle"),
]
