"""What is kept in Vietnamese (reasons, titles, letters) is said in English to those who read English, all of it."""

import re
from html.parser import HTMLParser
from itertools import product
from pathlib import Path

import pytest
from django.conf import settings
from django.test import Client
from django.utils import translation

from tests.exercise.test_desk import lay_world
from tests.security.crawl import crawl
from vonggac.alerts import rules as alerts
from vonggac.botnet import rules as botnet
from vonggac.botnet.models import Sender
from vonggac.cases.models import Case
from vonggac.desk import catalogue, written
from vonggac.desk.retelling import SENDER, retold
from vonggac.directives.models import Clause, Directive
from vonggac.directives.services import Entering
from vonggac.duty.models import Message, Post, Shift
from vonggac.exercise import desk as exercise
from vonggac.flows import directive as directives
from vonggac.formats.alerts import IncidentClass, Severity
from vonggac.jobs.clock import now
from vonggac.regimes import public_holidays, regime, vocabulary
from vonggac.register.models import Contact, InformationSystem, Organisation, Person
from vonggac.server.home import Home
from vonggac.tenancy.scope import scoped, system

PLACEHOLDER = re.compile(r"%\((\w+)\)s")
SENTENCES = sorted({sentence for sentence, _ in written.sentences(catalogue.PACKAGE)})
CONTENT = "Đơn vị-7"


@pytest.fixture
def english():
    with translation.override("en"):
        yield


@pytest.mark.parametrize("template", SENTENCES)
def test_every_line_that_is_written_is_said_in_english_with_all_its_values(english, template):
    values = {name: f"{CONTENT}{place}" for place, name in enumerate(PLACEHOLDER.findall(template))}
    said = retold(template % values)
    assert [value for value in values.values() if value not in said] == []
    assert not written.is_vietnamese(said.replace(CONTENT, ""))


@pytest.mark.parametrize("template", SENTENCES)
def test_in_vietnamese_it_stays_as_it_was_written(template):
    with translation.override("vi"):
        sentence = template % dict.fromkeys(PLACEHOLDER.findall(template), CONTENT)
        assert retold(sentence) == sentence


def test_every_reason_of_a_priority_is_said_in_english(english):
    facts = product(
        Severity, (*IncidentClass, None), (1, 100, 1_000), (0, 3), (False, True), (False, True), (False, True)
    )
    hosts = product(
        (False, True), (None, 3), ([], ["mirai"], ["mirai", "qakbot"]), (1, 100), (False, True), (False, True)
    )
    reasons = {alerts.priority(alerts.Facts(*known))[1] for known in facts}
    reasons |= {botnet.priority(botnet.Host(*known))[1] for known in hosts}
    assert len(reasons) == 20
    assert [reason for reason in reasons if written.is_vietnamese(retold(reason))] == []
    assert retold("bị ghi nhận 512 lần") == "sighted 512 times"


@pytest.mark.parametrize(
    ("kept", "said"),
    [
        (
            "may-7: có trong danh sách mạng botnet – Sở Y tế: là máy chủ",
            "may-7: on a botnet list – Sở Y tế: a server",
        ),
        ("- ưu tiên 2 (đã nâng): nguồn báo mã độc", "- priority 2 (raised): the source tells of malware"),
        (
            "[Vọng Gác] An nhờ trực thay · 06:00–14:00 thứ Năm 30/4",
            "[Vọng Gác] An asks to be covered · 06:00–14:00 Thursday 30/4",
        ),
        ("An chưa có mặt từ 06:00 (điện thoại 0900 000 001)", "An has not come since 06:00 (phone 0900 000 001)"),
        (
            "12.500 cảnh báo từ 07:00 đến 08:00, bình thường khoảng 900: gấp 14 lần",
            "12,500 alerts from 07:00 to 08:00, usually about 900: 14 times as many",
        ),
        ("[Vọng Gác] Danh sách mạng botnet: 3 máy cần xử lý", "[Vọng Gác] Botnet list: hosts to see to: 3"),
        (
            "[Vọng Gác] Danh sách mạng botnet: 1 máy không còn trong danh sách mới",
            "[Vọng Gác] Botnet list: hosts no longer on the new list: 1",
        ),
        ("203.113.131.100 đổi ca An", "203.113.131.100 swaps with An"),
    ],
)  # fmt: skip
def test_values_inside_of_it_are_said_in_english_too(english, kept, said):
    assert retold(kept) == said


def test_the_sender_stands_first_in_every_subject_whatever_its_values_say(english):
    subjects = [sentence for sentence in SENTENCES if sentence.startswith(SENDER)]
    assert len(subjects) > 15
    for subject, value in product(subjects, SENTENCES):
        said = retold(subject % dict.fromkeys(PLACEHOLDER.findall(subject), value))
        assert said.startswith(SENDER), said
        assert SENDER not in said.removeprefix(SENDER) or SENDER in value, said


def test_what_a_directive_says_stays_in_its_own_words(english):
    lines = (catalogue.PACKAGE / "exercise" / "data" / "chi-dao.txt").read_text(encoding="utf-8").splitlines()
    assert [line for line in lines if retold(f"- 1.c: {line}") != f"- 1.c: {line}"] == []


