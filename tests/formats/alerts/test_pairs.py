import pytest

from tests.formats.alerts.reading import read
from tests.formats.alerts.samples import PAIRS, Pair
from vonggac.formats.alerts import FORMATS


@pytest.mark.parametrize("pair", PAIRS, ids=lambda pair: pair.name)
@pytest.mark.parametrize("is_named", [False, True])
def test_a_file_gives_its_alerts_whether_its_format_is_named_or_told(pair: Pair, is_named: bool) -> None:
    found = read(pair.content, pair.name if is_named else None, pair.file_name)
    assert found.format == pair.name
    got = [{name: alert[name] for name in wanted} for alert, wanted in zip(found.alerts, pair.expected, strict=False)]
    assert got == pair.expected
    assert len(found.alerts) == len(pair.expected)
    assert (len(found.rejects), found.observations) == pair.other


@pytest.mark.parametrize("pair", [pair for pair in PAIRS if pair.name != "defender"], ids=lambda pair: pair.name)
def test_the_bytes_of_every_alert_are_found_again_where_it_says(pair: Pair) -> None:
    plain = pair.content.removeprefix(b"\xef\xbb\xbf")
    for alert in read(pair.content, pair.name, pair.file_name).alerts:
        start = alert["raw_offset"]
        raw = plain[start : start + alert["raw_length"]]
        assert raw == raw.strip()
        assert raw
        assert plain[:start].count(b"\n") + 1 == alert["raw_line"]


def test_every_format_but_the_mapped_one_has_a_pair() -> None:
    assert {one.name for one in FORMATS} - {pair.name for pair in PAIRS} == {"json"}
