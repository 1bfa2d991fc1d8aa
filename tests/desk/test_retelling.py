"""What readers and services tell in English is said in Vietnamese at the desk: every sentence, with its values."""

import re
from pathlib import Path

import pytest
from django.utils import translation

from vonggac import errors
from vonggac.cases import evidence, rules
from vonggac.cases.rules import Move
from vonggac.desk import catalogue, retelling, told
from vonggac.desk.retelling import retold
from vonggac.duty import services as duty
from vonggac.formats import botnet_list, documents, networks_csv, traffic
from vonggac.register.imports import columns, kind_named

PLACEHOLDER = re.compile(r"%\((\w+)\)s")
SENTENCES = sorted({sentence for sentence, _ in told.sentences(catalogue.PACKAGE)})
CONTENT = "Đơn vị-7"


@pytest.fixture
def vietnamese():
    with translation.override("vi"):
        yield


def filled(template: str) -> tuple[str, list[str]]:
    """The sentence as it is told with values that no catalogue knows, and the values."""
    values = {name: f"{CONTENT}{place}" for place, name in enumerate(PLACEHOLDER.findall(template))}
    return template % values, list(values.values())


@pytest.mark.parametrize("template", SENTENCES)
def test_every_sentence_that_is_told_is_said_in_vietnamese_with_all_its_values(vietnamese, template):
    sentence, values = filled(template)
    said = retold(sentence)
    assert said != sentence
    assert re.search(r"[^\W\d_a-zA-Z]", PLACEHOLDER.sub("", said).replace(CONTENT, "")), "no Vietnamese letter"
    assert [value for value in values if value not in said] == []


@pytest.mark.parametrize("template", SENTENCES)
def test_in_english_every_sentence_stays_as_it_was_told(template):
    with translation.override("en"):
        assert retold(filled(template)[0]) == filled(template)[0]


def refusals(read, *arguments, **named) -> list[str]:
    """What a reader said about its input: its error, or the reasons of its rejects and warnings."""
    try:
        reading = read(*arguments, **named)
    except errors.VongGacError as error:
        return [str(error)]
    if isinstance(reading, tuple):
        return [one.reason for one in reading[1]]
    rejects, warnings = getattr(reading, "rejects", ()), getattr(reading, "warnings", ())
    return [one.reason for one in (*rejects, *warnings)]


def register(kind: str, text: str):
    header, *lines = (line.split(",") for line in text.splitlines())
    return columns.read_rows(header, enumerate(lines, start=2), kind_named(kind).columns)


LIST = b"ip,timestamp,port\nx,2026-04-19 01:00:00,1\n203.0.113.0/24,,\n203.0.113.1,soon,-4\n"
NETWORKS = b"network,organisation\nx,a\n203.0.113.0/24,\n203.0.113.0/24,a\n203.0.113.0/24,b\n"
BAD = [
    (botnet_list.read, (LIST, "a.csv")),
    (botnet_list.read, (b"may,nguoi\nalpha,An\nbeta,Binh\n", "a.csv")),
    (botnet_list.read, (b"PK\x03\x04broken", "a.xlsx")),
    (botnet_list.read, (b"ip,first_seen\n203.0.113.1,03/04/2026\n", "a.csv")),
    (networks_csv.read, (NETWORKS, "n.csv")),
    (traffic.read, (b"time_utc,source_address,destination_address\nnow,203.0.113.1,x\n", "flows.csv")),
    (traffic.read, (b"nothing,known\n1,2\n", "flows.csv")),
    (traffic.read, (b"\x1f\x8b\x08damaged", "flows.csv.gz")),
    (documents.read_text, (b"", "a.txt")),
    (documents.read_text, (b"\xd0\xcf\x11\xe0rest", "a.doc")),
    (documents.read_text, (b"PK\x03\x04broken", "a.docx")),
    (documents.read_text, (b"{\\rtf1 text}", "a.rtf")),
    (duty.read_roster, (b"post,from_utc\nx,y\n", "roster.csv")),
    (duty.read_roster, (b"post,from_utc,to_utc,person,skill\nx,soon,later,,s\n", "roster.csv")),
    (register, ("networks", "network,organisation\n203.0.113.7/24,a\n203.0.113.0-203.0.113.6,b\nx,\n")),
    (register, ("organisations", "code,name,kind\na b,Sở,department\nc,,office\n")),
    (register, ("assets", "name,organisation,kind,address\nA,b,toaster,10.0.0.999\n")),
    (register, ("systems", "code,name,organisation,level\na,b,c,9\n")),
    (register, ("people", "email,name,organisation,role\nnobody,B,c,king\n")),
    (register, ("contacts", "name,phones,checked_on\nA,abc,yesterday\n")),
    (register, ("heartbeats", "sensor,from_utc,to_utc\ns,1,2\n")),
    (register, ("organisations", "name\nx\n")),
    (evidence.media_type, ("a.exe", b"MZ")),
    (rules.after, ("closed", Move.ACKNOWLEDGE)),
]  # fmt: skip


