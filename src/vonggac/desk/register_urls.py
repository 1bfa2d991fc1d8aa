"""The addresses of the register's pages."""

from django.urls import path

from vonggac.desk.pages import organisation, register

urlpatterns = [
    path("register/", register.first, name="register"),
    path("register/organisations/<int:organisation_id>/", organisation.page, name="organisation"),
    path("register/organisations/<int:organisation_id>/change", organisation.change, name="organisation-change"),
    path("register/organisations/<int:organisation_id>/contact", organisation.contact, name="organisation-contact"),
    path("register/<slug:kind>/", register.listed, name="register-list"),
    path("register/<slug:kind>/file", register.as_file, name="register-file"),
    path("register/<slug:kind>/import", register.upload, name="register-import"),
    path("register/<slug:kind>/preview", register.preview, name="register-preview"),
    path("register/<slug:kind>/apply", register.apply, name="register-apply"),
]
