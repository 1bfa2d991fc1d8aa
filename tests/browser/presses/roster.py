"""The buttons of rosters and of those who stand them: drafts, holes, my shifts, checking in, handing over."""

from datetime import timedelta
from urllib.parse import urlencode

from playwright.sync_api import Page

from tests.browser.presses.press import Press, Stage
from tests.browser.presses.watch import Watch, ahead, holds, kept, of, send
from vonggac.duty.feeds import of_member
from vonggac.duty.models import Exchange, Feed, HandOver, Leave, Prompt, Reinforcement, Roster, WatchItem, Wish
from vonggac.duty.patterns import slot_id
from vonggac.duty.planning import slot_of
from vonggac.duty.services import exchanges, hand_overs, presence, rosters
from vonggac.duty.services.members import Span, ask_leave
from vonggac.duty.services.rosters import Step
from vonggac.flows import roster as publication
from vonggac.flows import roster_solving
from vonggac.register.models import Person
from vonggac.tenancy.scope import current, scoped, system

DRAFT, MINE, WEEK, ROSTERS = "/roster/drafts/{draft}/", "/roster/mine/", "/roster/", "/roster/drafts/"
SLOT = "/roster/drafts/{draft}/slot/?slot={hole}"
HAND_OVER = "/hand-over/{post}/{boundary}/"
HOUR = timedelta(hours=1)


def ha() -> Person:
    return Person.objects.get(email="ha@example.vn")


def minh() -> Person:
    return Person.objects.get(email="minh@example.vn")


def put_back(watch: Watch) -> None:
    """Somebody put on the hole, and taken off again by undoing."""
    place(watch)
    rosters.undo(watch.draft.pk, at=watch.at)


def place(watch: Watch) -> None:
    step = Step(frozenset({(watch.hole(), watch.people["Quách Dung"].pk)}))
    rosters.change(watch.draft.pk, step, by="Hà", at=watch.at)


def place_the_night_before(watch: Watch) -> None:
    """Somebody on the shift that ends when the hole begins, so that they would have no rest."""
    before = slot_id(watch.types["C"].pk, watch.draft.from_day + timedelta(days=1))
    step = Step(frozenset({(before, watch.people["Quách Dung"].pk)}))
    rosters.change(watch.draft.pk, step, by="Hà", at=watch.at)


def is_placed(watch: Watch) -> bool:
    return (watch.hole(), watch.people["Quách Dung"].pk) in rosters.pairs(watch.draft)


def is_empty(watch: Watch) -> bool:
    return not rosters.pairs(watch.draft)


def state(name: str):
    return holds(lambda watch: Roster.objects.get(pk=watch.draft.pk).state == name)


def solving(*states: str):
    return holds(lambda watch: Roster.objects.get(pk=watch.draft.pk).solve.get("state") in states)


def begin_solving(watch: Watch) -> None:
    roster_solving.start(watch.draft.pk, current(), at=watch.at)


def check_in(watch: Watch) -> None:
    presence.check_in(watch.own.pk, "Hà", at=watch.own.from_utc)


def come_and_go(watch: Watch) -> None:
    check_in(watch)
    presence.leave(watch.own.pk, "Hà", at=watch.own.from_utc)


def is_there(watch: Watch) -> bool:
    return watch.own.checked_in_at is not None


def give(watch: Watch) -> None:
    hand_overs.give(watch.post.pk, watch.boundary, "Máy in hỏng", minh(), at=watch.at, may_assign=True)


def watch_out(watch: Watch) -> None:
    hand_overs.watch_out(watch.office, "Theo dõi cổng dịch vụ", ha(), at=watch.at)


def ask_to_be_covered(watch: Watch) -> None:
    exchanges.ask(watch.next_own, at=watch.at)


def ask_her_to_swap(watch: Watch) -> None:
    exchanges.ask(watch.to_swap_with(), wanted=watch.next_own, at=watch.at)


def leave_granted(watch: Watch) -> None:
    begin = watch.at + timedelta(days=50)
    ask_leave(watch.people["Lê Thu Hà"].pk, Span(begin, begin + HOUR), "annual", granted_by="Hà", at=watch.at)


