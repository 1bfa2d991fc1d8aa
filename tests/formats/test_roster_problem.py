"""Roster problems as JSON: what is left out, what is refused with its place, and rosters read back as written."""

import json
import time
import unicodedata
from dataclasses import replace
from datetime import date

import pytest

from vonggac.errors import InputError, LimitExceeded, UnreadableFile
from vonggac.formats.roster_problem import read_assignments, read_problem
from vonggac.formats.roster_text import repair_table, roster_json, roster_table, summary
from vonggac.kernel.roster import troubles
from vonggac.kernel.roster.budget import Settings
from vonggac.kernel.roster.checking import check
from vonggac.kernel.roster.planning import plan
from vonggac.kernel.roster.repairing import repair
from vonggac.kernel.roster.values import Assignment, Burden, Hole, Rules, day_of

ALONE = Settings(seconds=0.01, with_solver=False, is_deterministic=True)


def document(**changes) -> dict:
    shifts = [{"code": "S", "from": "06:00", "to": "14:00"}, {"code": "Đ", "from": "22:00", "to": "06:00"}]
    return {
        "from": "2026-12-07", "to": "2026-12-13", "posts": [{"id": "Trực", "shifts": shifts}],
        "people": [{"id": "An", "posts": ["Trực"]}, {"id": "Bình", "posts": ["Trực"], "nights": False}], **changes,
    }  # fmt: skip


def read(value: object):
    return read_problem(json.dumps(value).encode(), "p.json")


def test_a_slot_a_shift_a_day_named_by_post_day_and_code():
    problem = read(document())
    assert len(problem.slots) == 14
    night = next(slot for slot in problem.slots if slot.id == "Trực 2026-12-07 Đ")
    assert (night.minutes, night.minimum, night.code) == (480, 1, "Đ")
    assert problem.rules.day(night.begin) == day_of(date(2026, 12, 7))


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_a_byte_order_mark_before_the_file_is_passed_over(encoding):
    content = json.dumps(document(), ensure_ascii=False).encode(encoding)
    assert read_problem(content, "p.json") == read(document())


@pytest.mark.parametrize("is_escaped", [True, False])
def test_names_whose_letters_are_taken_apart_are_the_same_names(is_escaped):
    def apart(value: object) -> bytes:
        return json.dumps(json.loads(unicodedata.normalize("NFD", json.dumps(value, ensure_ascii=False))),
                          ensure_ascii=is_escaped).encode()  # fmt: skip

    mixed = document(fixed=[{"slot": "Trực 2026-12-07 Đ", "person": "An"}])
    problem = read_problem(apart(mixed), "p.json")
    assert problem == read(mixed)
    standing = {"assignments": [{"slot": "Trực 2026-12-08 S", "person": "Bình"}]}
    assert read_assignments(apart(standing), "r.json", problem) == (Assignment("Trực 2026-12-08 S", "Bình"),)


def test_what_is_left_out_is_the_law():
    problem, law = read(document()), Rules()
    assert problem.rules == law
    loose = read(document(rules={"rest_hours": 14, "nights_in_row": None}))
    assert (loose.rules.rest_minutes.limit, loose.rules.rest_minutes.citation) == (840, law.rest_minutes.citation)
    assert loose.rules.nights_in_row is None


def test_days_that_ask_for_more_raise_and_never_lower():
    post = {
        **document()["posts"][0], "minimum": 2, "skills": {"lead": 1},
        "raised": [{"from": "2026-12-09", "to": "2026-12-10", "minimum": 3, "skills": {"net": 1}},
                   {"from": "2026-12-10", "to": "2026-12-10", "minimum": 1}],
    }  # fmt: skip
    needs = {slot.id[-12:-2]: (slot.minimum, dict(slot.skills)) for slot in read(document(posts=[post])).slots}
    assert needs["2026-12-08"] == (2, {"lead": 1})
    assert needs["2026-12-09"] == needs["2026-12-10"] == (3, {"lead": 1, "net": 1})


