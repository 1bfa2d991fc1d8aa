"""What the proof rules say, in the reader's language: every sentence of the rules has its words."""

import ast
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from django.utils import translation

from vonggac.cases.models import Case
from vonggac.cases.proof import Contact, Missing, Verdict, VerdictState
from vonggac.cases.rules import Claim, Proof, State
from vonggac.cases.verdicts import missing_of, reason_of
from vonggac.desk import proof_words
from vonggac.desk.templatetags.desk import log_words
from vonggac.reports.figures import Figure, MissingLog

RULES = Path(__file__).resolve().parents[2] / "src" / "vonggac" / "flows" / "proof"
AT = datetime(2026, 4, 20, 5, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
ENGLISH = re.compile(r"\b(the|host|list|seen|watched|contacted|sensor|claimed|known|until)\b")


@pytest.fixture(autouse=True)
def in_vietnamese():
    with translation.override("vi"):
        yield


SAID = {
    "10.1.2.3 contacted c2.example.net at 2026-04-20 05:00:00 UTC, seen by flow-1": (
        "10.1.2.3 đã kết nối máy chủ điều khiển c2.example.net lúc 20/4/2026 12:00:00, cảm biến flow-1 ghi nhận"
    ),
    "the list b.csv saw the host at 2026-04-20 05:00:00 UTC": (
        "danh sách b.csv ghi nhận máy lúc 20/4/2026 12:00:00, sau khi đơn vị báo đã xử lý"
    ),
    "the watch runs until 2026-04-20 05:00:00 UTC": "đang theo dõi, đến 20/4/2026 12:00:00",
    "watched for 7 days without a contact": ("đã theo dõi liên tục 7 ngày, không có kết nối đến máy chủ điều khiển"),
    "flow log, sensor flow-1: a record that may be a contact cannot be read in b.csv line 3, a line.png and 2 more": (
        "nhật ký luồng · cảm biến flow-1: có bản ghi có thể là kết nối tới máy chủ điều khiển nhưng không đọc được: "
        "b.csv dòng 3, a line.png và 2 chỗ khác"
    ),
    "2 listed hosts are contradicted: pc-1, pc-2": "2 máy trong danh sách bị chứng minh ngược lại: pc-1, pc-2",
    "all 4 listed hosts of the unit are proven clean": (
        "cả 4 máy của đơn vị có trong danh sách đã được chứng minh sạch"
    ),
    "people with the skills were there every minute on all 3 posts": (
        "cả 3 vị trí trực có đủ người đúng kỹ năng từng phút"
    ),
    "on the post Giám sát: ca đêm 1 people were missing from 2026-04-20 15:00:00 UTC to 2026-04-20 23:00:00 UTC": (
        "vị trí Giám sát: ca đêm thiếu 1 người từ 20/4/2026 22:00:00 đến 21/4/2026 06:00:00"
    ),
    "on the post Giám sát these skills were missing: 1 × lead, 2 × lái xe from 2026-04-20 15:00:00 UTC "
    "to 2026-04-20 23:00:00 UTC": (
        "vị trí Giám sát thiếu 1 trưởng ca, 2 lái xe từ 20/4/2026 22:00:00 đến 21/4/2026 06:00:00"
    ),
}


@pytest.mark.parametrize("reason", SAID)
def test_a_reason_of_a_rule_is_said_in_vietnamese_on_ha_noi_s_clock(reason):
    assert proof_words.reason_text(reason) == SAID[reason]


def sentences_of_the_rules() -> set[str]:
    """Every piece of text in the rules that reads like a sentence; what is filled in becomes a word or a number."""
    found: set[str] = set()
    for name in ("clean_host.py", "botnet_hosts.py", "duty_watch.py"):
        tree = ast.parse((RULES / name).read_text("utf-8"))
        inside = {id(part) for node in ast.walk(tree) if isinstance(node, ast.JoinedStr) for part in node.values}
        documented = {
            id(node.body[0].value)
            for node in ast.walk(tree)
            if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef) and isinstance(node.body[0], ast.Expr)
        }
        for node in ast.walk(tree):
            if isinstance(node, ast.JoinedStr):
                found.add("".join(_filled(part) for part in node.values))
            elif isinstance(node, ast.Constant) and id(node) not in inside | documented:
                found.add(str(node.value))
    return {text for text in found if len(text.split()) > 3}


