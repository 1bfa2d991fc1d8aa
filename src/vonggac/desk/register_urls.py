"""The addresses of the register's pages."""

from django.urls import path

from vonggac.desk.pages import register

urlpatterns = [
    path("register/", register.first, name="register"),
    path("register/<slug:kind>/", register.listed, name="register-list"),
    path("register/<slug:kind>/file", register.as_file, name="register-file"),
    path("register/<slug:kind>/import", register.upload, name="register-import"),
    path("register/<slug:kind>/apply", register.apply, name="register-apply"),
]
