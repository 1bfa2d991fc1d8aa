"""C2s as senders write them: every one of a cell is read, and what cannot be read is told."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vonggac.formats import botnet_contacts, botnet_list
from vonggac.formats.botnet_contacts import Contacts

ADDRESSES = st.one_of(
    st.ip_addresses(v=4, network="198.51.100.0/24"), st.ip_addresses(v=6, network="2001:db8::/32")
).map(str)
LABELS = st.text("abcdefghijklmnopqrstuvwxyz0123456789-", min_size=1, max_size=9)
NAMES = st.lists(LABELS, min_size=1, max_size=3).map(lambda labels: ".".join([*labels, "example"]))


@pytest.mark.parametrize(
    ("text", "addresses", "names"),
    [
        ("198.51.100.9", ["198.51.100.9"], []),
        ("198.51.100.9 198.51.100.10", ["198.51.100.9", "198.51.100.10"], []),
        ("198.51.100.9;198.51.100.10", ["198.51.100.9", "198.51.100.10"], []),
        ("198.51.100.9/198.51.100.10", ["198.51.100.9", "198.51.100.10"], []),
        ("198.51.100.9 và 198.51.100.10", ["198.51.100.9", "198.51.100.10"], []),
        ("198[.]51[.]100[.]9:443", ["198.51.100.9"], []),
        ("198.51.100.9:443/tcp", ["198.51.100.9"], []),
        ("198.51.100.9/32", ["198.51.100.9"], []),
        ("[2001:db8::1]:443", ["2001:db8::1"], []),
        ("::ffff:198.51.100.9", ["198.51.100.9"], []),
        ("*.evil.example", [], ["evil.example"]),
        (".evil.example", [], ["evil.example"]),
        ("evil[.]example", [], ["evil.example"]),
        ("evil\\.example", [], ["evil.example"]),
        ("evil DOT example", [], ["evil.example"]),
        ("evil。example", [], ["evil.example"]),
        ("198 dot 51 dot 100 dot 9", ["198.51.100.9"], []),
        ("198\\.51\\.100\\.9:443", ["198.51.100.9"], []),
        ("Evil.Example.", [], ["evil.example"]),
        ("evil.example:8080", [], ["evil.example"]),
        ("evil.example/gate.php", [], ["evil.example"]),
        ("hxxp://u:p@evil.example:8080/a,b.php", [], ["evil.example"]),
        ("http://a.example/x http://b.example/y", [], ["a.example", "b.example"]),
        ("http://a.example/x,http://198.51.100.9/y", ["198.51.100.9"], ["a.example"]),
        ("evil.example (198.51.100.9)", ["198.51.100.9"], ["evil.example"]),
        ("evil.example|198.51.100.9", ["198.51.100.9"], ["evil.example"]),
        ("198.51.100.9.static.example", [], ["198.51.100.9.static.example"]),
        ("xn--1-ngn.xn--p1ai", [], ["xn--1-ngn.xn--p1ai"]),
        ("máy-chủ.vn", [], ["máy-chủ.vn"]),
    ],
)
def test_a_cell_gives_every_contact_that_it_names(text: str, addresses: list[str], names: list[str]) -> None:
    assert botnet_contacts.read(text) == Contacts(tuple(addresses), tuple(names))


@pytest.mark.parametrize(
    "text",
    [
        "198.51.100.999", "1.2.3", "198.51.100.0/24", "198.51.100.9-198.51.100.12", "198,51,100,9", "ev*l.example",
        "*.com", "a@evil.example", "http://198.51.100.999/x", "evil .example", "2001:db8::zz",
        "3325256713", "0xC6336409", "0xC633FFA9", "198511009", "198-51-100-9", "198_51_100_9", "198 51 100 9",
        "198/51/100/9", "198 chấm 51 chấm 100 chấm 9", "198·51·100·9",
        "hxxp://evilc2/gate.php", "sinkhole 198 51 100 9",
        "198.51.100.6x", "198.51.100.l66", "198.51.100.lO", "198.51.1OO.lO", "198.51.100.66O:443", "198[.]51.100.6b",
    ],
)  # fmt: skip
def test_what_may_be_a_contact_and_cannot_be_read_is_told(text: str) -> None:
    found = botnet_contacts.read(text)
    assert found.unread
    assert found.is_nothing


@pytest.mark.parametrize(
    "text",
    [
        "không rõ", "sinkhole", "v.v.", "?", "443/tcp", "chưa xác định", "localhost", "mirai", "AS64500", "C2 số 3",
        "15/04/2024", "dot",
    ],
)  # fmt: skip
def test_a_word_is_no_contact_and_leaves_nothing_unread(text: str) -> None:
    assert botnet_contacts.read(text) == Contacts()


def test_an_address_without_its_dots_beside_one_that_is_read_is_told_too() -> None:
    for text in ("evil.example 198 51 100 9", "evil.example, 3325256713", "evil.example (198-51-100-9)"):
        found = botnet_contacts.read(text)
        assert found.names == ("evil.example",)
        assert found.unread


@given(st.ip_addresses(v=4), st.sampled_from(["-", "_", " ", " - ", "/", "·", " chấm ", ", ", ":", "\\", "'", "|"]))
def test_an_address_with_other_marks_between_its_numbers_is_never_a_mere_word(address, between: str) -> None:
    spelt = between.join(str(address).split("."))
    found = botnet_contacts.read(spelt)
    assert found.unread or found.addresses
    whole = botnet_contacts.read(str(int(address)))
    assert bool(whole.unread) == (int(address) >= 1_000_000)


@given(
    st.lists(st.one_of(ADDRESSES, NAMES), min_size=1, max_size=5, unique=True), st.sampled_from([" ", "; ", ", ", "|"])
)
def test_none_of_several_is_lost(contacts: list[str], between: str) -> None:
    found = botnet_contacts.read(between.join(contacts))
    assert {*found.addresses, *found.names, *found.unread} >= {one for one in contacts if one.lower() == one}
    assert len(found.addresses) + len(found.names) + len(found.unread) >= len(contacts)


@given(st.ip_addresses(v=4).map(str), st.data())
def test_an_address_with_a_wrong_letter_is_never_a_name(address: str, data: st.DataObject) -> None:
    place = data.draw(st.sampled_from([n for n, sign in enumerate(address) if sign != "."]))
    letter = data.draw(st.sampled_from("abcdefghijklmnopqrstuvwxyzOIlSBZ"))
    dropped = data.draw(st.sampled_from([0, 1]))
    found = botnet_contacts.read(address[:place] + letter + address[place + dropped :])
    assert found.names == ()
    assert found.is_nothing


@given(st.text(max_size=40))
def test_any_text_is_read_without_an_error(text: str) -> None:
    found = botnet_contacts.read(text)
    assert all(name and not name.rpartition(".")[2].isdigit() for name in found.names)


def read(*lines: str, mapping: botnet_list.Mapping | None = None) -> botnet_list.ListReading:
    return botnet_list.read("\n".join([*lines, ""]).encode(), "list.csv", mapping)


def test_both_c2_columns_of_a_row_count() -> None:
    rows = read("timestamp,ip,cc_ip,dst_ip", "2024-04-17 08:00:00,203.0.113.5,198.51.100.1,198.51.100.2").rows
    assert set(rows.contacts.addresses) == {"198.51.100.1", "198.51.100.2"}
    assert rows.destination_address[0] in rows.contacts.addresses


def test_an_address_in_the_host_column_is_another_c2() -> None:
    rows = read("src_ip,dst_ip,http_host", "203.0.113.5,198.51.100.9,198.51.100.10").rows
    assert set(rows.contacts.addresses) == {"198.51.100.9", "198.51.100.10"}


def test_the_url_of_an_intelmq_table_is_a_c2() -> None:
    rows = read("source.ip,destination.url", "203.0.113.5,http://evil.example/x").rows
    assert (rows.contacts.names, rows.destination_host[0]) == (("evil.example",), "evil.example")


def test_a_broken_address_is_no_name_and_a_warning() -> None:
    reading = read("src_ip,dst_ip", "203.0.113.5,198.51.100.999")
    assert (reading.rows.destination_host[0], reading.rows.contacts.unread) == (None, ("198.51.100.999",))
    assert [(one.line, one.column) for one in reading.warnings] == [(2, "dst_ip")]


def test_a_remembered_mapping_does_not_hide_the_c2_column_of_the_next_list() -> None:
    remembered = read("timestamp,ip", "2024-04-17 08:00:00,203.0.113.5").mapping
    rows = read("timestamp,ip,cc_ip", "2024-04-18 08:00:00,203.0.113.5,198.51.100.1", mapping=remembered).rows
    assert rows.contacts.addresses == ("198.51.100.1",)


def test_who_says_that_there_is_no_c2_column_is_believed() -> None:
    said = botnet_list.botnet_columns.said(botnet_list.Mapping({"address": ("ip",)}))
    rows = read("timestamp,ip,domain", "2024-04-18 08:00:00,203.0.113.5,own.example", mapping=said).rows
    assert rows.contacts == Contacts()
