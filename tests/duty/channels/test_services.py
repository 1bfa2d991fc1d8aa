"""Channels as rows: secrets go in and never come out, what could never send is refused, the last test is kept."""

import pytest
from django.db import connection

from tests.cast import NOON
from vonggac.duty.channels import services, vault
from vonggac.duty.channels.services import Draft
from vonggac.duty.models import Channel, ChannelKind
from vonggac.errors import InputError, OutOfScope
from vonggac.ledger.models import Entry
from vonggac.tenancy.scope import scoped, system

pytestmark = pytest.mark.django_db
SETTINGS = {"url": "https://sms.example/send", "headers": {"Authorization": "Bearer {secret:token}"}}


def keep(people, name: str = "SMS", *, who: str = "quan", channel_id=None, **given) -> Channel:
    fields = {"settings": SETTINGS, "secrets": {"token": "bí-mật-42"}, **given}
    with scoped(people.scope(who)):
        office = people.organisations["hai-van"]
        return services.keep(Draft(office, name, ChannelKind.GATEWAY, **fields), at=NOON, channel_id=channel_id)


def test_a_secret_is_nowhere_to_be_read(people):
    channel = keep(people)
    with scoped(system("tests")), connection.cursor() as cursor:
        cursor.execute("SELECT to_jsonb(duty_channel)::text FROM duty_channel")
        row = cursor.fetchone()[0]
        entries = str(list(Entry.objects.values("detail")))
    assert "bí-mật-42" not in row + entries
    assert vault.opened(channel.secrets) == {"token": "bí-mật-42"}


def test_a_secret_that_is_not_entered_anew_stays_and_one_that_is_named_no_more_goes(people):
    channel = keep(people)
    again = keep(people, channel_id=channel.pk, secrets={})
    assert vault.opened(again.secrets) == {"token": "bí-mật-42"}
    bare = keep(people, channel_id=channel.pk, secrets={}, settings={"url": "https://sms.example/{to}"})
    assert vault.opened(bare.secrets) == {}


def test_a_kept_secret_goes_to_no_other_host(people):
    channel = keep(people)
    elsewhere = {**SETTINGS, "url": "https://other.example/send"}
    with pytest.raises(InputError, match="somewhere else"):
        keep(people, channel_id=channel.pk, secrets={}, settings=elsewhere)
    moved = keep(people, channel_id=channel.pk, settings=elsewhere)
    assert vault.opened(moved.secrets) == {"token": "bí-mật-42"}
    path = {**elsewhere, "url": "https://OTHER.example/send/v2"}
    assert vault.opened(keep(people, channel_id=channel.pk, secrets={}, settings=path).secrets)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"secrets": {}}, "names the secret 'token'"),
        ({"settings": {**SETTINGS, "body": '{"x": "y"}'}}, "does not say {to}"),
        ({"settings": {**SETTINGS, "body": '{"to": {to}'}}, "no JSON"),
        ({"settings": {**SETTINGS, "url": "http://sms.example/"}}, "https"),
        ({"settings": {**SETTINGS, "url": "https://127.0.0.1/"}}, "inside"),
        ({"settings": {**SETTINGS, "url": "https://{to}.example/"}}, "host of the address"),
        ({"settings": {**SETTINGS, "method": "DELETE"}}, "method"),
        ({"settings": {**SETTINGS, "success": {"pattern": "("}}}, "no pattern"),
    ],
)
def test_what_could_never_send_is_refused(people, given, said):
    with pytest.raises(InputError, match=said):
        keep(people, **given)


def test_two_channels_of_one_office_have_two_names(people):
    keep(people)
    with pytest.raises(InputError, match="called SMS already"):
        keep(people)
    with pytest.raises(InputError, match="a name"):
        keep(people, " ")


def test_a_channel_from_above_serves_and_is_not_changed_from_below(people):
    channel = keep(people)
    commune = people.organisations["p-vinh-hai"]
    with scoped(people.scope("lan")):
        assert [one.name for one in services.usable(commune)] == ["SMS"]
        with pytest.raises(OutOfScope):
            services.one(channel.pk)
    with scoped(people.scope("vinh")):
        assert services.usable(people.organisations["dong-son"]) == []


def test_the_last_test_is_kept_until_the_channel_is_changed(people):
    channel = keep(people)
    with scoped(people.scope("quan")):
        services.note_try(channel, "answered 401", at=NOON)
    again = Channel.objects
    with scoped(people.scope("quan")):
        assert (again.get().tried_at, again.get().trouble) == (NOON, "answered 401")
    keep(people, channel_id=channel.pk)
    with scoped(people.scope("quan")):
        assert (again.get().tried_at, again.get().trouble) == (None, "")
        services.remove(channel.pk, at=NOON)
        acts = list(Entry.objects.filter(subject_kind="channel").order_by("id").values_list("act", flat=True))
    assert acts == ["channel.create", "channel.try", "channel.change", "channel.remove"]
