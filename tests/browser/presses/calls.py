"""The buttons of calls: taking on, noting, ending, calling by hand; policies; one's own addresses; channels."""

from datetime import timedelta

from playwright.sync_api import Page

from tests.browser.presses.press import Press, Stage, form, open_form
from vonggac.duty.models import Channel, ContactMethod, Escalation, Letter, Policy, QuietHours
from vonggac.tenancy.scope import scoped, system

POLICIES = """[[policy]]
organisation = "hai-van"
name = "Từ tệp"
reasons = ["botnet"]
[[policy.steps]]
call = "head"
wait_minutes = 10
"""


def places(path: str):
    return lambda _stage: path


def called(stage: Stage) -> None:
    """Somebody is called by hand."""
    stage.post("ha", "/escalations/call/", text="Mất điện phòng máy chủ")


def taken(stage: Stage) -> None:
    called(stage)
    stage.post("ha", f"{escalation_page(stage)}acknowledge/")


def escalation(_stage: Stage) -> Escalation:
    with scoped(system("tests")):
        return Escalation.objects.latest("pk")


def escalation_page(stage: Stage) -> str:
    return f"/escalations/{escalation(stage).pk}/"


def in_state(state: str):
    return lambda stage: escalation(stage).state == state


def note(page: Page) -> None:
    opened = open_form(page, "note")
    opened.locator("textarea").fill("đang gọi điện lực")
    opened.locator("button").click()


def end(page: Page) -> None:
    opened = open_form(page, "end")
    opened.locator("textarea").fill("đã có điện lại")
    opened.locator("button").click()


def call(page: Page) -> None:
    opened = open_form(page, "call")
    opened.locator("[name=text]").fill("Cháy ở phòng máy chủ")
    opened.locator("button").click()


def policy(_stage: Stage) -> Policy:
    with scoped(system("tests")):
        return Policy.objects.latest("pk")


def policy_page(stage: Stage) -> str:
    return f"/policies/{policy(stage).pk}/"


def with_policy(stage: Stage) -> None:
    steps = {"order": "1", "target": "on_duty", "wait": "5", "channel": ""}
    numbers = {"rounds": "2", "acknowledgements": "1", "note_minutes": "30"}
    stage.post("ha", "/policies/new/", name="Ban đêm", **steps, **numbers)


def change_policy(page: Page) -> None:
    page.locator("[name=name]").fill("Ban đêm và ngày nghỉ")
    page.locator("[name=rounds]").fill("3")
    page.locator("section[aria-labelledby=form] form").first.locator("button").click()


def bring_in(page: Page) -> None:
    page.locator("details.act summary").last.click()
    file = {"name": "policies.toml", "mimeType": "application/toml", "buffer": POLICIES.encode()}
    form(page, "/import/").locator("input[type=file]").set_input_files(file)
    form(page, "/import/").locator("button").click()


def method(_stage: Stage) -> ContactMethod | None:
    with scoped(system("tests")):
        return ContactMethod.objects.order_by("-pk").first()


def with_address(stage: Stage) -> None:
    stage.post("ha", "/contacts/add/", channel="", address="ha.rieng@example.vn", after_minutes="0")
    with scoped(system("tests")):
        # As if the first test had been sent yesterday: one a minute is enough.
        ContactMethod.objects.update(test_sent_at=stage.at - timedelta(days=1))
        Letter.objects.update(key="test-yesterday")


def add_address(page: Page) -> None:
    page.locator("[name=address]").fill("ha.rieng@example.vn")
    form(page, "/contacts/add/").locator("button").click()


def with_quiet_hours(stage: Stage) -> None:
    stage.post("ha", "/contacts/quiet-hours/", begins="22:00", ends="06:00")


def channel(_stage: Stage) -> Channel | None:
    with scoped(system("tests")):
        return Channel.objects.order_by("-pk").first()


def channel_page(stage: Stage) -> str:
    return f"/channels/{channel(stage).pk}/"


def with_channel(stage: Stage) -> None:
    """A gateway at an address of documentation: nothing is ever sent there."""
    stage.post(
        "quan", "/channels/new/gateway/", name="SMS", url="https://sms.example/send", method="POST", content="json",
        body='{"to": "{to}", "text": "{text}"}', number_form="as_written", longest="0", is_enabled="on",
        takes_phones="on",
    )  # fmt: skip


