"""A mapping that is guessed from names: it reads what it shows as examples, and is marked until it is confirmed."""

import io
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.formats.alerts.reading import read
from vonggac.errors import MappingNeeded
from vonggac.formats.alerts import Options, guessing, mapping
from vonggac.formats.alerts.guessing import Guess
from vonggac.formats.alerts.mapping import Mapping
from vonggac.formats.alerts.source import Source

CONSOLE = {
    "detected": {"at": "2026-04-20T01:00:00Z"}, "threat": {"name": "Mã độc A", "severity": "high"},
    "hosts": [{"ip": "192.0.2.1", "name": "PC-7"}, {"ip": "192.0.2.2"}], "note": None, "score": 0.5,
}  # fmt: skip
SENSOR = {"ts": 1713582000, "srcIp": "192.0.2.3", "dst_port": 443, "rule": {"id": 7, "description": "C2"}, "kind": "x"}


def guess(*records: Any) -> Guess:
    content = "\n".join(json.dumps(one, ensure_ascii=False) for one in records).encode()
    return guessing.guess(Source(io.BytesIO(content), "f"), Options())


@pytest.mark.parametrize(
    ("record", "columns"),
    [
        (CONSOLE, {"time": "detected.at", "title": "threat.name", "severity": "threat.severity",
                   "host": "hosts[0].name", "source_address": "hosts[0].ip"}),
        (SENSOR, {"time": "ts", "rule_id": "rule.id", "title": "rule.description", "source_address": "srcIp",
                  "destination_port": "dst_port"}),
        ({"Tên mã độc": "W32", "Tên máy": "PC-1", "Thời gian": "x"}, {"title": "Tên mã độc", "host": "Tên máy",
                                                                       "time": "Thời gian"}),
        # Whose name, and of what, is not said: nothing is guessed for it.
        ({"message": "m", "user": {"name": "an", "id": 3}, "license": {"type": "t"}}, {"title": "message",
                                                                                              "user": "user.name"}),
    ],
)  # fmt: skip
def test_names_and_paths_say_which_field_they_are(record, columns):
    assert {name: one for name, (one,) in guess(record).mapping.columns.items()} == columns


def test_what_is_shown_as_an_example_is_what_the_mapping_reads():
    found = guess(CONSOLE)
    text = mapping.confirmed(mapping.with_guess("", found.mapping, found.examples))
    (alert,) = read(json.dumps(CONSOLE).encode(), "json", mapping=mapping.from_toml(text)).alerts
    assert {name: alert[name] for name in ("title", "host", "source_address")} == {
        name: found.examples[name] for name in ("title", "host", "source_address")
    }


def test_a_list_of_records_that_is_no_usual_wrapper_is_found():
    found = guess({"data": {"findings": [SENSOR, SENSOR]}, "total": 2})
    assert found.mapping.records == "data.findings"
    toml = mapping.with_guess("", found.mapping, found.examples)
    assert toml.startswith('records = "data.findings"  # ?\n[fields]\ntime = ["ts"]  # ? 1713582000\n')


def test_names_that_nothing_uses_yet_stand_ready_to_be_used():
    found = guess(SENSOR, SENSOR | {"verdict": {"by": "av # 2"}})
    text = mapping.with_guess("", found.mapping, found.examples, found.left)
    assert text.splitlines()[-2:] == ['#  = ["kind"]  # x', '#  = ["verdict.by"]  # av # 2']
    assert mapping.from_toml(text) == found.mapping
    used = text.replace('#  = ["kind"]', 'class = ["kind"]')
    assert mapping.from_toml(used).columns["class"] == ("kind",)
    for before in (used, used.strip()):
        again = mapping.with_guess(before, found.mapping, found.examples, found.left)
        assert sorted(again.splitlines()) == sorted(used.splitlines()), "guessed again it says the same"
    assert "verdict" not in mapping.confirmed(used)


def test_columns_of_a_table_that_nothing_uses_stand_ready_too():
    table = "Tên mã độc,Tên máy,Phòng\nW32,PC-1,P. Kế toán\n".encode()
    found = guessing.guess(Source(io.BytesIO(table), "f.csv"), Options())
    assert found.left == {"Phòng": "P. Kế toán"}


def test_where_no_name_says_what_was_found_or_where_nothing_is_guessed():
    with pytest.raises(MappingNeeded, match=r"write the mapping's \[fields\] by hand"):
        guess({"a": 1, "b": {"c": "x"}})


def test_what_a_person_wrote_stays_and_only_the_rest_is_guessed():
    found = guess(CONSOLE)
    own = '[fields]\ntitle = "threat.severity"\n[severity]\n"high" = "Critical"\n'
    text = mapping.with_guess(own, found.mapping, found.examples)
    assert 'title = "threat.severity"\n[severity]\n"high" = "Critical"\n' in text
    assert mapping.guessed(text) == ["time", "source_address", "host"]
    assert mapping.from_toml(text).severities == mapping.from_toml(own).severities


def test_a_mark_in_a_path_is_no_mark():
    assert mapping.guessed('title = "a # ? b"\nhost = ["x"]  # said by hand\n') == []


names = st.text(min_size=1, max_size=8)


@given(st.dictionaries(st.sampled_from(mapping.FIELDS[:22]), names, min_size=1, max_size=6), names, names)
def test_a_marked_mapping_is_the_mapping_and_without_its_marks_it_has_none(columns, example, records):
    wanted = Mapping({name: (path,) for name, path in columns.items()}, records=records)
    text = mapping.with_guess("", wanted, dict.fromkeys(columns, example))
    assert mapping.from_toml(text) == mapping.from_toml(mapping.confirmed(text)) == wanted
    assert mapping.guessed(text) == ["records", *columns]
    assert mapping.guessed(mapping.confirmed(text)) == []


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=6),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=12,
)


@given(st.dictionaries(st.sampled_from(["title", "src ip", "rule", "hosts", "a.b", "x[0]"]), json_values, min_size=1))
def test_whatever_the_objects_hold_the_guess_is_a_mapping_or_a_refusal(record):
    try:
        found = guess(record)
    except MappingNeeded:
        return
    assert mapping.guessed(mapping.with_guess("", found.mapping, found.examples))
    assert all(path for (path,) in found.mapping.columns.values())