def leave_over_a_shift(watch: Watch) -> None:
    own = watch.next_own
    ask_leave(own.member_id, Span(own.from_utc, own.to_utc), "sick", granted_by="Hà", at=watch.at)


def repair_of(stage: Stage) -> str:
    with scoped(system("tests")):
        leave = Leave.objects.get(kind="sick")
        return f"/roster/people/{leave.member_id}/?leave={leave.pk}"


def reinforcement_of(stage: Stage) -> str:
    with scoped(system("tests")):
        return f"/roster/reinforce/?{urlencode({'slot': slot_of(stage.watch.next_own), 'more': 1})}"


def publish(watch: Watch) -> None:
    publication.publish(watch.draft.pk, by=ha(), at=watch.at)


def feed(watch: Watch) -> None:
    of_member(watch.people["Lê Thu Hà"], by="Hà", at=watch.at)


def drag(page: Page) -> None:
    """A name taken from the people and laid on the hole, with the mouse, both in sight."""
    page.set_viewport_size({"width": 1500, "height": 1400})
    chip = page.locator(".pool .chip[data-name='Quách Dung']")
    hole = page.locator("td.gap[data-slot]").first
    hole.scroll_into_view_if_needed()
    chip.hover()
    page.mouse.down()
    box = hole.bounding_box()
    page.mouse.move(box["x"] + 20, box["y"] + 12, steps=6)
    page.locator("td.fits").first.wait_for()
    page.mouse.move(box["x"] + 24, box["y"] + 14)
    with page.expect_request(lambda request: request.method == "POST"):
        page.mouse.up()
    page.wait_for_timeout(400)


def draft(button: str, form: str, act: str, after, seen: str = "bản nháp", before=None, words: str = "button") -> Press:
    return Press(
        f"roster/{button}", "ha", of(DRAFT), send(form, words), act, after, "minh", of(DRAFT), seen,
        before=kept(before),
    )  # fmt: skip


DRAFTS = (
    Press(
        "roster/begin.html itself", "ha", of(ROSTERS),
        send("main form.form", "button", **{"from": ahead(30), "to": ahead(36), "name": "Lễ lớn"}), "roster.draft",
        holds(lambda _watch: Roster.objects.filter(name="Lễ lớn").exists()), "minh", of(WEEK), "Lễ lớn", before=kept(),
    ),
    draft("draft.html draft-undo", "form[action$='/undo/']", "roster.undo", holds(lambda w: not is_placed(w)),
          before=place),
    draft("draft.html draft-redo", "form[action$='/redo/']", "roster.redo", holds(is_placed), "Quách Dung",
          before=put_back),
    draft("draft.html draft-edit act=clear", "form[action$='/edit/']:has([value=clear])", "roster.edit",
          holds(is_empty), "chỗ trống"),
    Press(
        "roster/draft.html draft-discard", "ha", of(DRAFT), send("form[action$='/discard/']"), "roster.discard",
        state("discarded"), "minh", of(DRAFT), "đã hủy", before=kept(),
    ),
    Press(
        "roster/draft.html draft-edit", "ha", of(DRAFT), drag, "roster.edit", holds(is_placed), "minh", of(DRAFT),
        "Quách Dung", before=kept(),
    ),
    draft("solving.html draft-solve keep=1", "form[action$='/solve/']", "roster.solve", solving("waiting"),
          words="button[value='1']"),
    draft("solving.html draft-solve keep=0", "form[action$='/solve/']", "roster.solve", solving("waiting"),
          words="button[value='0']"),
    draft("solving.html draft-stop", "form[action$='/stop/']", "roster.solve_stop",
          holds(lambda w: Roster.objects.get(pk=w.draft.pk).solve.get("is_stopped")), before=begin_solving),
    Press(
        "roster/slot.html draft-edit act=place", "ha", of(SLOT), send("li.slot-row:has-text('Quách Dung') form"),
        "roster.edit", holds(is_placed), "minh", of(SLOT), "đã xếp vào ca này", before=kept(),
    ),
    Press(
        "roster/slot.html draft-edit act=place 2", "ha", of(SLOT), send("li.barred:has-text('Quách Dung') form"),
        "roster.edit", holds(is_placed), "minh", of(SLOT), "chỉ nghỉ 0 giờ", before=kept(place_the_night_before),
    ),
    Press(
        "roster/slot.html draft-edit act=remove", "ha", of(SLOT),
        send("li.slot-row:has-text('Quách Dung') form", "button[value=remove]"), "roster.edit",
        holds(lambda watch: not is_placed(watch)), "minh", of(SLOT), "Quách Dung", before=kept(place),
    ),
    Press(
        "roster/publish.html itself", "ha", of("/roster/drafts/{draft}/publish/"), send("main form.form"),
        "roster.publish", state("published"), "minh", of("/roster/?week={week}"), "Cao Thắng", before=kept(),
    ),
    Press(
        "roster/take_back.html version-take-back", "ha", of(WEEK), send("form[action$='/take-back/']"),
        "roster.take_back", state("draft"), "minh", of(DRAFT), "bản nháp", before=kept(publish),
    ),
    Press(
        "roster/reinforce.html itself", "ha", reinforcement_of, send("#repair form"), "roster.publish",
        holds(lambda watch: Reinforcement.objects.filter(post=watch.post).exists()), "minh", of(WEEK), "Giám sát",
        before=kept(),
    ),
)  # fmt: skip


