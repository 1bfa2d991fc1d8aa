"""A channel that goes out of use or is removed: nothing stands in its way, and no address is blamed for it."""

import pytest
from django.db import connection

from tests.cast import NOON
from tests.duty import watch
from tests.duty.watch import Watch
from vonggac.duty.channels import services as channels
from vonggac.duty.channels.services import Draft
from vonggac.duty.escalation import services
from vonggac.duty.escalation.rules import Reason
from vonggac.duty.escalation.services import Happening
from vonggac.duty.models import Channel, ChannelKind, ContactMethod, Letter
from vonggac.flows import escalation as flow
from vonggac.register.models import Organisation
from vonggac.tenancy.scope import scoped, system

pytestmark = pytest.mark.django_db


@pytest.fixture
def duty(db) -> Watch:
    return watch.keep()


def called_by(duty: Watch, owner: Organisation) -> Channel:
    """The channel of an office, by which An is called for a matter of the province."""
    with scoped(system("tests")):
        channel = Channel.objects.create(
            organisation=owner, org_path=owner.path, name="SMS", kind="gateway", changed_at=NOON, takes_phones=True,
            settings={"url": "https://sms.example/"},
        )  # fmt: skip
        ContactMethod.objects.create(
            person=duty.people["An"], channel=channel, address="0912345678", made_at=NOON, tested_at=NOON
        )
        services.start(Reason.ALERT, [Happening("alert", 1, "?")], duty.office, at=NOON, post=duty.desk)
    flow.do_due(at=NOON)
    return channel


def keep(channel: Channel, *, is_enabled: bool) -> None:
    draft = Draft(channel.organisation, "SMS", ChannelKind.GATEWAY, channel.settings, {}, is_enabled=is_enabled)
    channels.keep(draft, at=NOON, channel_id=channel.pk)


def test_an_address_is_as_good_as_before_when_its_channel_is_in_use_again(duty):
    channel = called_by(duty, duty.office)
    with scoped(duty.cast.scope("quan")):
        keep(channel, is_enabled=False)
        keep(channel, is_enabled=True)
    with scoped(system("tests")):
        assert "taken out of use" in Letter.objects.earliest("pk").failure
        method = ContactMethod.objects.get()
        assert (method.failed_at, method.failure) == (None, "")


@pytest.mark.parametrize("act", ["out of use", "removed"])
def test_who_lets_a_channel_go_need_not_see_whom_other_offices_call_by_it(duty, act):
    """An has an address on the commune's channel, and stands duty for the province, which the commune does not see."""
    channel = called_by(duty, duty.cast.organisations["p-vinh-hai"])
    with scoped(duty.cast.scope("lan")):
        assert not Letter.objects.exists()
        if act == "removed":
            channels.remove(channel.pk, at=NOON)
        else:
            keep(channel, is_enabled=False)
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
    flow.do_due(at=NOON)
    with scoped(system("tests")):
        first, *others = Letter.objects.order_by("pk")
        assert first.given_up_at == NOON
        assert {one.channel for one in others} == {None}, "the next ones are called, and An by mail"
        assert ContactMethod.objects.count() == (act != "removed")
