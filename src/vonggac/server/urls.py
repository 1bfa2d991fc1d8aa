"""The addresses of the process itself; the desk's own stand in `vonggac.desk.urls`."""

import importlib.util

from django.urls import URLPattern, URLResolver, include, path

from vonggac.server.health import healthz

urlpatterns: list[URLPattern | URLResolver] = [path("healthz", healthz, name="healthz")]
if importlib.util.find_spec("vonggac.desk.urls"):
    urlpatterns.append(path("", include("vonggac.desk.urls")))
    handler400, handler403 = "vonggac.desk.failing.bad_request", "vonggac.desk.failing.forbidden"
    handler500 = "vonggac.desk.failing.error"