def keep_channel(page: Page) -> None:
    page.locator("[name=name]").fill("SMS dự phòng")
    page.get_by_role("button", name="Lưu kênh").click()


def try_channel(page: Page) -> None:
    form(page, "/try/").locator("[name=address]").fill("0912345678")
    form(page, "/try/").locator("button").click()


def gone(read):
    return lambda stage: read(stage) is None


CALLS = (
    Press(
        "escalations/page.html escalation-call", "ha", places("/escalations/"), call, "escalation.start",
        in_state("calling"), "minh", places("/"), "Có người gọi",
    ),
    Press(
        "escalations/row.html escalation-act acknowledge", "ha", places("/escalations/"),
        lambda page: page.locator("#open-calls form button").first.click(), "escalation.acknowledge",
        in_state("taken"), "minh", places("/escalations/"), "Hà", before=called,
    ),
    Press(
        "escalations/one.html escalation-act acknowledge", "ha", escalation_page,
        lambda page: form(page, "/acknowledge/").locator("button").click(), "escalation.acknowledge",
        in_state("taken"), "minh", escalation_page, "Hà", before=called,
    ),
    Press(
        "escalations/one.html escalation-act note", "ha", escalation_page, note, "escalation.note",
        lambda stage: escalation(stage).note == "đang gọi điện lực", "minh", places("/escalations/"),
        "đang gọi điện lực", before=taken,
    ),
    Press(
        "escalations/one.html escalation-act end", "ha", escalation_page, end, "escalation.end", in_state("ended"),
        "minh", escalation_page, "đã có điện lại", before=taken,
    ),
    Press(
        "policies/one.html itself", "ha", policy_page, change_policy, "policy.change",
        lambda stage: policy(stage).plan["rounds"] == 3, "minh", places("/policies/"), "Ban đêm và ngày nghỉ",
        before=with_policy,
    ),
    Press(
        "policies/one.html policy-remove", "ha", policy_page,
        lambda page: form(page, "/remove/").locator("button").click(), "policy.remove",
        lambda _stage: not Policy.objects.exists(), "minh", places("/policies/"), "Chưa có phương án riêng",
        before=with_policy,
    ),
    Press(
        "policies/page.html policy-import", "ha", places("/policies/"), bring_in, "policy.create",
        lambda stage: policy(stage).name == "Từ tệp", "minh", places("/policies/"), "Từ tệp",
    ),
    Press(
        "contacts/page.html contact-add", "ha", places("/contacts/"), add_address, "contact_method.create",
        lambda stage: method(stage).test_sent_at is not None, "ha", places("/contacts/"), "ha.rieng@example.vn",
    ),
    Press(
        "contacts/page.html contact-test", "ha", places("/contacts/"),
        lambda page: form(page, "/test/").locator("button").click(), "contact_method.test",
        lambda stage: method(stage).test_sent_at == stage.at, "ha", places("/contacts/"), "chưa thử",
        before=with_address,
    ),
    Press(
        "contacts/page.html contact-remove", "ha", places("/contacts/"),
        lambda page: form(page, "/remove/").locator("button").click(), "contact_method.remove", gone(method), "ha",
        places("/contacts/"), "Chưa có địa chỉ riêng", before=with_address,
    ),
    Press(
        "contacts/page.html quiet-hours end=1", "ha", places("/contacts/"),
        lambda page: page.locator("button[name=end]").click(), "person.quiet_hours",
        lambda _stage: not QuietHours.objects.exists(), "ha", places("/contacts/"), "không có",
        before=with_quiet_hours,
    ),
    Press(
        "channels/one.html itself", "quan", channel_page, keep_channel, "channel.change",
        lambda stage: channel(stage).name == "SMS dự phòng", "ha", places("/contacts/"), "SMS dự phòng",
        before=with_channel,
    ),
    Press(
        "channels/one.html channel-try", "quan", channel_page, try_channel, "channel.try",
        lambda stage: channel(stage).tried_at == stage.at, "quan", places("/channels/"), "đã thử", before=with_channel,
    ),
    Press(
        "channels/one.html channel-remove", "quan", channel_page,
        lambda page: form(page, "/remove/").locator("button").click(), "channel.remove", gone(channel), "quan",
        places("/channels/"), "thư", before=with_channel,
    ),
)  # fmt: skip
