"""Before a directive binds anybody, the desk asks once about due times that are over and doubts nobody looked at."""

import re
from datetime import UTC, datetime, timedelta
from importlib.resources import files

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from lxml import html

from tests import cast
from tests.cast import NOON
from tests.desk.forms import fields_of
from vonggac.directives.models import Clause, Directive, DirectiveState, Obligation
from vonggac.exercise.clock import EXERCISE_START_UTC
from vonggac.ledger.models import Entry
from vonggac.register.models import Contact, Organisation, Person
from vonggac.server.home import Home
from vonggac.tenancy.scope import scoped, system

pytestmark = pytest.mark.django_db
DISPATCH = files("vonggac.exercise").joinpath("data/chi-dao.txt").read_bytes()
# The dispatch's holiday ends on 1 May 2024; on this day none of its due times is over.
BEFORE = datetime(2024, 4, 20, 5, 0, tzinfo=UTC)


@pytest.fixture
def at(monkeypatch, settings, tmp_path):
    """Sets the desk's clock; the desk keeps its files in a folder of its own."""
    settings.VONGGAC_HOME = Home(tmp_path / "home")
    settings.VONGGAC_HOME.prepare()

    def set_clock(moment: datetime) -> None:
        monkeypatch.setattr("vonggac.desk.frame.now", lambda: moment)

    return set_clock


@pytest.fixture
def ha(db) -> Client:
    client = Client(headers={"accept-language": "vi"})
    client.force_login(cast.assemble().people["ha"])
    return client


def upload(client: Client) -> str:
    """The address of the confirm page."""
    return client.post("/directives/upload/", {"file": SimpleUploadedFile("chi-dao.txt", DISPATCH)}).url


def form_of(client: Client, address: str, **filled: list[str]) -> dict[str, list[str]]:
    return fields_of(client.get(address).content.decode()) | {"act": ["enter"]} | filled


def sent(client: Client, address: str, form: dict[str, list[str]]):
    """The page that comes of sending the form: whatever it asks is asked by a page of its own."""
    return client.post(address, form, follow=True)


def asked(answer) -> list[str]:
    """The questions on the page."""
    page = html.fromstring(answer.content.decode())
    return [" ".join(item.text_content().split()) for item in page.xpath('//section[contains(@class, "asked")]//li')]


def states() -> set[str]:
    with scoped(system("tests")):
        return set(Directive.objects.values_list("state", flat=True))


def letter() -> Directive:
    with scoped(system("tests")):
        return Directive.objects.get(symbol="UBND-KGVX")


def clause(label: str) -> Clause:
    with scoped(system("tests")):
        return Clause.objects.get(label=label, directive__number="2718")


def test_due_times_that_are_over_are_named_with_their_clauses_before_anything_is_entered(ha, at):
    at(NOON)
    address = upload(ha)
    answer = sent(ha, address, form_of(ha, address, **{f"d{letter().pk}-number": ["4127"]}))
    assert states() == {DirectiveState.DRAFT}
    over = [question for question in asked(answer) if question.startswith("hạn ")]
    assert over
    assert all("đã qua" in question and re.search(r"hạn \d\d/\d\d/2024 đã qua: điểm \d", question) for question in over)
    assert any("1.a" in question for question in over)


def test_a_second_time_it_is_entered_without_asking_again(ha, at):
    at(NOON)
    address = upload(ha)
    answer = sent(ha, address, form_of(ha, address))
    again = ha.post(address, fields_of(answer.content.decode()) | {"act": ["enter"]})
    assert again.status_code == 302
    assert states() == {DirectiveState.CONFIRMED}
    with scoped(system("tests")):
        assert Obligation.objects.exists()


def test_a_reload_of_the_page_that_asks_asks_again_and_enters_nothing(ha, at):
    at(NOON)
    address = upload(ha)
    answer = ha.post(address, form_of(ha, address))
    assert (answer.status_code, answer.url) == (302, address)
    first = ha.get(address)
    assert asked(first)
    assert asked(ha.get(address)) == asked(first)
    assert states() == {DirectiveState.DRAFT}


def test_what_was_decided_about_the_entering_is_kept_with_the_corrections_for_whoever_goes_on(ha, at):
    at(NOON)
    address = upload(ha)
    form = form_of(ha, address, act=["keep"], due=["2026-05-05"], arrived_on=["2026-04-18"])
    with scoped(system("tests")):
        so, phuong = (str(Organisation.objects.get(code=code).pk) for code in ("so-tttt", "p-vinh-hai"))
    form |= {"lead": [so], "cooperating": [phuong]}
    form.pop(f"d{letter().pk}-enter")
    assert ha.post(address, form).status_code == 302
    minh = Client()
    minh.force_login(Person.objects.get(name="Minh"))
    after = fields_of(minh.get(address).content.decode())
    assert (after["due"], after["arrived_on"]) == (["05/05/2026"], ["18/04/2026"])
    assert (after["lead"], after["cooperating"]) == ([so], [phuong])
    assert f"d{letter().pk}-enter" not in after
    assert not asked(minh.get(address))
    with scoped(system("tests")):
        assert Entry.objects.get(act="document.fill").detail["filled"]["lead"] == [so]
        assert not Obligation.objects.exists()
    ha.post(address, form)
    with scoped(system("tests")):
        assert Entry.objects.filter(act="document.fill").count() == 1


