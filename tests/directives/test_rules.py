"""Whatever clauses a reading gives: each comes once, heads bind nobody, and the earliest deadline holds."""

from datetime import UTC, date, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from vonggac.directives import rules
from vonggac.directives.counting import first_fixed
from vonggac.regimes import regime

PACK = regime.on(date(2026, 4, 20))
TEXTS = st.sampled_from(
    ("Rà soát danh sách botnet", "trực 24/7", "cập nhật bản vá", "tin nhắn rác", "Doanh nghiệp viễn thông", "", "???")
)
LABELS = st.sampled_from(("1", "1.a", "1.b", "1.a.i", "2", "2.a", "10", "10.a"))
DAYS = st.dates(date(2020, 1, 1), date(2030, 1, 1))
DEADLINES = st.lists(st.one_of(DAYS.map(lambda day: {"due": day.isoformat()}), st.just({"due": None})), max_size=3)
CLAUSES = st.lists(
    st.fixed_dictionaries(
        {"label": LABELS, "text": TEXTS, "heading": st.one_of(st.none(), TEXTS), "deadlines": DEADLINES}
    ),
    max_size=8,
    unique_by=lambda clause: clause["label"],
)
MOMENTS = st.one_of(st.none(), st.datetimes(timezones=st.just(UTC)))


@given(CLAUSES)
def test_every_clause_comes_once_in_its_order_and_only_leaves_bind(clauses):
    proposed = rules.propose(clauses, PACK)
    assert [one.label for one in proposed] == [clause["label"] for clause in clauses]
    labels = {clause["label"] for clause in clauses}
    for clause, one in zip(clauses, proposed, strict=True):
        assert (one.text, one.heading) == (clause["text"], clause["heading"] or "")
        has_children = any(other.rpartition(".")[0] == one.label for other in labels)
        if has_children:
            assert (one.binds, one.rule) == ((), "")


@given(CLAUSES)
def test_a_clause_is_due_with_the_end_of_its_first_day_in_ha_noi(clauses):
    for clause, one in zip(clauses, rules.propose(clauses, PACK), strict=True):
        assert list(one.deadlines) == clause["deadlines"]
        days = [date.fromisoformat(deadline["due"]) for deadline in clause["deadlines"] if deadline["due"]]
        if not days:
            assert first_fixed(one.deadlines) is None
            continue
        # Midnight in Hà Nội, without summer time, is 17:00 UTC of the day before.
        midnight = datetime.combine(min(days) + timedelta(days=1), datetime.min.time(), UTC) - timedelta(hours=7)
        assert first_fixed(one.deadlines) == midnight


@given(CLAUSES, st.randoms())
def test_what_a_clause_binds_does_not_depend_on_the_order_of_the_others(clauses, random):
    shuffled = random.sample(clauses, len(clauses))
    in_order = {one.label: one for one in rules.propose(clauses, PACK)}
    assert {one.label: one for one in rules.propose(shuffled, PACK)} == in_order


def test_a_clause_is_read_with_the_heading_right_above_it_alone():
    clauses = [
        {"label": "1", "text": "Các doanh nghiệp viễn thông", "heading": None},
        {"label": "1.a", "text": "xử lý tin nhắn rác", "heading": None},
        {"label": "2.a", "text": "xử lý tin nhắn rác", "heading": None},
    ]
    head, below, elsewhere = rules.propose(clauses, PACK)
    assert (head.binds, below.binds) == ((), ("telco", "isp", "platform"))
    assert below.rule == "complaints_answered"
    assert elsewhere.binds != below.binds


@given(st.sampled_from(("commune", "telco", "authority", "department")), st.sets(st.sampled_from(("telco", "*"))))
def test_everybody_is_everybody_but_the_office_itself(kind, binds):
    assert rules.is_bound(kind, tuple(binds)) == (kind in binds or ("*" in binds and kind != "authority"))


@given(MOMENTS, MOMENTS, st.one_of(st.none(), DAYS))
def test_the_first_given_due_time_wins_and_the_period_comes_last(one, other, period_to):
    given_times = [moment for moment in (one, other) if moment]
    expected = given_times[0] if given_times else rules.end_of(period_to) if period_to else None
    assert rules.due_time(one, other, period_to=period_to) == expected