def test_a_person_is_read_whole_and_a_date_means_its_whole_day():
    person = {
        "id": "An", "posts": ["Trực"], "skills": ["lead"], "leave": [{"from": "2026-12-08", "to": "2026-12-08"}],
        "wishes": [{"from": "2026-12-09T06:00", "to": "2026-12-09T14:00+07:00", "wants": "duty", "weight": 2}],
        "history": {"nights": 4}, "stints": [{"from": "2026-12-06T22:00", "to": "2026-12-07T06:00"}],
        "weekly_hours": 40, "most_shifts": 3, "share_percent": 50,
    }  # fmt: skip
    (worker,) = read(document(people=[person])).workers
    assert worker.leave[0][1] - worker.leave[0][0] == 24 * 60
    assert worker.wishes[0].end - worker.wishes[0].begin == 480
    assert (worker.history[Burden.NIGHTS], worker.weekly_minutes, worker.most_slots) == (4, 2400, 3)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"form": 1}, "unknown field `form`"),
        ({"to": "2026-12-01"}, "$.to: is before $.from"),
        ({"utc_offset": "7"}, '$.utc_offset: "7" is no offset'),
        ({"people": [{"id": "An", "posts": ["Bếp"]}]}, '$.people[0].posts: there is no post "Bếp"'),
        ({"people": [{"id": "An", "posts": []}] * 2}, '$.people: "An" is there twice'),
        (
            {"people": [{"id": "An", "posts": [], "leave": [{"from": "2026-12-09", "to": "2026-12-08"}]}]},
            '$.people[0].leave[0]: "to" is not after "from"',
        ),
        (
            {"posts": [{"id": "Trực", "shifts": [{"code": "S", "from": "six", "to": "14:00"}]}]},
            '$.posts[0].shifts[0].from: "six" is no time of day',
        ),
        ({"fixed": [{"slot": "Trực 2026-12-07 X", "person": "An"}]}, 'there is no slot "Trực 2026-12-07 X"'),
    ],
)
def test_what_cannot_be_used_is_told_by_its_place(changes, said):
    with pytest.raises(InputError) as raised:
        read(document(**changes))
    assert said in str(raised.value)


def test_lists_that_stand_too_deep_in_each_other_are_refused():
    with pytest.raises(InputError, match="too deep"):
        read_problem(b"[" * 100_000, "p.json")


def test_what_is_no_json_or_too_much_is_refused():
    with pytest.raises(UnreadableFile):
        read_problem(b"{", "p.json")
    with pytest.raises(LimitExceeded):
        read(document(to="9999-12-31"))


def test_a_roster_is_read_back_as_it_was_written():
    problem = read(document())
    roster = plan(problem, ALONE, clock=time.monotonic)
    written = json.dumps(roster_json(problem, roster)).encode()
    assert read_assignments(written, "r.json", problem) == roster.assignments
    said = json.loads(written)
    assert {"cost", "bound", "optimal", "holes", "violations", "seed", "solver"} <= said.keys()
    for hole in said["holes"]:
        assert {*hole["free"], *hole["barred"]} <= {"An", "Bình"}
        assert all(rule["sentence"] for rules in hole["barred"].values() for rule in rules)
    assert f"cost {roster.cost}" in summary(roster)


def test_a_bound_is_not_said_to_be_within_reach_of_a_roster_with_holes():
    roster = replace(plan(read(document()), ALONE, clock=time.monotonic), status="feasible", bound=825)
    whole, open_ = (replace(roster, holes=holes) for holes in ((), (Hole("S:1", 1), Hole("S:2", 1))))
    assert f"cost {roster.cost}, nothing below 825 is possible" in summary(whole)
    assert " with holes: 2; even if all can be filled nothing below 825 is possible" in summary(open_)


def test_the_table_shouts_holes_and_says_who_could_fill_them_and_what_stops_the_rest():
    problem = read(document())
    shown = roster_table(problem, [Assignment("Trực 2026-12-07 S", "An")])
    assert "Mo 2026-12-07  An" in shown
    assert "!! Trực Mo 2026-12-07 22:00–06:00 Đ: short of 1 person" in shown
    assert "   may fill it: nobody" in shown
    assert "   has 8 h of rest instead of 12 h (Labour Code 2019, Art. 110): An" in shown
    assert "   may not work at night: Bình" in shown
    assert "more holes; --json explains them all" not in shown


def test_a_repair_says_person_by_person_what_changes():
    problem = read(document())
    before = [Assignment("Trực 2026-12-07 S", "An")]
    trouble = troubles.absence(problem, before, "An", problem.slots[0].begin, problem.slots[0].end)
    found = repair(trouble, before, frozen_before=0, settings=ALONE, clock=time.monotonic)
    lines = repair_table(trouble.problem, found).splitlines()
    assert lines[0] == "The repair touches 2 people:"
    assert lines[1:5] == [
        "An", "    is taken off Trực Mo 2026-12-07 06:00–14:00 S",
        "Bình", "    is put on Trực Mo 2026-12-07 06:00–14:00 S",
    ]  # fmt: skip
    assert all(line.startswith("!! Trực ") for line in lines[5:])
    assert check(trouble.problem, found.roster.assignments).is_sound
