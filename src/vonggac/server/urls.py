"""The addresses of the process itself; the desk's own stand in `vonggac.desk.urls`."""

from django.urls import URLPattern, URLResolver

urlpatterns: list[URLPattern | URLResolver] = []
