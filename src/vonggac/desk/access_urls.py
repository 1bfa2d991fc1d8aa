"""The addresses of sign-in, one's account and people's access."""

from django.urls import include, path
from django.views.generic import RedirectView

from vonggac.desk.api import interface
from vonggac.desk.pages import account, links, people_access, signing

urlpatterns = [
    path("api/v1/openapi.json", interface.openapi, name="api-openapi"),
    path("api/v1/docs", interface.docs, name="api-docs"),
    path("api/v1/", interface.api.urls),
    path("l/sign-in/<str:secret>", signing.sign_in_link, name="sign-in-link"),
    path("l/acknowledge/<str:secret>", links.acknowledge, name="acknowledge-link"),
    path("setup", signing.setup, name="setup"),
    path("welcome", signing.welcome, name="welcome"),
    path("account", account.account, name="account"),
    path("account/switch", account.switch, name="account-switch"),
    path("account/node", account.node, name="account-node"),
    path("account/sign-out-everywhere", account.sign_out_everywhere, name="account-sign-out-everywhere"),
    path("account/break-glass", account.take_break_glass, name="break-glass"),
    path("account/break-glass/end", account.end_break_glass, name="break-glass-end"),
    path("account/", include("allauth.urls")),
    path("administration", RedirectView.as_view(pattern_name="people"), name="administration"),
    path("people", people_access.people, name="people"),
    path("people/new", people_access.add_person, name="person-new"),
    path("people/<int:person_id>", people_access.person, name="person"),
    path("people/<int:person_id>/role", people_access.give_role, name="person-give-role"),
    path("people/<int:person_id>/deactivate", people_access.deactivate, name="person-deactivate"),
    path("people/<int:person_id>/invite", people_access.invite, name="person-invite"),
    path("people/<int:person_id>/recover", people_access.ask_recovery, name="person-recover"),
    path("people/roles/<int:role_id>/end", people_access.end_role, name="person-end-role"),
    path("tokens", people_access.token_list, name="tokens"),
    path("tokens/new", people_access.make_token, name="token-new"),
    path("tokens/<int:token_id>/revoke", people_access.revoke_token, name="token-revoke"),
    path("recoveries", people_access.recoveries, name="recoveries"),
    path("recoveries/<int:recovery_id>", people_access.decide_recovery, name="recovery-decide"),
]
