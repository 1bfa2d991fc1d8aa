"""The addresses of the pages about messages."""

from django.urls import path

from vonggac.desk.pages import messages

urlpatterns = [
    path("", messages.page, name="messages"),
    path("<int:message_id>/", messages.one, name="message"),
    path("<int:message_id>/link/", messages.make_link, name="message-link"),
    path("<int:message_id>/send/", messages.send_again, name="message-send"),
]