def test_a_new_sentence_is_a_message_that_lacks_its_translation(tmp_path: Path, monkeypatch):
    service = tmp_path / "flows" / "odd.py"
    service.parent.mkdir()
    service.write_text(
        '"""Một mô-đun."""\n'
        "MARK, NAME = 'Đ', '[Vọng Gác] {}'\n"
        "def write(case, late):\n"
        '    return f\'Vụ {case.pk}{" (quá hạn)" if late else ""}\\n\\nHà Nội, {case}: đã xong\'\n'
    )
    found = {"Vụ %(pk)s%(late)s", " (quá hạn)", "Hà Nội, %(case)s: đã xong"}
    assert {sentence for sentence, _ in written.sentences(tmp_path)} == found
    monkeypatch.setattr(catalogue, "messages_of", lambda: {f"written\x04{sentence}": set() for sentence in found})
    assert catalogue.untranslated("en") == sorted(f"written\x04{sentence}" for sentence in found)
    assert catalogue.untranslated("vi") == []


class Words(HTMLParser):
    """The texts of a page, and what is read out or shown of its elements, without what says it is Vietnamese."""

    SAID = frozenset({"title", "aria-label", "placeholder", "alt", "data-label"})
    VOID = frozenset({"input", "img", "br", "meta", "link", "hr", "path", "rect", "line", "circle", "use"})

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self._open: list[tuple[str, bool]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        is_paper = tag in {"script", "style"} or {"sheet", "leaf"} & {*(values.get("class") or "").split()}
        is_foreign = self._is_foreign() or bool(is_paper) or (values.get("lang") == "vi")
        if not is_foreign:
            self.found += [value for name, value in attrs if name in self.SAID and value]
        if tag not in self.VOID:
            self._open.append((tag, is_foreign))

    def handle_endtag(self, tag: str) -> None:
        while self._open and self._open.pop()[0] != tag:
            pass

    def handle_data(self, data: str) -> None:
        if data.strip() and not self._is_foreign():
            self.found.append(data)

    def _is_foreign(self) -> bool:
        return bool(self._open) and self._open[-1][1]


# Words that a page gives in Vietnamese on purpose: beside the English ones, or as what is to be typed.
GLOSSED = ("phối hợp", "chủ trì", "văn thư", "để", "KT. BỘ TRƯỞNG", "Lưu", "Điều", "Vị trí: Giám sát", "Tiếng Việt")


@pytest.fixture
def english_exercise(db, own_home: Home) -> Client:
    """An exercise with its directive in force and three days on, in the hands of its leader, who reads English."""
    lay_world(own_home)
    exercise.begin(pytest.fail)
    with scoped(system("tests")):
        office = Organisation.objects.order_by("path")[0]
        letter, dispatch = directives.receive(exercise.dispatch(), "chi-dao.txt", office, at=now())
        directives.confirm_together([letter.pk, dispatch.pk], Entering(now().date()), at=now())
    for _day in range(3):
        exercise.next_day()
    leader = Person.objects.get(email="truong@haivan.example")
    Person.objects.filter(pk=leader.pk).update(language="en")
    client = Client(headers={"accept-language": "en"})
    client.force_login(leader)
    client.cookies[settings.LANGUAGE_COOKIE_NAME] = "en"
    return client


def texts(value: object) -> list[str]:
    if isinstance(value, dict):
        return [text for one in value.values() for text in texts(one)]
    if isinstance(value, list):
        return [text for one in value for text in texts(one)]
    return [value] if isinstance(value, str) else []


def names_and_papers() -> list[str]:
    """What is Vietnamese on every desk: names, what directives and people say, days and laws by their own names."""
    with scoped(system("tests")):
        named = [
            *Organisation.objects.values_list("name", flat=True), *Person.objects.values_list("name", flat=True),
            *InformationSystem.objects.values_list("name", flat=True), *Contact.objects.values_list("name", flat=True),
             *Sender.objects.values_list("name", flat=True),
            *Post.objects.values_list("name", flat=True), *Shift.objects.values_list("person_name", flat=True),
            *Case.objects.values_list("claim_text", flat=True), *Case.objects.values_list("claimed_by", flat=True),
        ]  # fmt: skip
        papers = [text for kind in (Directive, Clause) for row in kind.objects.values() for text in texts(row)]
    today = now().date()
    days = public_holidays.between(today, today.replace(year=today.year + 2)).values()
    laws = [limit.citation.partition(":")[0] for limit in regime.on(today).limits.values()]
    found = {*named, *papers, *days, *laws, *texts(vocabulary.load()), *GLOSSED}
    lines = {line.strip(" -;.,") for text in found for line in text.splitlines()}
    return sorted(filter(written.is_vietnamese, {*found, *lines}), key=len, reverse=True)


class Known:
    """What may stand on any desk in Vietnamese."""

    def __init__(self, texts: list[str]) -> None:
        self._texts = texts
        self._any = re.compile("|".join(map(re.escape, texts)))

    def without(self, text: str) -> str:
        """The text without what is known, whole or cut off behind its begin."""
        head, cut, tail = self._any.sub("", text).rpartition("…")
        begin = head.rpartition(": ")[2].rpartition(" · ")[2]
        return tail if cut and any(one.startswith(begin) for one in self._texts) else head + cut + tail


@pytest.mark.slow
def test_an_english_desk_says_nothing_in_vietnamese_but_names_and_papers(english_exercise):
    shown = []
    for page in crawl(english_exercise):
        if page.is_html and page.status == 200:
            words = Words()
            words.feed(page.text)
            shown += [(page.address, text) for text in words.found if written.is_vietnamese(text)]
    assert len({address for address, _ in shown}) > 40
    known = Known(names_and_papers())
    assert [(address, rest) for address, text in shown if written.is_vietnamese(rest := known.without(text))] == []
    with scoped(system("tests")):
        kept = list(Message.objects.values_list("subject", flat=True))
    assert kept
    assert all(written.is_vietnamese(subject) for subject in kept), "letters are sent in Vietnamese all the same"
