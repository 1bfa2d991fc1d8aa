"""The addresses of Chỉ đạo."""

from django.urls import path

from vonggac.desk.pages.directives import acts, amending, answers, confirming, entering, reading, unit

urlpatterns = [
    path("directives/", reading.register, name="directives"),
    path("directives/upload/", entering.upload, name="directives-upload"),
    path("directives/files/<int:document_id>/", confirming.confirm, name="directive-confirm"),
    path("directives/files/<int:document_id>/raw/", entering.file, name="directive-file"),
    path("directives/<int:directive_id>/", reading.page, name="directive"),
    path("directives/<int:directive_id>/margin/", reading.margin, name="directive-margin"),
    path("directives/<int:directive_id>/matrix/", reading.matrix, name="directive-matrix"),
    path("directives/<int:directive_id>/clauses/<int:clause_id>/", reading.clause, name="directive-clause"),
    path(
        "directives/<int:directive_id>/clauses/<int:clause_id>/correct/",
        amending.correct,
        name="directive-clause-correct",
    ),
    path("directives/<int:directive_id>/answers/", answers.answers, name="directive-answers"),
    path("directives/<int:directive_id>/correct/", acts.correct, name="directive-correct"),
    path("directives/<int:directive_id>/discard/", entering.discard, name="directive-discard"),
    path("directives/<int:directive_id>/acts/<slug:act>/", acts.act, name="directive-act"),
    path("directives/obligations/<int:obligation_id>/", acts.obligation, name="obligation"),
    path("directives/obligations/<int:obligation_id>/<slug:way>/", acts.pass_on, name="obligation-pass-on"),
    path("my-unit/", unit.page, name="my-unit"),
]