def _filled(part: ast.expr) -> str:
    if isinstance(part, ast.Constant):
        return str(part.value)
    assert isinstance(part, ast.FormattedValue)
    if part.format_spec is not None:
        return "2026-04-20 05:00:00"
    source = ast.unparse(part.value)
    if source == "word":
        return "contradicted"
    if source.startswith("'host is'"):
        return "hosts are"
    if source == "skills":
        return "1 × lead, 2 × network"
    return "3" if any(name in source for name in ("len", "days", "lists_since", "number")) else "pc-1"


def test_the_walk_finds_the_sentences():
    assert "nobody has claimed the host clean" in sentences_of_the_rules()
    assert "watched for 3 days without a contact" in sentences_of_the_rules()


@pytest.mark.parametrize(
    "text", sorted(sentences_of_the_rules() - {" and 3 more", "3 listed hosts are contradicted: pc-1pc-1"})
)
def test_every_sentence_of_the_rules_has_its_words(text):
    said = proof_words.known(text)
    assert said is not None
    assert not ENGLISH.search(said), said


def test_a_missing_log_is_named_with_kind_sensor_time_and_reason():
    missing = Missing("flow", "silent, or its log has not come whole", "flow-1", "10.1.2.3", AT, AT.replace(hour=6))
    verdict = Verdict(VerdictState.NOT_OBSERVABLE, (str(missing),), (missing,))
    said = proof_words.sentence(Proof.NOT_OBSERVABLE, reason_of(verdict), missing_of(verdict))
    assert said == (
        "nhật ký luồng · cảm biến flow-1 · 10.1.2.3 · từ 20/4/2026 12:00:00 đến 20/4/2026 13:00:00: "
        "cảm biến im lặng, hoặc nhật ký gửi về chưa đủ"
    )
    assert proof_words.reason_text(reason_of(verdict)) == said


def test_several_gaps_are_counted_added_and_the_first_named_not_the_days_between_them():
    hour = timedelta(hours=1)
    ends = [(AT, AT + 2 * hour), (AT + 48 * hour, AT + 48.5 * hour), (AT + 72 * hour, AT + 72 * hour + MINUTE)]
    gaps = (*ends, (AT + 96 * hour, AT + 96 * hour + MINUTE))
    missing = Missing("flow", "silent, or its log has not come whole", "flow-1", "10.1.2.3", AT, gaps[-1][1], gaps=gaps)
    verdict = Verdict(VerdictState.NOT_OBSERVABLE, (str(missing),), (missing,))
    assert proof_words.sentence(Proof.NOT_OBSERVABLE, reason_of(verdict), missing_of(verdict)) == (
        "nhật ký luồng · cảm biến flow-1 · 10.1.2.3 · 4 khoảng, tổng 2 giờ 32 phút: 20/4/2026 12:00:00–14:00:00, "
        "22/4/2026 12:00:00–12:30:00, 23/4/2026 12:00:00–12:01:00 và 1 khoảng nữa: "
        "cảm biến im lặng, hoặc nhật ký gửi về chưa đủ"
    )
    assert "4 khoảng, tổng 2 giờ 32 phút" in proof_words.reason_text(reason_of(verdict))


def test_of_several_gaps_the_last_may_last():
    gaps = ((AT, AT + MINUTE), (AT + timedelta(days=2), None))
    missing = Missing("flow", "silent, or its log has not come whole", "flow-1", None, AT, None, gaps=gaps)
    [kept] = missing_of(Verdict(VerdictState.NOT_OBSERVABLE, (), (missing,)))
    assert "2 khoảng, phần đã qua tổng 60 giây: 20/4/2026 12:00:00–12:01:00, từ 22/4/2026 12:00:00 trở đi" in (
        proof_words.missing_text(kept)
    )


def test_a_file_that_was_taken_back_is_named_with_what_ends_it():
    missing = Missing("flow", "a file was taken back that may have been its log: don-vi; 2.csv", "flow-1", None, AT)
    verdict = Verdict(VerdictState.NOT_OBSERVABLE, (str(missing),), (missing,))
    said = proof_words.sentence(Proof.NOT_OBSERVABLE, reason_of(verdict), missing_of(verdict))
    assert "tệp don-vi; 2.csv đã rút lại" in said
    assert "hãy nộp đúng nhật ký của khoảng này hoặc bản kê tệp của cảm biến" in said
    assert "im lặng" not in said


