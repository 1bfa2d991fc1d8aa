import csv
import io

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from vonggac.formats import cells

CELL = st.text(st.sampled_from("ab1.ệ \"',;\t#"), max_size=9)


def rows_of(grid: cells.Grid | None) -> list[list[str]] | None:
    return None if grid is None else [list(row) for row in grid]


def test_plain_lines_are_cut_at_the_separator() -> None:
    grid = cells.split(b"ip,port\n192.0.2.1,80\n192.0.2.2,\n", ",", 100)
    assert rows_of(grid) == [["ip", "port"], ["192.0.2.1", "80"], ["192.0.2.2", ""]]


def test_a_table_of_hardly_more_than_separators_is_cut_too() -> None:
    grid = cells.split(b"a" + b",,,,,,,,,,,\n" * 30_000, ",", 100)
    assert grid is not None
    assert (len(grid), grid.width) == (30_000, 12)
    assert grid[0] == ["a", *[""] * 11]
    assert grid[29_999] == [""] * 12


def test_quotes_around_cells_are_taken_off_and_separators_inside_stay() -> None:
    grid = cells.split(b'"a","b, c"\r\n"","d"\r\n', ",", 100)
    assert rows_of(grid) == [["a", "b, c"], ["", "d"]]


def test_what_needs_a_real_reader_is_left_to_it() -> None:
    for text in (
        'a,"b ""c"""\nd,e\n', 'a,b"c\nd,e\n', 'a,"b\nc"\nd,e\n', "a,b\n\nc,d\n", "a,b\rc,d\n", "a,b\nc\n",
        "a\nb\n", "", "a,b\nc,d\x00\n", 'a,"b\n', "a,b\nc,d,e\n",
    ):  # fmt: skip
        assert cells.split(text.encode(), ",", 100) is None, text


def test_a_cell_longer_than_the_limit_is_left_to_the_reader_that_refuses_it() -> None:
    assert cells.split(b"a," + b"b" * 101 + b"\n", ",", 100) is None


@given(st.lists(st.lists(CELL, min_size=3, max_size=3), min_size=1, max_size=12), st.sampled_from([True, False]))
def test_a_grid_holds_what_a_csv_reader_reads(table: list[list[str]], quotes_all: bool) -> None:
    target = io.StringIO()
    csv.writer(target, quoting=csv.QUOTE_ALL if quotes_all else csv.QUOTE_MINIMAL).writerows(table)
    grid = cells.split(target.getvalue().encode(), ",", 1_000)
    if grid is not None:
        assert rows_of(grid) == table
        for index in range(3):
            assert grid.column(index) == [row[index] for row in table]
            assert list(grid.coded(index)) == [row[index] for row in table]


@given(st.lists(st.sampled_from(["x", "host-1.example.net", "y" * 70, "Hải Vân", ""]), min_size=1, max_size=30))
def test_a_coded_column_has_each_value_once(texts: list[str]) -> None:
    grid = cells.split("".join(f"{text},z\n" for text in texts).encode(), ",", 100)
    assert grid is not None
    coded = grid.coded(0)
    assert list(coded) == texts
    assert sorted(filter(None, coded.values)) == sorted({text for text in texts if text})


@given(
    st.lists(
        st.one_of(st.just(""), st.integers(0, 10**16).map(str), st.sampled_from(["x", "1.0", "-1", " 7"])), min_size=1
    )
)
def test_a_column_of_numbers_is_read_or_refused_as_a_whole(texts: list[str]) -> None:
    grid = cells.split("".join(f"z,{text}\n" for text in texts).encode(), ",", 100)
    assert grid is not None
    numbers = grid.numbers(1)
    is_plain = all(not text or (text.isdigit() and len(text) <= 15) for text in texts)
    assert (numbers is not None) == is_plain
    if numbers is not None:
        assert numbers.tolist() == [int(text) if text else -1 for text in texts]


@given(st.lists(st.one_of(st.integers(-5, 5), st.integers(-(2**62), 2**62)), max_size=60))
def test_distinct_keys_are_numbered_in_ascending_order_by_their_first_rows(keys: list[int]) -> None:
    firsts, codes = cells.number(np.array(keys, np.int64))
    distinct = sorted(set(keys))
    assert [keys[place] for place in firsts.tolist()] == distinct
    assert firsts.tolist() == [keys.index(key) for key in distinct]
    assert codes.tolist() == [distinct.index(key) for key in keys]


def test_recoded_values_that_become_equal_share_a_number() -> None:
    texts = cells.recode(cells.code(["TCP", "tcp", None, "TCP"]), ["tcp", "tcp", None])
    assert list(texts) == ["tcp", "tcp", None, "tcp"]
    assert texts.values == ["tcp", None]
    assert texts[1:].places([True, False]) == [0, 2]
