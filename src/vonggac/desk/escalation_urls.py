"""The addresses of calls: what is escalating, policies, one's own contacts, channels, and the links in letters."""

from django.urls import path

from vonggac.desk.pages import call_links, channels, contacts, escalations, policies

urlpatterns = [
    path("l/page/<str:secret>", call_links.take_on, name="page-link"),
    path("l/note/<str:secret>", call_links.write_note, name="note-link"),
    path("l/contact/<str:secret>", call_links.confirm_contact, name="contact-link"),
    path("escalations/", escalations.page, name="escalations"),
    path("escalations/call/", escalations.call, name="escalation-call"),
    path("escalations/<int:escalation_id>/", escalations.one, name="escalation"),
    path("escalations/<int:escalation_id>/<slug:act>/", escalations.act, name="escalation-act"),
    path("policies/", policies.page, name="policies"),
    path("policies/new/", policies.edit, name="policy-new"),
    path("policies/file/", policies.file, name="policy-file"),
    path("policies/import/", policies.import_file, name="policy-import"),
    path("policies/<int:policy_id>/", policies.edit, name="policy"),
    path("policies/<int:policy_id>/remove/", policies.remove, name="policy-remove"),
    path("contacts/", contacts.page, name="contacts"),
    path("contacts/add/", contacts.add, name="contact-add"),
    path("contacts/quiet-hours/", contacts.quiet_hours, name="quiet-hours"),
    path("contacts/<int:method_id>/test/", contacts.test, name="contact-test"),
    path("contacts/<int:method_id>/remove/", contacts.remove, name="contact-remove"),
    path("channels/", channels.page, name="channels"),
    path("channels/new/<slug:kind>/", channels.edit, name="channel-new"),
    path("channels/<int:channel_id>/", channels.edit, name="channel"),
    path("channels/<int:channel_id>/try/", channels.try_out, name="channel-try"),
    path("channels/<int:channel_id>/remove/", channels.remove, name="channel-remove"),
]