def test_an_ipv6_subject_is_kept_whole():
    missing = Missing("dns", "no declared sensor sees the address", None, "2001:db8::7")
    assert "2001:db8::7: không có cảm biến" in proof_words.reason_text(str(missing))


def test_many_missing_logs_are_named_up_to_three_and_counted():
    missing = tuple(Missing("dns", "no declared sensor sees the address", None, f"10.0.0.{n}") for n in range(5))
    said = proof_words.sentence(Proof.NOT_OBSERVABLE, "", missing_of(Verdict(VerdictState.NOT_OBSERVABLE, (), missing)))
    assert said.count("không có cảm biến") == proof_words.MISSING_NAMED
    assert said.endswith("và 2 mục nữa")


def test_several_reasons_are_each_said():
    reason = "the next list of A has not come; the list b.csv of B still carries the host"
    assert proof_words.reason_text(reason) == (
        "chưa có danh sách kỳ sau của A; danh sách b.csv của B vẫn còn nêu máy này"
    )


def test_a_contact_and_a_list_are_two_sentences():
    first, second = list(SAID)[:2]
    assert proof_words.reason_text(f"{first}; {second}") == f"{SAID[first]}; {SAID[second]}"


def test_a_person_s_own_words_stay_as_they_are():
    assert proof_words.reason_text("đơn vị nhờ mở lại; chưa xong") == "đơn vị nhờ mở lại; chưa xong"


def test_a_contact_of_the_verdict_and_its_reason_name_the_same():
    contact = Contact(AT, "flow", "flow-1", "10.1.2.3", "203.0.113.9")
    reason = f"{contact.address} contacted {contact.peer} at {contact.at_utc:%Y-%m-%d %H:%M:%S} UTC, seen by flow-1"
    said = proof_words.reason_text(reason)
    assert all(text in said for text in (contact.address, contact.peer, contact.sensor))


def test_a_log_that_a_report_misses_is_told_in_the_readers_language():
    log = MissingLog("nhật ký NAT của cảm biến nat-1", Figure(3, "/cases/"), "nat", "nat-1")
    with translation.override("en"):
        assert "nat-1" in log_words(log)
        assert "nhật ký" not in log_words(log)
    with translation.override("vi"):
        assert log_words(log) == "nhật ký NAT · cảm biến nat-1"
    assert log_words(replace(log, kind="", sensor="")) == log.name


WATCH = (AT, AT + timedelta(days=7))


@pytest.mark.parametrize(
    ("case", "watch", "now", "said"),
    [
        ({}, WATCH, AT + timedelta(days=3), (
            "Theo dõi từ 20/4/2026 12:00 đến 27/4/2026 12:00; hết khoảng này thì có kết luận."
        )),
        ({"proof": Proof.WATCHING}, (AT, datetime(2026, 4, 26, 17, tzinfo=UTC)), AT, (
            "Theo dõi từ 20/4/2026 12:00 đến hết ngày 26/4/2026; hết khoảng này thì có kết luận."
        )),
        ({}, WATCH, AT + timedelta(days=8), (
            "Đã theo dõi từ 20/4/2026 12:00 đến 27/4/2026 12:00; kết luận khi không còn thiếu gì."
        )),
        ({}, None, AT, (
            "Từng máy của đơn vị được theo dõi riêng; kết luận về đơn vị có khi đã có kết luận về các máy đó."
        )),
        ({"proof": Proof.WATCHING, "proof_reason": "1 listed host is not proven yet: pc-1"}, None, AT, ""),
        ({"claim": Claim.NOT_OURS}, None, AT, (
            "Câu trả lời này do người xem xét; quan sát chỉ đối chiếu khi đơn vị báo đã xong."
        )),
        ({"state": State.CLOSED}, WATCH, AT, "Vụ việc do người đóng; quan sát chưa kết luận gì."),
        ({"proof": Proof.PROVEN}, WATCH, AT, ""),
        ({"claim": Claim.NONE}, None, AT, ""),
        ({"rule": ""}, WATCH, AT, ""),
        ({"rule": "complaints_answered"}, None, AT, ""),
        ({"rule": "orders_in_time", "state": State.CLOSED}, None, AT, ""),
    ],
)  # fmt: skip
def test_a_case_that_is_not_concluded_says_what_is_watched_and_when_a_verdict_comes(case, watch, now, said):
    standing = {"rule": "clean_host", "claim": Claim.DONE, "state": State.CLAIMED, "proof": Proof.NONE} | case
    assert proof_words.expected(Case(**standing), watch, now) == said