def test_what_was_asked_about_and_then_kept_is_asked_of_whoever_enters_it(ha, at):
    at(NOON)
    address = upload(ha)
    page = sent(ha, address, form_of(ha, address))
    ha.post(address, fields_of(page.content.decode()) | {"act": ["keep"]})
    minh = Client()
    minh.force_login(Person.objects.get(name="Minh"))
    assert not asked(minh.get(address))
    again = sent(minh, address, form_of(minh, address))
    assert asked(again) == asked(page)
    assert states() == {DirectiveState.DRAFT}
    minh.post(address, fields_of(again.content.decode()) | {"act": ["enter"]})
    assert states() == {DirectiveState.CONFIRMED}


def test_the_ledger_says_of_what_is_filled_in_only_what_changed_and_no_endless_text(ha, at):
    at(NOON)
    address = upload(ha)
    form = form_of(ha, address, act=["keep"], due=["2026-05-05"], arrived_on=["2026-04-18"])
    ha.post(address, form)
    ha.post(address, form | {"due": ["2026-05-06"], "lead": ["9" * 100_000]})
    ha.post(address, {name: values for name, values in form.items() if name != "lead"} | {"due": ["2026-05-06"]})
    with scoped(system("tests")):
        first, *later = (
            Entry.objects.filter(act="document.fill").order_by("pk").values_list("detail__filled", flat=True)
        )
    assert first["arrived_on"] == ["2026-04-18"]
    assert later == [{"due": ["2026-05-06"], "lead": ["9" * 1_000]}, {"lead": []}]


def test_a_due_time_set_later_is_no_question_any_more(ha, at):
    at(NOON)
    address = upload(ha)
    form = form_of(ha, address, due=["2026-05-05"], **{f"d{letter().pk}-number": ["4127"]})
    for name in [name for name in form if name.endswith("-due")]:
        form[name] = [""]
    assert not [question for question in asked(sent(ha, address, form)) if question.startswith("hạn ")]


def period_of(ha, address: str, day: str, **more: list[str]) -> dict[str, list[str]]:
    """The form with another end of the period in both documents, the letter's number filled in."""
    form = form_of(ha, address, **{f"d{letter().pk}-number": ["4127"]}, **more)
    return form | {name: [day] for name in form if name.endswith("-period_to")}


def dues() -> set[str]:
    with scoped(system("tests")):
        return {due.isoformat() for due in Obligation.objects.values_list("case__due_at", flat=True)}


def test_the_due_time_follows_the_period_that_was_corrected_and_says_so_once(ha, at):
    at(BEFORE)
    address = upload(ha)
    answer = sent(ha, address, period_of(ha, address, "10/05/2024"))
    (followed,) = [question for question in asked(answer) if "kỳ" in question]
    assert "10/05/2024" in followed
    assert "07/05/2024" in followed
    again = fields_of(answer.content.decode())
    assert again["due"] == ["10/05/2024"]
    assert ha.post(address, again | {"act": ["enter"]}).status_code == 302
    assert dues() == {"2024-05-10T17:00:00+00:00"}


def test_a_due_time_set_by_hand_stays_whatever_the_period(ha, at):
    at(BEFORE)
    address = upload(ha)
    answer = sent(ha, address, period_of(ha, address, "10/05/2024", due=["08/05/2024"]))
    assert not [question for question in asked(answer) if "kỳ" in question]
    ha.post(address, fields_of(answer.content.decode()) | {"act": ["enter"]})
    assert dues() == {"2024-05-08T17:00:00+00:00"}


def test_a_refusal_beside_a_corrected_period_does_not_make_the_old_due_time_a_persons(ha, at):
    at(BEFORE)
    address = upload(ha)
    refused = ha.post(address, period_of(ha, address, "10/05/2024", arrived_on=["01/01/2031"]))
    assert refused.status_code == 422
    answer = sent(ha, address, fields_of(refused.content.decode()) | {"act": ["enter"], "arrived_on": ["20/04/2024"]})
    assert fields_of(answer.content.decode())["due"] == ["10/05/2024"]


PRINTED = DISPATCH.replace(b"24/7", "24/7, hoàn thành trước ngày 06/5/2024".encode(), 1)


@pytest.mark.parametrize(
    ("is_followed", "due"), [(True, "2024-05-03T17:00:00+00:00"), (False, "2024-05-06T17:00:00+00:00")]
)
def test_a_due_time_outside_the_corrected_period_is_asked_about_and_follows_where_one_says_so(ha, at, is_followed, due):
    at(BEFORE)
    address = ha.post("/directives/upload/", {"file": SimpleUploadedFile("chi-dao.txt", PRINTED)}).url
    answer = sent(ha, address, period_of(ha, address, "03/05/2024"))
    (outside,) = [question for question in asked(answer) if "nằm ngoài kỳ" in question]
    assert "1.a" in outside
    number = str(clause("1.a").pk)
    assert f'name="follow" value="{number}"' in answer.content.decode()
    again = fields_of(answer.content.decode()) | {"act": ["enter"]} | ({"follow": [number]} if is_followed else {})
    assert ha.post(address, again).status_code == 302
    assert clause("1.a").due_at.isoformat() == due


