import gzip

import pytest

from vonggac.formats import indicators
from vonggac.formats.indicators import Indicator, IndicatorKind, tell

KNOWN = {
    "192.0.2.1": ("address", "192.0.2.1"),
    " 192[.]0[.]2[.]1:443 ": ("address", "192.0.2.1"),
    "::ffff:192.0.2.1": ("address", "192.0.2.1"),
    "2001:DB8::0001": ("address", "2001:db8::1"),
    "192.0.2.77/32": ("address", "192.0.2.77"),
    "192.0.2.77/24": ("network", "192.0.2.0/24"),
    "2001:db8::/32": ("network", "2001:db8::/32"),
    "EVIL.example.": ("domain", "evil.example"),
    "*.evil[.]example": ("domain", "evil.example"),
    "||evil.example^": ("domain", "evil.example"),
    "việt.example": ("domain", "xn--vit-5kz.example"),
    "_dmarc.evil.example": ("domain", "_dmarc.evil.example"),
    "hxxps://Evil[.]example:443/A?b=C#d": ("url", "https://evil.example/A?b=C"),
    "http://192.0.2.1/": ("url", "http://192.0.2.1"),
    "http://[2001:db8::1]:8080/x": ("url", "http://[2001:db8::1]:8080/x"),
    "D41D8CD98F00B204E9800998ECF8427E": ("hash", "d41d8cd98f00b204e9800998ecf8427e"),
    "a" * 64: ("hash", "a" * 64),
}


@pytest.mark.parametrize("text", KNOWN)
def test_an_indicator_is_told_by_what_it_looks_like(text: str) -> None:
    kind, value = KNOWN[text]
    assert tell(text) == Indicator(IndicatorKind(kind), value)


@pytest.mark.parametrize(
    "text",
    [
        "", "example", "0.0.0.0/0", "10.0.0.0/7", "2000::/3", "192.0.2.256", "1.2.3", "evil..example", "-evil.example",
        "a b", "http://", "evil.example/path", "x" * 64 + ".example", "192.0.2.0/33", "a" * 33, "http://[::1",
    ],
)  # fmt: skip
def test_what_is_no_indicator_says_why(text: str) -> None:
    told = tell(text)
    assert isinstance(told, str)
    assert told


def values(text: str, name: str = "x.txt") -> list[str]:
    return [one.value for one in indicators.read(text.encode(), name).indicators]


def test_a_list_may_mix_kinds_and_name_things_twice() -> None:
    text = "# of today\n192.0.2.1\t10\n; old\n192.0.2.1\nevil.example,c2,high\n\n//x\n0.0.0.0 bad.example\nhttp://a.example/b,c\n"
    assert values(text) == ["192.0.2.1", "evil.example", "bad.example", "http://a.example/b,c"]


def test_a_table_is_read_by_the_column_that_its_header_names() -> None:
    text = 'id,type,Value,comment\n1,ip-dst,192.0.2.1,"a, b"\n2,domain,evil.example,\n3,md5,,\n'
    reading = indicators.read(text.encode(), "misp.csv")
    assert [one.value for one in reading.indicators] == ["192.0.2.1", "evil.example"]
    assert [(reject.line, reject.raw) for reject in reading.rejects] == [(4, "3,md5,,")]


def test_rejects_name_their_line_and_their_reason() -> None:
    reading = indicators.read("192.0.2.1\nnonsense\n10.0.0.0/2\n".encode("utf-16"), "x")
    assert [(reject.line, reject.raw) for reject in reading.rejects] == [(2, "nonsense"), (3, "10.0.0.0/2")]
    assert "/8" in reading.rejects[1].reason


def test_a_packed_list_is_read_as_it_is() -> None:
    assert [one.value for one in indicators.read(gzip.compress(b"evil.example\n"), "x.gz").indicators] == [
        "evil.example"
    ]
