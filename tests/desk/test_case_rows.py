"""What a row of a list says of a case, and that nothing of it is taken for a tag."""

import re
from datetime import timedelta

import pytest
from django.utils import translation

from tests.cast import NOON
from vonggac.cases.models import Case
from vonggac.cases.queries import LATE_STATES
from vonggac.cases.rules import State
from vonggac.desk import actions, case_rows
from vonggac.register.models import Organisation, Person

HOSTILE = '"><script>alert(1)</script>'


@pytest.fixture(autouse=True)
def vietnamese():
    with translation.override("vi"):
        yield


def case(**fields) -> Case:
    plain = {
        "pk": 7, "title": "Máy PC-1", "state": "sent", "claim": "none", "proof": "none", "rule": "clean_host",
        "due_at": NOON + timedelta(minutes=26), "missing": [], "organisation": Organisation(name="Sở Y tế"),
    }  # fmt: skip
    return Case(**plain | fields)


def words(html: str) -> str:
    return " ".join(re.sub(r"<[^>]*>", " ", re.sub(r"<title>.*?</title>", "", html)).split())


def test_a_row_says_whose_it_is_where_it_stands_and_how_long_it_still_is():
    assert words(case_rows.row(case(), NOON)) == "Máy PC-1 Sở Y tế chưa tiếp nhận còn 26 phút 12:26"


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"due_at": NOON - timedelta(minutes=12)}, "quá 12 phút"),
        ({"due_at": NOON - timedelta(minutes=12), "state": "disputed"}, "quá 12 phút"),
        ({"due_at": NOON - timedelta(minutes=12), "state": "claimed"}, "đã trả lời; hạn là 11:48"),
        ({"due_at": NOON - timedelta(minutes=12), "state": "cannot_comply"}, "đã trả lời; hạn là 11:48"),
        ({"due_at": None}, "không có hạn"),
        ({"state": "closed", "closed_at": NOON}, "đã đóng 12:00"),
        ({"state": "claimed", "claim": "done"}, "đã báo"),
        ({"claim": "not_ours"}, "báo: không phải của chúng tôi"),
        (
            {"state": "closed", "closed_at": NOON, "closing": "nhật ký đã chỉ ra máy đứng sau địa chỉ: PC-2 (8)"},
            "nhật ký đã chỉ ra máy đứng sau địa chỉ: PC-2 (8) đã đóng 12:00",
        ),
        ({"proof": "watching", "proof_reason": "the watch is over and its logs have not all come yet"}, "chờ nhật ký"),
        ({"reopened_count": 2}, "mở lại 2 lần"),
        ({"assignee": Person(name="Lan")}, "Lan"),
        ({"proof": "contradicted", "proof_reason": "nobody has claimed the host clean"}, "chưa ai báo máy đã sạch"),
    ],
)
def test_a_row_says_what_is_not_usual(fields, said):
    assert said in words(case_rows.row(case(**fields), NOON))


@pytest.mark.parametrize("state", State)
def test_a_row_is_late_exactly_where_the_list_of_late_cases_holds_it(state):
    is_listed = state in LATE_STATES
    drawn = case_rows.row(case(state=state, due_at=NOON - timedelta(days=7), closed_at=NOON), NOON)
    assert ('class="due late"' in drawn, 'class="mark late"' in drawn) == (is_listed, is_listed)


def test_a_long_sentence_is_cut_in_a_row_and_whole_in_a_task():
    long = case(proof="contradicted", proof_reason="x" * 400)
    assert "x" * 149 + "…" in case_rows.row(long, NOON)
    assert "x" * 400 in case_rows.task(long, "what", "proof", None, NOON)


def test_a_task_names_its_clause_and_the_part_in_it():
    shown = words(case_rows.task(case(), "Rà soát máy", "Quan sát quyết định.", ("31/BAN-ATM · 1.c", "chủ trì"), NOON))
    assert shown.startswith("Rà soát máy 31/BAN-ATM · 1.c chủ trì chưa tiếp nhận Quan sát quyết định.")


def test_what_others_wrote_is_never_a_tag():
    hostile = case(
        title=HOSTILE, organisation=Organisation(name=HOSTILE), assignee=Person(name=HOSTILE),
        proof="contradicted", proof_reason=HOSTILE,
    )  # fmt: skip
    for shown in (
        case_rows.row(hostile, NOON),
        case_rows.task(hostile, HOSTILE, HOSTILE, (HOSTILE, HOSTILE), NOON),
        case_rows.mark("wait", HOSTILE),
        case_rows.moment(NOON, HOSTILE),
    ):
        assert "<script" not in shown
        assert "&lt;script&gt;" in shown


def test_why_a_case_is_closed_names_its_heirs_last_and_is_cut_as_text():
    moved = case(state="closed", closed_at=NOON, closing="chuyển sang máy đó")
    moved.heirs = [Case(pk=8, subject=HOSTILE), Case(pk=9, subject="PC-3")]
    assert case_rows.closing(moved) == f"chuyển sang máy đó: {HOSTILE} (8), PC-3 (9)"
    assert HOSTILE not in case_rows.row(moved, NOON)
    assert case_rows.closing(moved, 30) == f"chuyển sang máy đó: {HOSTILE}"[:29] + "…"
    assert case_rows.closing(case()) == ""


def test_a_row_about_a_clause_begins_with_the_unit_because_many_are_bound_alike():
    seen = words(case_rows.row(case(kind="obligation", title="1.c: bóc gỡ mã độc"), NOON))
    assert seen.startswith("Sở Y tế · 1.c: bóc gỡ mã độc chưa tiếp nhận")
    assert seen.count("Sở Y tế") == 1


def test_after_a_claim_the_next_act_in_reach_is_evidence_and_not_the_same_claim():
    reach = actions.in_reach(frozenset({"claim", "evidence", "withdraw"}), is_for_another=False)
    assert [name for name, _word in reach] == ["evidence", "withdraw"]
    reach = actions.in_reach(frozenset({"claim", "evidence", "dispute"}), is_for_another=False)
    assert [name for name, _word in reach] == ["claim", "dispute", "evidence"]
