"""The clauses about a watch around the clock: the pure rule, and asked on a desk whose nights somebody missed."""

import itertools
import re
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests import cast
from tests.duty.office import open_office
from vonggac.cases import services as cases
from vonggac.cases.models import Case, Verdict
from vonggac.cases.proof import VerdictState
from vonggac.cases.rules import Proof
from vonggac.cases.services import Answer
from vonggac.directives import services
from vonggac.directives.models import Directive, Obligation
from vonggac.directives.services import Entering, Received
from vonggac.duty.coverage import State, Stretch
from vonggac.duty.models import Post, Shift
from vonggac.duty.patterns import begin_of
from vonggac.duty.services import posts, presence
from vonggac.flows import amending, assessment
from vonggac.flows import directive as flow
from vonggac.flows.proof import duty_watch
from vonggac.flows.proof.duty_watch import PostEvidence, WatchEvidence, judge
from vonggac.regimes import regime
from vonggac.reports import watches
from vonggac.tenancy.scope import scoped, system

START = datetime(2026, 4, 30, tzinfo=UTC)
HOUR = timedelta(hours=1)
END = START + 24 * HOUR
_MOMENT = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d")
STATES = {"p": State.PRESENT, "-": State.HOLE, "n": State.PLANNED, " ": None}


def post(day: str, name: str = "Giám sát", *, is_recorded: bool = True) -> PostEvidence:
    """A post by a sign an hour: p present, - a hole, n planned, blank for nobody needed."""
    stretches = [
        Stretch(START + hour * HOUR, START + (hour + 1) * HOUR, STATES[sign], missing_people=int(sign == "-"))
        for hour, sign in enumerate(day)
        if STATES[sign]
    ]
    return PostEvidence(name, tuple(stretches), is_recorded)


def judged(*posts: PostEvidence, claimed: bool = True, now: datetime = END):
    return judge(WatchEvidence(START if claimed else None, START, END, now, posts))


def test_before_the_unit_claims_nothing_is_concluded():
    assert judged(post("-" * 24), claimed=False).state is VerdictState.OPEN


def test_every_minute_with_the_people_there_is_proven_once_the_period_is_over():
    assert judged(post("p" * 24)).state is VerdictState.PROVEN
    assert judged(post("p" * 24), now=END - HOUR).state is VerdictState.OPEN


def test_one_hour_without_them_contradicts_and_is_named():
    found = judged(post("p" * 22 + "-p"))
    assert found.state is VerdictState.CONTRADICTED
    assert found.reasons == (
        "on the post Giám sát 1 people were missing from 2026-04-30 22:00:00 UTC to 2026-04-30 23:00:00 UTC",
    )
    assert [(gap.kind, gap.from_utc) for gap in found.gaps] == [("post Giám sát", START + 22 * HOUR)]


def test_many_holes_are_counted_and_the_first_named():
    found = judged(post("p-p-p-p-p-" + "p" * 14))
    assert found.reasons[0] == "the watch was short 5 times"
    assert len(found.reasons) == 3
    assert len(found.gaps) == 5


def test_a_hole_that_has_not_come_yet_contradicts_nothing():
    assert judged(post("p" * 12 + "-" * 12), now=START + 12 * HOUR).state is VerdictState.OPEN


def test_without_presence_nothing_can_be_seen_whatever_the_roster_says():
    found = judged(post("p" * 24), post("n" * 24, "Xử lý", is_recorded=False))
    assert found.state is VerdictState.NOT_OBSERVABLE
    assert [(item.kind, item.subject) for item in found.missing] == [("presence", "Xử lý")]
    assert judged(post("-" * 24, is_recorded=False)).state is VerdictState.NOT_OBSERVABLE


def test_a_unit_without_any_post_and_hours_that_nobody_asks_for_are_not_observable():
    assert [item.kind for item in judged().missing] == ["roster"]
    found = judged(post("p" * 8 + " " * 16))
    assert found.state is VerdictState.NOT_OBSERVABLE
    assert (found.missing[0].from_utc, found.missing[0].to_utc) == (START + 8 * HOUR, END)


def test_posts_may_take_turns_around_the_clock():
    assert judged(post("p" * 8 + " " * 16), post(" " * 8 + "p" * 16, "Đêm")).state is VerdictState.PROVEN


def expected(days: list[tuple[str, bool]], now: int) -> VerdictState:
    """The verdict by looking at every hour of every post alone."""
    hours = range(now)
    if any(day[hour] == "-" for day, is_recorded in days if is_recorded for hour in hours):
        return VerdictState.CONTRADICTED
    unseen = any(not is_recorded and day[:now].strip() for day, is_recorded in days)
    unheld = any(all(day[hour] == " " for day, _ in days) for hour in hours)
    if not days or unseen or unheld:
        return VerdictState.NOT_OBSERVABLE
    return VerdictState.PROVEN if now == 24 else VerdictState.OPEN


days = st.lists(
    st.tuples(st.text(alphabet="ppppp- ", min_size=24, max_size=24), st.booleans()), max_size=3
)  # fmt: skip


