"""What the first page and “my shifts” say of who is there: the same as the strips of presence, minute by minute."""

from datetime import timedelta

import pytest
from lxml import html

from tests.duty.office import MONDAY, Office
from vonggac.duty.models import Shift
from vonggac.duty.patterns import begin_of
from vonggac.duty.services import posts, presence, rosters
from vonggac.duty.services.rosters import Step
from vonggac.flows import roster as flow
from vonggac.tenancy.scope import scoped

pytestmark = pytest.mark.django_db
HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
OWN = "//section[starts-with(@aria-labelledby, 'own-')]"
SIX = begin_of(MONDAY) + 6 * HOUR  # the morning shift begins


@pytest.fixture
def in_force(desk, office) -> Office:
    """Chi and Hà in the morning, An in the afternoon and at night."""
    with scoped(desk.people.scope("ha")):
        made = office.draft(at=SIX - 48 * HOUR)
        pairs = {office.pair(*one) for one in (("S", "Chi"), ("S", "Hà"), ("C", "An"), ("Đ", "An"))}
        rosters.change(made.pk, Step(frozenset(pairs)), by="Hà", at=SIX - 48 * HOUR)
        flow.publish(made.pk, by=desk.people.people["ha"], at=SIX - 48 * HOUR)
    return office


@pytest.fixture
def page(sign_in, monkeypatch):
    def at(moment, address="/", name="ha"):
        for module in ("vonggac.desk.frame", "vonggac.desk.stream"):
            monkeypatch.setattr(f"{module}.now", lambda: moment)
        return html.fromstring(sign_in(name).get(address).content.decode())

    return at


def words(nodes) -> str:
    return " ".join(" ".join(node.text_content().split()) for node in nodes)


def badge(shown) -> str:
    return words(shown.xpath("//*[@aria-labelledby='on-duty']/header/small"))


def alarm(shown) -> str:
    return words(shown.xpath("//*[@class='alarm']"))


def check_in(desk, name: str, at) -> Shift:
    with scoped(desk.people.scope("ha")):
        return presence.check_in(Shift.objects.get(person_name=name, from_utc=SIX).pk, name, at=at)


def test_a_post_whose_people_do_not_come_is_a_hole_on_the_first_page_too(page, desk, in_force):
    assert badge(page(SIX + 10 * MINUTE)) == "đủ người", "they may still come as if from the begin"
    shown = page(SIX + 20 * MINUTE)
    assert badge(shown) == "thiếu người"
    assert alarm(shown).startswith("VỊ TRÍ TRỐNGGiám sát: thiếu 1 người · ")
    assert "06:00–14:00" in alarm(shown)
    assert words(page(SIX + 20 * MINUTE, f"/roster/presence/?week={MONDAY}").xpath("//*[@id='presence']")).count(
        "Giám sát: thiếu 1 người"
    )
    check_in(desk, "Chi", SIX + 21 * MINUTE)
    shown = page(SIX + 21 * MINUTE)
    assert (badge(shown), alarm(shown)) == ("đủ người", "")


def test_where_somebody_is_there_the_post_is_short_and_not_empty(page, desk, in_force):
    with scoped(desk.people.scope("ha")):
        in_force.types["S"].minimum = 2
        in_force.types["S"].save()
    check_in(desk, "Chi", SIX)
    assert alarm(page(SIX + 20 * MINUTE)).startswith("THIẾU NGƯỜI TRỰCGiám sát: thiếu 1 người")


def test_the_page_is_headed_with_the_reader_s_own_shift_else_the_one_that_ends_soonest(page, desk, in_force):
    with scoped(desk.people.scope("ha")):
        chi = Shift.objects.get(person_name="Chi", from_utc=SIX)
        Shift.objects.filter(pk=chi.pk).update(to_utc=SIX + 4 * HOUR)
    assert words(page(SIX + HOUR).xpath("//h1")) == "Ca 06:00–14:00", "Hà stands until 14:00"
    assert words(page(SIX + HOUR, name="quan").xpath("//h1")) == "Ca 06:00–10:00"


def test_the_first_steps_of_the_desk_wait_below_for_whoever_stands_within_the_hour(page, in_force):
    def begins(moment) -> int:
        shown = page(moment)
        return [one.get("aria-labelledby") for one in shown.xpath("//section")].index("first-steps")

    assert begins(SIX - 20 * MINUTE) > begins(SIX - 2 * HOUR), "below who is on duty, as on the shift itself"


def test_presence_says_which_part_of_the_week_nobody_recorded(page, desk, in_force):
    with scoped(desk.people.scope("ha")):
        posts.change_post(
            in_force.post.pk, posts.PostFields("Giám sát", "monitoring", asks_presence=False), at=SIX - HOUR
        )
        posts.change_post(in_force.post.pk, posts.PostFields("Giám sát", "monitoring", asks_presence=True), at=SIX)
    shown = words(page(SIX + HOUR, f"/roster/presence/?week={MONDAY}").xpath("//*[@id='presence']/section/p"))
    assert "Giám sát (T2 27/4 05:00–06:00)" in shown


def test_who_has_handed_over_is_there_until_the_shift_ends(page, desk, in_force):
    shift = check_in(desk, "Hà", SIX)
    end = SIX + 8 * HOUR
    with scoped(desk.people.scope("ha")):
        Shift.objects.filter(pk=shift.pk).update(left_at=end)
    mine = words(page(end - 10 * MINUTE, "/roster/mine/").xpath(OWN))
    assert "đã bàn giao, trực đến 14:00" in mine
    assert "rời vị trí lúc" not in mine
    assert "Tôi quay lại" not in mine
    with scoped(desk.people.scope("ha")):
        assert presence.check_in(shift.pk, "Hà", at=end - 10 * MINUTE).breaks == []
        assert presence.leave(shift.pk, "Hà", at=end - 5 * MINUTE).left_at == end - 5 * MINUTE
    assert "Tôi quay lại" in words(page(end - 4 * MINUTE, "/roster/mine/").xpath(OWN))


def test_checking_in_on_one_s_own_shifts_stays_there_and_passes_nothing_on(sign_in, page, desk, in_force):
    shown = page(SIX - 20 * MINUTE, "/roster/mine/")
    assert shown.xpath(OWN + "//a[contains(@href, 'exchange')]")
    form = shown.xpath("//form[contains(@action, 'check-in')]")[0]
    fields = {one.get("name"): one.get("value") for one in form.xpath(".//input[@name]")}
    assert sign_in("ha").post(form.get("action"), fields).headers["location"] == "/roster/mine/"
    shown = page(SIX - 19 * MINUTE, "/roster/mine/")
    assert not shown.xpath(OWN + "//a[contains(@href, 'exchange')]")
