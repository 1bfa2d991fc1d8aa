"""What people read once they answered a call, wrote a note, or came too late: never more than is so."""

import re
from datetime import timedelta
from uuid import uuid4

import pytest
from django.test import Client

from tests.cast import NOON
from vonggac.duty.escalation import services
from vonggac.duty.escalation.rules import Reason
from vonggac.duty.escalation.services import Answerer, Happening
from vonggac.duty.models import Escalation, Link, Policy, Step
from vonggac.flows import escalation as flow
from vonggac.tenancy.scope import scoped, system

pytestmark = pytest.mark.django_db
GO_ON = "Những người khác vẫn được gọi tiếp."
ENDED = "Việc đã kết thúc: không còn gì phải trả lời."


@pytest.fixture(autouse=True)
def at_noon(monkeypatch):
    monkeypatch.setattr("vonggac.desk.pages.call_links.now", lambda: NOON)


def text(response) -> str:
    return response.content.decode()


def title(response) -> str:
    return re.search(r"<h1>(.*?)</h1>", text(response))[1]


def call(desk, *, answers: int) -> Escalation:
    with scoped(system("tests")):
        office = desk.people.organisations["hai-van"]
        plan = {"acknowledgements": answers, "rounds": 1, "steps": [{"call": "head"}]}
        policy = Policy.objects.create(organisation=office, org_path=office.path, name=f"thử {answers}", plan=plan)
        happening = Happening("note", 0, "Mất điện phòng máy", occasion=str(answers))
        return services.start(Reason.CALL, [happening], office, at=NOON, policy=policy)


def link() -> str:
    """The address in the letter about the call."""
    flow.do_due(at=NOON)
    return "/l/page/" + flow.hand_on(uuid4(), None, at=NOON).body.split("/l/page/")[1].split()[0]


def ended(escalation: Escalation) -> None:
    with scoped(system("tests")):
        services.end(escalation.pk, "có điện lại", Answerer("Hà"), at=NOON)


def test_the_first_of_two_answers_on_the_desk_is_not_told_as_taken_on(sign_in, desk):
    address = f"/escalations/{call(desk, answers=2).pk}/"
    first = text(sign_in("ha").post(f"{address}acknowledge/", follow=True))
    assert re.search(rf"1/2 đã trả lời: Hà lúc [\d:]+\. {GO_ON}", first)
    assert "Anh/chị đã nhận xử lý" not in first
    second = text(sign_in("minh").post(f"{address}acknowledge/", follow=True))
    assert "Anh/chị đã nhận xử lý" in second
    assert GO_ON not in second


def test_a_note_on_a_call_that_nobody_holds_starts_no_time_anew(sign_in, desk):
    address, client = f"/escalations/{call(desk, answers=1).pk}/", sign_in("ha")
    before = text(client.post(f"{address}note/", {"text": "đang xem"}, follow=True))
    assert f"ghi chú đã được lưu. Chưa ai trả lời. {GO_ON}" in before
    assert "tính lại" not in before
    client.post(f"{address}acknowledge/")
    assert "tính lại" in text(client.post(f"{address}note/", {"text": "đang sửa"}, follow=True))


def test_an_answer_after_the_last_round_does_not_say_that_others_are_called_on(desk):
    call(desk, answers=3)
    address = link()
    with scoped(system("tests")):
        Escalation.objects.update(state="exhausted")
        Step.objects.update(done_at=NOON)
    seen = text(Client().post(address, follow=True))
    assert "1/3 đã trả lời: Minh" in seen
    assert GO_ON not in seen


def test_a_note_by_link_after_its_time_says_that_others_are_called_again(desk):
    escalation = call(desk, answers=1)
    note = Client().post(link()).headers["Location"].partition("?")[0]
    flow.do_due(at=NOON + timedelta(minutes=30))
    with scoped(system("tests")):
        assert Escalation.objects.get(pk=escalation.pk).state == "calling"
    seen = Client().post(note, {"text": "đang sửa"}, follow=True)
    assert title(seen) == "Cảm ơn, ghi chú đã được lưu."
    assert GO_ON in text(seen)


def test_who_answers_after_the_end_has_not_taken_it_on_and_the_link_is_left_as_it_is(desk):
    escalation = call(desk, answers=1)
    address = link()
    ended(escalation)
    seen = Client().post(address, follow=True)
    assert title(seen) == "Minh, anh/chị được gọi trực"
    assert ENDED in text(seen)
    with scoped(system("tests")):
        assert Link.objects.get(purpose="page").used_at is None


def test_a_note_after_the_end_is_given_back_and_not_told_as_kept(desk):
    escalation = call(desk, answers=1)
    note = Client().post(link()).headers["Location"].partition("?")[0]
    ended(escalation)
    seen = Client().post(note, {"text": "đang <sửa>"}, follow=True)
    assert "đã được lưu" not in text(seen)
    assert ENDED in text(seen)
    assert "Nội dung này chưa được lưu:</p><blockquote>đang &lt;sửa&gt;</blockquote>" in text(seen)
    with scoped(system("tests")):
        assert Escalation.objects.get(pk=escalation.pk).note == ""


def test_how_many_answers_a_link_waits_for_counts_no_call_that_has_ended(desk):
    over, _ = call(desk, answers=3), call(desk, answers=1)
    address = link()
    assert "chờ 3 người" in text(Client().get(address))
    ended(over)
    assert "chờ 3 người" not in text(Client().get(address))
