"""The pages of channels, addresses and plans say of each way out what it is worth, in the reader's language."""

from datetime import timedelta

import pytest
from lxml import html

from tests.cast import NOON
from vonggac.duty.channels.gateway import Gateway
from vonggac.duty.models import Channel, ContactMethod, Policy, Post, Shift
from vonggac.register.models import Organisation, Role, RoleName
from vonggac.tenancy.scope import scoped, system

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("own_home")]


def text(response) -> str:
    return response.content.decode()


def channel(owner: Organisation, **more) -> Channel:
    with scoped(system("tests")):
        return Channel.objects.create(
            organisation=owner, org_path=owner.path, name="SMS", kind="gateway", takes_phones=True, changed_at=NOON,
            settings=Gateway("https://sms.example/").to_json(), **more,
        )  # fmt: skip


def row(page: str, words: str) -> html.HtmlElement:
    rows = html.fromstring(page).xpath("//li[contains(@class, 'row slim')]")
    (found,) = [one for one in rows if words in one.text_content()]
    return found


def marks(of: html.HtmlElement) -> list[str]:
    return [address.partition("#")[2] for address in of.xpath(".//*[local-name()='use']/@href")]


def test_what_stood_in_the_way_of_a_channel_is_said_in_the_reader_s_language(sign_in, desk):
    office = desk.people.organisations["hai-van"]
    made = channel(office, tried_at=NOON, trouble="the channel was removed before it went out")
    for path in ("/channels/", f"/channels/{made.pk}/"):
        seen = text(sign_in("quan").get(path))
        assert "the channel was removed" not in seen
        assert "kênh liên lạc đã bị xóa trước khi tin được gửi" in seen


def test_a_channel_from_above_is_marked_as_it_is(sign_in, desk):
    nation = desk.people.organisations["nation"]
    made = channel(nation)
    client = sign_in("quan")
    never = row(text(client.get("/channels/")), "SMS")
    assert marks(never) == ["late"]
    assert "chưa thử" in never.text_content()
    for trouble, mark in (("", "proven"), ("503", "against")):
        with scoped(system("tests")):
            Channel.objects.filter(pk=made.pk).update(tried_at=NOON, trouble=trouble)
        assert marks(row(text(client.get("/channels/")), "SMS")) == [mark]


def test_an_administrator_at_the_top_is_offered_channels_of_their_own_tree_alone(sign_in, desk):
    """A channel of all trees lies in nobody's scope: it could neither be kept nor changed again."""
    nation = desk.people.organisations["nation"]
    with scoped(system("tests")):
        Role.objects.create(
            person=desk.people.people["nam"], organisation=nation, org_path=nation.path, name=RoleName.ADMINISTRATOR
        )
    client = sign_in("nam")
    assert "whole_desk" not in text(client.get("/channels/new/gateway/"))
    given = {
        "name": "SMS", "url": "https://sms.example/", "method": "POST", "content": "json", "body": '{"to": "{to}"}',
        "number_form": "84", "longest": "0", "whole_desk": "on",
    }  # fmt: skip
    assert client.post("/channels/new/gateway/", given).status_code == 302
    with scoped(system("tests")):
        assert Channel.objects.get().org_path == nation.path


def test_an_address_on_a_channel_out_of_use_says_so_and_counts_as_none(sign_in, desk):
    made = channel(desk.people.organisations["hai-van"], is_enabled=False)
    with scoped(system("tests")):
        method = ContactMethod.objects.create(
            person=desk.people.people["ha"], channel=made, address="0912345678", made_at=NOON, tested_at=NOON
        )
    client = sign_in("ha")
    seen = text(client.get("/contacts/"))
    own = row(seen, "0912345678")
    assert marks(own) == ["none"]
    assert "ngừng dùng" in own.text_content()
    assert f"/contacts/{method.pk}/test/" not in seen
    assert "Chưa địa chỉ nào của anh/chị được thử." in seen
    refused = client.post(f"/contacts/{method.pk}/test/")
    assert refused.status_code == 409
    assert "đang ngừng dùng" in text(refused)


def test_who_stands_in_the_roster_by_name_and_number_alone_is_no_sure_ear(sign_in, desk):
    office = desk.people.organisations["hai-van"]
    channel(office)
    with scoped(system("tests")):
        post = Post.objects.create(organisation=office, org_path=office.path, name="Trực")
        Policy.objects.create(
            organisation=office, org_path=office.path, name="thử", post=post, plan={"steps": [{"call": "post"}]}
        )
        Shift.objects.create(
            post=post, org_path=office.path, person_name="Bình", phone="0900000002",
            from_utc=NOON - timedelta(hours=1), to_utc=NOON + timedelta(hours=5),
        )  # fmt: skip
        number = Policy.objects.get().pk
    seen = text(sign_in("ha").get(f"/policies/{number}/"))
    step = row(seen, "Bình")
    assert marks(step) == ["wait"]
    assert "chưa thử" in step.text_content()


def test_a_retired_post_is_offered_neither_to_be_called_nor_to_a_policy_that_does_not_name_it(sign_in, desk):
    office = desk.people.organisations["hai-van"]
    with scoped(system("tests")):
        old = Post.objects.create(
            organisation=office, org_path=office.path, name="Vị trí cũ", retired_on=NOON.date() - timedelta(days=3)
        )
        plan = {"steps": [{"call": "post"}]}
        named = Policy.objects.create(organisation=office, org_path=office.path, name="cũ", post=old, plan=plan)
    client = sign_in("ha")
    assert "Vị trí cũ" not in text(client.get("/escalations/"))
    assert client.post("/escalations/call/", {"text": "x", "post": str(old.pk)}).status_code == 422
    assert "Vị trí cũ" not in text(client.get("/policies/new/"))
    kept = html.fromstring(text(client.get(f"/policies/{named.pk}/")))
    assert kept.xpath("//select[@name='post']/option[@selected]/@value") == [str(old.pk)], "it is not changed unseen"
