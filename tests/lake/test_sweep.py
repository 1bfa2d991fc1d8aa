"""A sweep finds what comparing every row with every indicator finds, whoever is killed meanwhile."""

import ipaddress
from datetime import timedelta
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.lake.making import NOON, hand_in, micros, new_lake
from vonggac.errors import IntegrityFailure
from vonggac.formats.indicators import Indicator, IndicatorKind, tell
from vonggac.formats.traffic_tables import SCHEMAS, Kind
from vonggac.lake import Lake, Scope, scan, searching, sweep
from vonggac.lake.searching import Wanted
from vonggac.lake.sweep import Sweep

HOSTS = ["192.0.2.1", "192.0.2.2", "198.51.100.7", "10.0.0.5", "2001:db8::1", "2001:db8:1::2"]
NAMES = ["evil.example", "a.evil.example", "b.a.evil.example", "notevil.example", "vn.example", "xn--vit-5kz.example"]
LISTED = [
    "192.0.2.1", "192.0.2.0/24", "192.0.2.0/31", "198.0.0.0/8", "10.0.0.0/8", "2001:db8::/32", "2001:db8::1",
    "evil.example", "a.evil.example", "việt.example", "http://evil.example/x", "d41d8cd98f00b204e9800998ecf8427e",
]  # fmt: skip
ORGANISATIONS = ["000001/", "000001/000002/", "000003/"]
FLOWS = st.tuples(st.just(Kind.FLOW), st.sampled_from(HOSTS), st.sampled_from(HOSTS), st.just(""))
QUESTIONS = st.tuples(
    st.just(Kind.DNS),
    st.sampled_from(HOSTS),
    st.sampled_from([*NAMES, ""]),
    st.sampled_from([*NAMES, "", "x.y vn.example"]),
)
FILES = st.lists(
    st.tuples(st.sampled_from(ORGANISATIONS), st.lists(FLOWS, max_size=6) | st.lists(QUESTIONS, max_size=6)), max_size=6
)


def listed(*texts: str) -> list[Indicator]:
    told = [tell(text) for text in texts]
    assert all(isinstance(one, Indicator) for one in told), told
    return [one for one in told if isinstance(one, Indicator)]


def swept(lake: Lake, indicators: list[Indicator], scope: Scope | None = None, **options: object) -> list[dict]:
    one = Sweep.of(lake, indicators, scope or Scope(), **options)  # type: ignore[arg-type]
    one.run(sweep.here)
    found = one.gather().to_pylist()
    one.forget()
    return found


def matches(indicator: Indicator, kind: Kind, source: str, other: str, answers: str) -> bool:
    """What a person would say: the row names the indicator, or something in it."""
    ends = [source, other] if kind is Kind.FLOW else [source]
    if indicator.kind in {IndicatorKind.ADDRESS, IndicatorKind.NETWORK}:
        block = ipaddress.ip_network(indicator.value)
        return any(ipaddress.ip_address(end) in block for end in ends)
    names = [other, *answers.split(" ")] if kind is Kind.DNS else []
    return indicator.kind is IndicatorKind.DOMAIN and any(
        name == indicator.value or name.endswith(f".{indicator.value}") for name in names
    )


@settings(max_examples=60, deadline=None)
@given(FILES, st.sets(st.sampled_from(LISTED)), st.integers(0, 20))
def test_the_hits_are_those_of_comparing_every_row_with_every_indicator(
    tmp_path_factory: pytest.TempPathFactory,
    handed_in: list[tuple[str, list[tuple[Kind, str, str, str]]]],
    wanted: set[str],
    since: int,
) -> None:
    lake = new_lake(tmp_path_factory.mktemp("sweep"))
    begin_us = micros(NOON - timedelta(hours=12))
    expected: dict[tuple[str, str], list[int]] = {}
    minute = 0
    for number, (organisation, rows) in enumerate(handed_in):
        texts = []
        for kind, source, other, answers in rows:
            moment = begin_us + minute * 60_000_000
            texts.append(
                f"2026-04-20T00:{minute:02}:00Z,{source},{other}" + (f",{answers}" if kind is Kind.DNS else "")
            )
            for indicator in listed(*wanted) if minute >= since else ():
                if matches(indicator, kind, source, other, answers):
                    expected.setdefault((indicator.value, organisation), []).append(moment)
            minute += 1
        if rows:
            hand_in(lake, *texts, kind=rows[0][0], organisation=organisation, sensor=f"s{number}")
    found = swept(lake, listed(*wanted), since_us=begin_us + since * 60_000_000)
    told = {
        (row["indicator"], row["organisation"]): (row["count"], micros(row["first"]), micros(row["last"]))
        for row in found
    }
    assert told == {key: (len(moments), min(moments), max(moments)) for key, moments in expected.items()}


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    made = new_lake(tmp_path)
    for minute in range(6):
        hand_in(made, f"2026-04-20T00:{minute:02}:00Z,10.0.0.{minute},192.0.2.1", sensor=f"s{minute % 2}")
    hand_in(made, "2026-04-20T00:30:00Z,10.0.0.5,a.evil.example,", kind=Kind.DNS, organisation="000003/", sensor="dns")
    return made