def mine(button: str, press, act: str, after, seen_at: str, seen: str, before=None) -> Press:
    return Press(
        f"roster/mine.html {button}", "ha", of(MINE), press, act, holds(after), "minh", of(seen_at), seen,
        before=kept(before),
    )  # fmt: skip


STANDING = (
    Press(
        "now/page.html check-in", "ha", of("/"), send("form[action$='/check-in/']"), "shift.check_in", holds(is_there),
        "minh", of("/"), "Lê Thu Hà", before=kept(),
    ),
    Press(
        "roster/week.html check-in", "ha", of(WEEK), send("form[action$='/check-in/']"), "shift.check_in",
        holds(is_there), "minh", of(WEEK), "Lê Thu Hà", before=kept(),
    ),
    mine("check-in", send("form[action$='/check-in/']"), "shift.check_in", is_there, "/", "có mặt từ"),
    mine("check-in 2", send("form[action$='/check-in/']"), "shift.return", lambda w: w.own.left_at is None,
         "/", "có mặt từ", come_and_go),
    mine("leave-post", send("form[action$='/leave/']"), "shift.leave", lambda w: w.own.left_at is not None,
         "/roster/presence/", "Giám sát", check_in),
    Press(
        "base.html awake", "ha", of("/cases/"), send("form[action*='/awake/']"), "prompt.answer",
        holds(lambda _watch: Prompt.objects.get().answered_at), "minh", of("/"), "Giám sát",
        before=kept(lambda watch: watch.ask_her()),
    ),
    mine("exchange-take", send("form[action$='/take/']"), "exchange.take",
         lambda _w: Exchange.objects.filter(taken_at__isnull=False).exists(), "/roster/", "Lê Thu Hà",
         lambda watch: watch.asked_of_her()),
    mine("exchange-withdraw 2", send("section[aria-labelledby=asked] form"), "exchange.withdraw",
         lambda _w: Exchange.objects.filter(withdrawn_at__isnull=False).exists(), "/roster/", "Lê Thu Hà",
         ask_to_be_covered),
    Press(
        "roster/exchange.html itself", "ha", of("/roster/mine/{next}/exchange/"),
        send("section[aria-labelledby=cover] form", note="con ốm"), "exchange.ask",
        holds(lambda _watch: Exchange.objects.get().note == "con ốm"), "minh", of(WEEK), "con ốm", before=kept(),
    ),
    Press(
        "roster/exchange.html itself 2", "ha", of("/roster/mine/{next}/exchange/"),
        send("section[aria-labelledby=swap] form"), "exchange.ask",
        holds(lambda _watch: Exchange.objects.get().is_swap), "minh", of(WEEK), "Quách Dung",
        before=kept(lambda watch: watch.to_swap_with()),
    ),
    mine("exchange-withdraw", send("section[aria-labelledby=offered] form[action$='/withdraw/']"),
         "exchange.withdraw", lambda _w: Exchange.objects.get().withdrawn_at, "/roster/", "Lê Thu Hà",
         ask_her_to_swap),
    mine("feed-add", send("form[action$='/calendars/']"), "feed.make", lambda _w: Feed.objects.exists(), "/roster/",
         "Lê Thu Hà"),
    mine("feed-revoke", send("form[action$='/revoke/']"), "feed.revoke",
         lambda _w: Feed.objects.get().revoked_at is not None, "/roster/", "Lê Thu Hà", feed),
    Press(
        "roster/absences.html leave-ask", "ha", of(MINE),
        send("form[action$='/leave/']", **{"from": ahead(40), "note": "về quê"}), "leave.ask",
        holds(lambda _watch: Leave.objects.filter(note="về quê").exists()), "minh", of("/roster/people/{her}/"),
        "về quê", before=kept(),
    ),
    Press(
        "roster/absences.html leave-withdraw", "ha", of("/roster/people/{her}/"),
        send("form[action$='/withdraw/'][action*='/roster/leave/']"), "leave.withdraw",
        holds(lambda watch: not Leave.objects.filter(member=watch.people["Lê Thu Hà"]).exists()), "minh",
        of("/roster/people/{her}/"), "Lê Thu Hà", before=kept(leave_granted),
    ),
    Press(
        "roster/person.html leave-repair", "ha", repair_of, send("form[action$='/repair/']"), "roster.publish",
        holds(lambda _watch: Roster.objects.filter(name__contains="Lê Thu Hà", state="published").exists()), "minh",
        of("/roster/people/{her}/"), "Lê Thu Hà", before=kept(leave_over_a_shift),
    ),
    Press(
        "roster/absences.html wish-make", "ha", of(MINE),
        send("form[action$='/wish/']", **{"from": ahead(41), "note": "giỗ"}), "wish.make",
        holds(lambda _watch: Wish.objects.filter(note="giỗ").exists()), "minh", of("/roster/people/{her}/"), "giỗ",
        before=kept(),
    ),
    Press(
        "roster/absences.html wish-withdraw", "ha", of(MINE), send("form[action*='/roster/wishes/']"), "wish.withdraw",
        holds(lambda _watch: not Wish.objects.exists()), "minh", of("/roster/people/{her}/"), "Lê Thu Hà",
        before=kept(),
    ),
)  # fmt: skip