@pytest.mark.parametrize(("read", "arguments"), BAD, ids=lambda value: getattr(value, "__qualname__", ""))
def test_what_readers_really_say_is_said_in_vietnamese(vietnamese, read, arguments):
    said = refusals(read, *arguments)
    assert said
    assert [sentence for sentence in said if retold(sentence) == sentence] == []


def test_a_state_and_a_move_are_words_and_not_codes(vietnamese):
    with pytest.raises(errors.WrongState) as refused:
        rules.after("closed", Move.ACKNOWLEDGE)
    assert retold(refused.value) == (
        "vụ việc đang ở trạng thái “đã đóng” nên không thể được tiếp nhận; trạng thái phải là một trong: chưa tiếp nhận"
    )


def test_reasons_inside_reasons_and_joined_ones_are_said_too(vietnamese):
    rejects = "line 3: the row has no address; line 4: is empty"
    assert retold(f"list.csv: {rejects}") == "list.csv: line 3: dòng không có địa chỉ; line 4: để trống"
    assert retold("a.doc: an old .doc file; open it in Word or LibreOffice and save it as .docx or .pdf") == (
        "a.doc: là tệp .doc đời cũ; hãy mở bằng Word hoặc LibreOffice rồi lưu thành .docx hoặc .pdf"
    )
    assert retold("organisation “a” is not in the register") == "đơn vị “a” không có trong sổ đăng ký"
    assert "2.000.000 ký tự" in retold("a.txt: over 2,000,000 characters; this is no official document")


@pytest.mark.parametrize("own", ["", "Hãy chọn ít nhất một tệp.", "100 %", "a sentence of somebody's own", "x: y; z"])
def test_what_nobody_told_stays_as_it_is(vietnamese, own):
    assert retold(own) == own


def test_long_sentences_are_said_and_not_kept(vietnamese):
    kept = retelling._kept.cache_info
    before = kept().currsize
    name = "x" * retelling.LONGEST_KEPT
    assert retelling.retold(f"{name} is not an IPv4 or IPv6 address") == f"{name} không phải địa chỉ IPv4 hay IPv6"
    assert kept().currsize == before


def test_a_new_refusal_is_a_message_that_lacks_its_translation(tmp_path: Path):
    reader = tmp_path / "formats" / "odd.py"
    reader.parent.mkdir()
    reader.write_text(
        '"""A module that says nothing."""\n'
        "PATTERN = re.compile('two words')\n"
        "def read(name, cell):\n"
        '    """A docstring is for programmers."""\n'
        "    reason = f'has {cell:,} odd cells of 100 %'\n"
        "    if 'some text' in name or re.search('other words', name):\n"
        "        raise UnreadableFile(f'{name} is odd; send {cell} again, {cell}')\n"
        "    return reason\n"
    )
    service = tmp_path / "cases" / "acts.py"
    service.parent.mkdir()
    service.write_text(
        "def act(case):\n"
        "    ledger.record('not a refusal')\n"
        "    if case:\n"
        "        raise ValueError('for programmers alone')\n"
        "    raise WrongState('the case is odd')\n"
    )
    assert {sentence for sentence, _ in told.sentences(tmp_path)} == {
        "has %(cell)s odd cells of 100 %%", "%(name)s is odd; send %(cell)s again, %(cell2)s", "the case is odd",
    }  # fmt: skip
    assert "told\x04the case is odd" in catalogue.messages_of(tmp_path)