@given(days, st.integers(0, 24))
def test_the_rule_agrees_with_looking_at_every_hour(posts, now):
    evidence = [post(day, f"p{n}", is_recorded=is_recorded) for n, (day, is_recorded) in enumerate(posts)]
    assert judged(*evidence, now=START + now * HOUR).state is expected(posts, now)


def joined(day: str, name: str) -> PostEvidence:
    """The post with neighbouring hours of one sign in one stretch, as coverage gives them."""
    stretches = []
    for sign, hours in itertools.groupby(enumerate(day), key=lambda pair: pair[1]):
        run = [hour for hour, _sign in hours]
        if state := STATES[sign]:
            begin, end = START + run[0] * HOUR, START + (run[-1] + 1) * HOUR
            stretches.append(Stretch(begin, end, state, missing_people=int(sign == "-")))
    return PostEvidence(name, tuple(stretches), is_recorded=True)


@given(days, st.integers(0, 24 * 60))
def test_no_verdict_speaks_of_a_minute_after_its_own_moment(posts, minute):
    now = START + timedelta(minutes=minute)
    found = judged(*(joined(day, f"p{n}") for n, (day, _is_recorded) in enumerate(posts)), now=now)
    spans = [(one.from_utc, one.to_utc) for one in (*found.gaps, *found.missing) if one.from_utc]
    assert all(begin < end <= now for begin, end in spans)
    told = [datetime.fromisoformat(f"{day}Z") for reason in found.reasons for day in _MOMENT.findall(reason)]
    assert found.state is VerdictState.OPEN or all(moment <= now for moment in told)


# On a desk: a directive about 30 April and 1 May, and a province whose night somebody missed.
HOLIDAY, ARRIVED = date(2026, 4, 30), date(2026, 4, 22)
READING = {
    "kind": "cong_van", "number": "31", "symbol": "BAN-ATM", "issuer": "Ban An toàn mạng", "date": "2026-04-20",
    "subject": "trực bảo đảm an toàn", "addressees": [], "references": [],
    "period": {"from": HOLIDAY.isoformat(), "to": HOLIDAY.isoformat()},
    "clauses": [{"label": "1.a", "heading": None, "text": "Ứng trực, giám sát 24/7.", "deadlines": []}],
}  # fmt: skip


@pytest.fixture
def obligation(people) -> Obligation:
    """The commune's obligation under a clause about a watch, which it claims to have done."""
    office, at = people.organisations["hai-van"], begin_of(ARRIVED, 8 * 60)
    with scoped(people.scope("ha")):
        upload = Received("31.txt", "ab" * 32, 900, "…")
        (draft,) = services.receive(upload, [READING], office, regime.on(ARRIVED), at=at)
        flow.confirm(draft.pk, Entering(ARRIVED), at=at)
        found = Obligation.objects.get(organisation=people.organisations["p-vinh-hai"])
        cases.claim(found.case_id, Answer("Đã bố trí trực 24/7", "Lan"), at=at)
        return Obligation.objects.select_related("case", "directive").get(pk=found.pk)


def stand(office, *, without: int = -1) -> None:
    """The three shifts of the holiday and the night before it, each attended but one."""
    begins = [begin_of(HOLIDAY - timedelta(days=1), 22 * 60), *(begin_of(HOLIDAY, h * 60) for h in (6, 14, 22))]
    for number, begin in enumerate(begins):
        shift = Shift.objects.create(
            post=office.post, org_path=office.post.org_path, person_name=f"Người {number}", from_utc=begin,
            to_utc=begin + 8 * HOUR,
        )  # fmt: skip
        if number != without:
            presence.check_in(shift.pk, shift.person_name, at=begin)


def verdict_at(people: cast.Cast, obligation: Obligation, at: datetime) -> Case:
    assessment.assess(at=at, within=lambda: scoped(system("proof")))
    with scoped(people.scope("ha")):
        return Case.objects.get(pk=obligation.case_id)


@pytest.mark.django_db
def test_the_clause_about_a_watch_gets_this_rule(obligation):
    assert regime.on(ARRIVED).binding("ứng trực, giám sát 24/7").rule == duty_watch.NAME
    start, end = duty_watch.period_of(obligation)
    assert (start, end) == (begin_of(HOLIDAY), begin_of(HOLIDAY + timedelta(days=1)))


@pytest.mark.django_db
def test_a_holiday_on_which_everybody_came_is_proven(people, obligation):
    with scoped(people.scope("ha")):
        stand(open_office(people, "p-vinh-hai", on=ARRIVED))
    assert verdict_at(people, obligation, begin_of(HOLIDAY, 12 * 60)).proof == Proof.WATCHING
    assert verdict_at(people, obligation, begin_of(HOLIDAY + timedelta(days=1))).proof == Proof.PROVEN


