"""Instances of Curtois & Qu: what is read, what is refused with its line, and schedules as JSON."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.outer_data import outer_data
from vonggac.errors import InputError, LimitExceeded, VongGacError
from vonggac.formats.curtois import read_grid, read_schedules, table
from vonggac.kernel.roster.grid.values import Cover, Grid, Person, Request, Shift

TEXT = """\
# This is a comment
SECTION_HORIZON
7

SECTION_SHIFTS
E,480,
L,600,E

SECTION_STAFF
A,E=7|L=2,2400,480,5,2,2,1
B,L=7,2400,0,5,1,1,1

SECTION_DAYS_OFF
A,0,6

SECTION_SHIFT_ON_REQUESTS
A,2,E,2

SECTION_SHIFT_OFF_REQUESTS
B,3,L,1

SECTION_COVER
0,E,1,100,1
"""


def read(text: str) -> Grid:
    return read_grid(text.encode(), "instance.txt")


def test_every_section_is_read():
    assert read(TEXT) == Grid(
        7,
        (Shift("E", 480), Shift("L", 600, frozenset({"E"}))),
        (
            Person("A", {"E": 7, "L": 2}, 480, 2400, 2, 5, 2, 1, frozenset({0, 6})),
            Person("B", {"L": 7}, 0, 2400, 1, 5, 1, 1),
        ),
        (Request("A", 2, "E", 2, True), Request("B", 3, "L", 1, False)),
        (Cover(0, "E", 1, 100, 1),),
    )


def test_line_ends_and_a_byte_order_mark_of_windows_change_nothing():
    content = b"\xef\xbb\xbf" + TEXT.replace("\n", "\r\n").encode()
    assert read_grid(content, "x") == read(TEXT)


def test_sections_stand_in_any_order_in_any_case_with_blank_lines_and_comments_between():
    first, *sections = TEXT.split("SECTION_")
    turned = "\n \n# aside\n".join(f"section_{one[:3].lower()}{one[3:]}" for one in reversed(sections))
    assert read(f"{first}{turned}".rstrip()) == read(TEXT)


def test_whoever_may_stand_no_shift_in_a_row_may_stand_none():
    found = read(TEXT.replace("B,L=7,2400,0,5", "B,L=7,2400,0,0"))
    assert found.people[1].most_of == {}


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("SECTION_COVER", "SECTION_COVERS", "line 22: there is no section SECTION_COVERS"),
        ("0,E,1,100,1", "0,E,1,100", "line 23: 4 values; expected day, shift"),
        ("0,E,1,100,1", "7,E,1,100,1", "line 23: day 7 lies outside the 7 days"),
        ("0,E,1,100,1", "0,E,-1,100,1", 'line 23: "-1" is not a number'),
        ("0,E,1,100,1", "0,E,1,100,1\n0,E,2,100,1", "line 24: the cover of E on day 0 is there twice"),
        ("A,2,E,2", "C,2,E,2", 'line 17: there is no person "C"'),
        ("A,2,E,2", "A,2,X,2", 'line 17: there is no shift "X"'),
        ("L,600,E", "L,600,X", 'line 7: there is no shift "X"'),
        ("L,600,E", "E,600,", 'line 7: shift "E" is there twice'),
        ("L,600,E", "L,0,E", "line 7: a shift of 0 minutes"),
        ("B,L=7", "A,L=7", 'line 11: person "A" is there twice'),
    ],
)
def test_what_cannot_be_used_is_told_by_its_line(old, new, said):
    with pytest.raises(InputError, match=r"instance\.txt, ") as raised:
        read(TEXT.replace(old, new, 1))
    assert said in str(raised.value)


def test_a_line_is_told_by_its_number_wherever_its_section_stands():
    turned = TEXT.replace("SECTION_HORIZON\n7\n", "") + "SECTION_HORIZON\n6\n"
    with pytest.raises(InputError, match="line 12: day 6 lies outside the 6 days"):
        read(turned)


@pytest.mark.parametrize("text", ["", "hello", "SECTION_HORIZON\n7\n"])
def test_what_is_no_instance_is_refused(text):
    with pytest.raises(InputError):
        read(text)


def test_a_horizon_of_years_is_refused():
    with pytest.raises(LimitExceeded):
        read(TEXT.replace("\n7\n", "\n999999\n", 1))


@given(st.integers(0, len(TEXT) - 1), st.sampled_from("\n,|=#9x"))
def test_a_damaged_file_is_read_or_refused_and_never_crashes(place, letter):
    try:
        found = read(TEXT[:place] + letter + TEXT[place + 1 :])
    except VongGacError:
        return
    assert found.people


def test_schedules_are_read_back_and_must_fit():
    problem = read(TEXT)
    fits = {"A": [None, "E", "E", None, None, None, None], "B": [None] * 7}
    content = json.dumps({"cost": 3, "assignments": fits}).encode()
    assert read_schedules(content, "r.json", problem)["A"][1] == "E"
    for wrong, said in (
        ({"A": fits["A"]}, '"B"'),
        ({**fits, "B": [None]}, "has 1 days instead of 7"),
        ({**fits, "B": ["X", *fits["B"][1:]]}, 'there is no shift "X"'),
    ):
        with pytest.raises(InputError, match=r"r\.json") as raised:
            read_schedules(json.dumps({"assignments": wrong}).encode(), "r.json", problem)
        assert said in str(raised.value)
    assert table(problem, fits).splitlines()[0] == "A  . E E . . . ."


@pytest.mark.parametrize(("number", "people", "days"), [(1, 8, 14), (2, 14, 14), (3, 20, 14), (5, 16, 28)])
def test_the_benchmarks_own_files_are_read(number, people, days):
    path = outer_data(f"roster/Instance{number}.txt")
    found = read_grid(path.read_bytes(), path.name)
    assert (len(found.people), found.days) == (people, days)
    assert len(found.covers) == days * len(found.shifts)