def test_a_hit_names_its_row(lake: Lake) -> None:
    found = {row["indicator"]: row for row in swept(lake, listed("192.0.2.1", "evil.example"))}
    sample = found["192.0.2.1"]
    rows = scan.table_rows([lake.root / sample["sample_segment"]])
    assert rows[sample["sample_row"]]["time_us"] == micros(sample["first"])
    assert (found["evil.example"]["kinds"], found["evil.example"]["organisation"]) == ("dns", "000003/")


def test_a_scope_hides_what_lies_outside_it(lake: Lake) -> None:
    found = swept(lake, listed("192.0.2.1", "evil.example"), Scope("000001/", "0000010"))
    assert [row["indicator"] for row in found] == ["192.0.2.1"]


def test_the_clock_of_a_sensor_is_set_right_before_times_are_compared(lake: Lake) -> None:
    ahead = {"s1": 3_600_000_000}
    begin_us = micros(NOON - timedelta(hours=12))
    whole = swept(lake, listed("192.0.2.1"), offsets_us=ahead)[0]
    assert (micros(whole["first"]) - begin_us) // 60_000_000 == -59
    assert swept(lake, listed("192.0.2.1"), offsets_us=ahead, since_us=begin_us)[0]["count"] == 3


def test_what_was_done_before_a_kill_is_not_done_again(lake: Lake, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sweep, "_PART_SEGMENTS", 2)
    whole = swept(lake, listed("192.0.2.1", "evil.example"))
    first = Sweep.of(lake, listed("192.0.2.1", "evil.example"))
    assert len(first.parts) == 4
    for part in first.parts[:2]:
        sweep.do(first.root, first.folder, part)
    (first.folder / ".half.arrow.0f").write_bytes(b"cut off")
    (first.folder / "foreign.arrow").write_bytes(b"of no part")
    again = Sweep.of(lake, listed("evil.example", "192.0.2.1"))
    assert again.left() == list(first.parts[2:])
    done: list[int] = []
    again.run(sweep.here, done.append)
    assert done == [2, 1, 1]
    assert again.gather().to_pylist() == whole
    again.forget()
    assert not again.folder.exists()


def test_a_segment_that_came_in_meanwhile_is_a_part_more(lake: Lake) -> None:
    first = Sweep.of(lake, listed("192.0.2.1"))
    first.run(sweep.here)
    hand_in(lake, "2026-04-25T00:00:00Z,10.0.0.9,192.0.2.1", organisation="000009/")
    again = Sweep.of(lake, listed("192.0.2.1"))
    again.run(sweep.here)
    assert sum(row["count"] for row in again.gather().to_pylist()) == 7


def test_other_indicators_are_another_sweep(lake: Lake) -> None:
    assert Sweep.of(lake, listed("192.0.2.1")).folder != Sweep.of(lake, listed("192.0.2.2")).folder


def test_a_damaged_segment_ends_the_sweep(lake: Lake) -> None:
    path = Path(next(iter(lake.paths(lake.imports()))))
    path.write_bytes(b"PAR1" + bytes(path.stat().st_size - 8) + b"PAR1")
    with pytest.raises(IntegrityFailure, match="backup"):
        swept(lake, listed("192.0.2.1"))


def test_indicators_that_no_kind_of_row_can_name_are_told(lake: Lake) -> None:
    assert sweep.unsearched(listed(*LISTED), lake) == {IndicatorKind.URL: 1, IndicatorKind.HASH: 1}
    assert sweep.unsearched(listed("evil.example"), lake, Scope("000001/", "0000010")) == {IndicatorKind.DOMAIN: 1}


def test_every_kind_is_searched_where_it_names_addresses() -> None:
    assert {kind for kind in Kind if not searching.columns_of(kind).ends} == set()
    for kind in Kind:
        columns = searching.columns_of(kind)
        assert {*columns.texts, *(f"{end}_v4" for end in columns.ends)} <= set(SCHEMAS[kind].names)


def test_things_that_an_alert_names_are_told_by_their_kind() -> None:
    given = listed("http://EVIL.example:80/", "evil.example", "192.0.2.0/24", "d41d8cd98f00b204e9800998ecf8427e")
    wanted = Wanted([(one.kind, one.value) for one in given])
    texts = [
        '[["url","hxxp://evil[.]example/"],["url","https://192.0.2.9/a"],["md5","D41D8CD98F00B204E9800998ECF8427E"]]',
        None,
        '[["domain","a.EVIL.example."],["user","evil.example"]]',
    ]
    rows, found = wanted.of_observables(texts)
    kinds = [(row, str(wanted.indicators[place][0])) for row, place in zip(rows.tolist(), found.tolist(), strict=True)]
    assert sorted(kinds) == [(0, "domain"), (0, "hash"), (0, "network"), (0, "url"), (2, "domain")]


def test_null_columns_and_chunks_with_other_dictionaries_are_read_alike(tmp_path: Path) -> None:
    column = pa.chunked_array([pa.array(["a.evil.example", None]), pa.array([None, "x", "evil.example"])])
    rows, found = searching._in_texts(column, Wanted([("domain", "evil.example")]).of_names)
    assert (rows.tolist(), found.tolist()) == ([0, 4], [0, 0])