@pytest.mark.django_db
def test_a_shift_that_nobody_attends_contradicts_the_claim_and_names_its_hours(people, obligation):
    with scoped(people.scope("ha")):
        stand(open_office(people, "p-vinh-hai", on=ARRIVED), without=2)
    found = verdict_at(people, obligation, begin_of(HOLIDAY, 23 * 60))
    assert found.proof == Proof.CONTRADICTED
    assert "1 people were missing from 2026-04-30 07:00:00 UTC to 2026-04-30 15:00:00 UTC" in found.proof_reason
    with scoped(people.scope("ha")):
        assert Verdict.objects.filter(case=found).latest("pk").detail["gaps"][0]["kind"] == "post Giám sát"


@pytest.mark.django_db
def test_a_post_where_nobody_records_presence_leaves_it_not_observable(people, obligation):
    with scoped(people.scope("ha")):
        office = open_office(people, "p-vinh-hai", on=ARRIVED)
        stand(office)
        Shift.objects.update(checked_in_at=None)
        Post.objects.update(asks_presence=False)
    found = verdict_at(people, obligation, begin_of(HOLIDAY + timedelta(days=1)))
    assert found.proof == Proof.NOT_OBSERVABLE
    assert [(item["kind"], item["subject"]) for item in found.missing] == [("presence", "Giám sát")]


@pytest.mark.django_db
def test_before_the_period_a_unit_with_a_post_waits_and_one_without_is_told(people, obligation):
    before = begin_of(ARRIVED, 10 * 60)
    found = verdict_at(people, obligation, before)
    assert (found.proof, [item["reason"] for item in found.missing]) == (
        Proof.NOT_OBSERVABLE, ["the unit has no post on the desk"],
    )  # fmt: skip
    with scoped(people.scope("ha")):
        open_office(people, "p-vinh-hai", on=ARRIVED)
    # No roster reaches the holiday yet: nobody has failed to come.
    assert verdict_at(people, obligation, before + HOUR).proof == Proof.WATCHING


@pytest.mark.django_db
def test_a_post_that_was_retired_before_the_period_is_no_post(people, obligation):
    with scoped(people.scope("ha")):
        office = open_office(people, "p-vinh-hai", on=ARRIVED)
        posts.retire_post(office.post.pk, ARRIVED + timedelta(days=1), at=begin_of(ARRIVED))
    found = verdict_at(people, obligation, begin_of(HOLIDAY, 10 * 60))
    assert [item["reason"] for item in found.missing] == ["the unit has no post on the desk"]


@pytest.mark.django_db
def test_only_the_units_own_posts_count_and_not_those_beside_it(people, obligation):
    with scoped(system("tests")):
        for code in ("p-vinh-hai", "so-y-te"):
            unit = people.organisations[code]
            post = Post.objects.create(organisation=unit, org_path=unit.path, name=f"Trực {code}")
            begin = begin_of(HOLIDAY)
            Shift.objects.create(
                post=post, org_path=unit.path, person_name="Ai đó", from_utc=begin, to_utc=begin + 8 * HOUR
            )  # fmt: skip
    with scoped(people.scope("ha")):
        found = duty_watch.covered(obligation, begin_of(HOLIDAY, 60))
    assert [one.post.name for one in found] == ["Trực p-vinh-hai"]


@pytest.mark.django_db
def test_the_report_counts_over_the_window_of_the_proof_also_without_a_period(people, obligation):
    with scoped(people.scope("ha")):
        office = open_office(people, "p-vinh-hai", on=ARRIVED)
        stand(office, without=2)
        directive = obligation.directive
        Directive.objects.filter(pk=directive.pk).update(period_from=None, period_to=None, due_at=None)
        Case.objects.filter(pk=obligation.case_id).update(due_at=begin_of(HOLIDAY + timedelta(days=1)))
        found = Obligation.objects.select_related("case", "directive").get(pk=obligation.pk)
        window = duty_watch.period_of(found)
        assert watches.period(found.directive, office.organisation) == window
        figures = watches.figures(found.directive, office.organisation, window[1])
        assert (figures.from_utc, figures.to_utc) == window
        assert figures.holes_total.value > 0
        Case.objects.filter(pk=obligation.case_id).update(due_at=None)
        assert "không nêu thời gian" in watches.figures(found.directive, office.organisation, window[1])


@pytest.mark.django_db
def test_an_office_bound_beside_its_units_answers_for_its_own_posts_alone(people, obligation):
    at = begin_of(ARRIVED, 9 * 60)
    with scoped(people.scope("ha")):
        clause = obligation.clause
        amended = amending.amend_clause(
            clause.pk, text=clause.text, binds=[*clause.binds, "own"], rule=clause.rule, due_at=clause.due_at,
            reason="cơ quan cũng trực", at=at,
        )  # fmt: skip
        (own,) = amended.new
        assert own.organisation == people.organisations["hai-van"]
        cases.claim(own.case_id, Answer("Đã bố trí trực 24/7", "Hà"), at=at)
        stand(open_office(people, "hai-van", on=ARRIVED))
        stand(open_office(people, "p-vinh-hai", on=ARRIVED), without=2)
    over = begin_of(HOLIDAY + timedelta(days=1))
    assert verdict_at(people, own, over).proof == Proof.PROVEN
    assert verdict_at(people, obligation, over).proof == Proof.CONTRADICTED