HANDING_OVER = (
    Press(
        "roster/hand_over.html hand-over-give",
        "minh",
        of(HAND_OVER),
        send("form[action$='/give/']", note="Máy in hỏng"),
        "hand_over.give",
        holds(lambda _watch: HandOver.objects.get().given_by == "Minh"),
        "ha",
        of(HAND_OVER),
        "Máy in hỏng",
        before=kept(),
    ),
    Press(
        "roster/hand_over.html hand-over-take",
        "ha",
        of(HAND_OVER),
        send("form[action$='/take/']"),
        "hand_over.take",
        holds(lambda watch: HandOver.objects.get().taken_by == "Hà" and is_there(watch)),
        "minh",
        of(HAND_OVER),
        "Máy in hỏng",
        before=kept(give),
    ),
    Press(
        "roster/hand_over.html watch-item-add",
        "ha",
        of(HAND_OVER),
        send("form[action$='/watch-items/']", text="Cổng dịch vụ chậm"),
        "watch_item.make",
        holds(lambda _watch: WatchItem.objects.exists()),
        "minh",
        of(HAND_OVER),
        "Cổng dịch vụ chậm",
        before=kept(),
    ),
    Press(
        "roster/hand_over.html watch-item-close",
        "ha",
        of(HAND_OVER),
        send("form[action$='/close/']"),
        "watch_item.close",
        holds(lambda _watch: WatchItem.objects.get().closed_at),
        "minh",
        of(HAND_OVER),
        "Không có việc nào",
        before=kept(watch_out),
    ),
)

ROSTER = (*DRAFTS, *STANDING, *HANDING_OVER)