def test_a_doubtful_field_that_nobody_touched_is_named_with_its_value(ha, at):
    at(BEFORE)
    address = upload(ha)
    answer = sent(ha, address, form_of(ha, address))
    questions = asked(answer)
    assert states() == {DirectiveState.DRAFT}
    assert [question for question in questions if "Số: để trống" in question]
    assert not [question for question in questions if question.startswith("hạn ")]
    assert f'href="#d{letter().pk}-number"' in answer.content.decode()


def test_a_doubtful_field_that_was_corrected_is_no_doubt_any_more(ha, at):
    at(BEFORE)
    address = upload(ha)
    number = f"d{letter().pk}-number"
    doubtful = re.findall(r'class="field doubtful', ha.get(address).content.decode())
    ha.post(address, form_of(ha, address, act=["keep"], **{number: ["4127"]}))
    page = ha.get(address).content.decode()
    assert len(re.findall(r'class="field doubtful', page)) == len(doubtful) - 1
    answer = sent(ha, address, form_of(ha, address))
    assert not [question for question in asked(answer) if "Số:" in question]


def test_only_what_is_new_is_asked_about_again(ha, at):
    at(BEFORE)
    address = upload(ha)
    form = fields_of(sent(ha, address, form_of(ha, address)).content.decode()) | {"act": ["enter"]}
    form[f"c{clause('1.b').pk}-due"] = ["2024-04-01T17:00"]
    answer = sent(ha, address, form)
    assert states() == {DirectiveState.DRAFT}
    assert [question for question in asked(answer) if "17:00 01/04/2024" in question and "1.b" in question]
    assert ha.post(address, fields_of(answer.content.decode()) | {"act": ["enter"]}).status_code == 302


def test_a_clause_that_binds_nobody_and_a_document_left_out_raise_no_question(ha, at):
    at(NOON)
    address = upload(ha)
    form = form_of(ha, address)
    form.pop(f"d{letter().pk}-enter")
    for name in [name for name in form if name.endswith("-binds")]:
        form.pop(name)
    answer = sent(ha, address, form)
    assert not [question for question in asked(answer) if "hạn" in question or "UBND-KGVX" in question]


def test_what_was_filled_in_and_unticked_is_still_so_on_the_page_that_asks(ha, at):
    at(NOON)
    address = upload(ha)
    form = form_of(ha, address, arrived_on=["2026-04-18"], due=["2024-05-03"])
    ticked = [name for name in form if re.fullmatch(r"d\d+-contact\d+", name)]
    form.pop(ticked[0])
    form[f"{ticked[1]}-checked"] = ["1"]
    after = fields_of(sent(ha, address, form).content.decode())
    assert (after["arrived_on"], after["due"]) == (["18/04/2026"], ["03/05/2024"])
    assert ticked[0] not in after
    assert after[f"{ticked[1]}-checked"] == ["1"]
    ha.post(address, after | {"act": ["enter"]})
    with scoped(system("tests")):
        assert Contact.objects.count() == len(ticked) - 1


def test_a_paper_from_the_future_is_asked_about(ha, at):
    at(datetime(2024, 4, 11, 5, 0, tzinfo=UTC))
    address = upload(ha)
    found = asked(sent(ha, address, form_of(ha, address)))
    assert [question for question in found if "chưa đến" in question and "12/04/2024" in question]
    assert not [question for question in found if "11/04/2024" in question]


def test_no_day_of_the_exercise_s_dispatch_is_asked_about_on_its_first_morning(ha, at):
    at(EXERCISE_START_UTC + timedelta(days=1, hours=1, minutes=2))
    address = upload(ha)
    answer = sent(ha, address, form_of(ha, address, **{f"d{letter().pk}-number": ["4127"]}))
    assert asked(answer)
    assert not [question for question in asked(answer) if "chưa đến" in question or "đã qua" in question]


def test_a_paper_that_says_nothing_of_itself_is_not_entered(ha, at):
    at(BEFORE)
    shopping = SimpleUploadedFile("shop.txt", "gạo\nmuối\ncá\n".encode())
    address = ha.post("/directives/upload/", {"file": shopping}).url
    with scoped(system("tests")):
        kind = {f"d{Directive.objects.get().pk}-kind": ["cong_van"]}
    answer = sent(ha, address, form_of(ha, address, **kind))
    answer = ha.post(address, fields_of(answer.content.decode()) | {"act": ["enter"]})
    assert answer.status_code == 422
    assert "không có số, ký hiệu, cũng không có trích yếu" in answer.content.decode()
    assert states() == {DirectiveState.DRAFT}
