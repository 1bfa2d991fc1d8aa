"""Alerts in a report: how fast they were answered, by priority, in words and in the list of sources."""

from datetime import date, timedelta

import pytest

from tests import cast
from tests.alerts.sources import declare, findings
from tests.cast import NOON
from tests.reports.documents import SIGNER
from vonggac.alerts.grouping import Group
from vonggac.alerts.rules import Told, Way
from vonggac.alerts.services import absorbing, notices, triage
from vonggac.alerts.services.absorbing import Figures
from vonggac.directives.models import Directive
from vonggac.formats.alerts import Notice, Severity
from vonggac.reports import alert_answers, alert_paper
from vonggac.reports.figures import DirectiveFigures, DirectiveReference
from vonggac.reports.results import Office, build
from vonggac.tenancy.scope import scoped, system

DESK = system("tests")
MINUTE = timedelta(minutes=1)
OFFICE = Office("Ủy ban nhân dân tỉnh Hải Vân", "UBND", "Hải Vân", SIGNER, ("Bộ X",))
PERIOD = Directive(period_from=NOON.date(), period_to=NOON.date() + timedelta(days=7))


def hear(source, number, severity=Severity.CRITICAL, at=NOON):
    group = Group("luật", severity, "", 1, at, at)
    with scoped(DESK):
        absorbing.absorb(source, {("r", f"10.0.0.{number}"): group}, Figures(1), at=at)
    return findings(subject=f"10.0.0.{number}")[0].pk


@pytest.fixture
def people(db):
    return cast.assemble()


@pytest.fixture
def counted(people):
    """Three urgent findings answered after 2, 4 and 90 minutes, the last of them also handled; a calm one waits."""
    source = declare(people, "ids", "p-vinh-hai")
    for number, minutes in enumerate((2, 4, 90)):
        pk = hear(source, number)
        with scoped(DESK):
            triage.acknowledge([pk], at=NOON + minutes * MINUTE, by="Hà")
    with scoped(DESK):
        triage.mark_false([pk], "", at=NOON + 65 * 60 * MINUTE, by="Hà")
    hear(source, 9, Severity.HIGH)
    with scoped(DESK):
        return alert_answers.figures(PERIOD, people.organisations["hai-van"], NOON + timedelta(days=9))


def text_of(alerts) -> str:
    return " ".join("".join(span.text for span in block.spans) for block in alert_paper.sentences(alerts))


@pytest.mark.django_db
def test_the_section_says_how_fast_and_how_late(counted):
    said = text_of(counted)
    assert "1. Ưu tiên 1: đã tiếp nhận 3 phát hiện (trung vị 4 phút, lâu nhất 1 giờ 30 phút), trong đó 1 tiếp" in said
    assert "đã xử lý 1 phát hiện (trung vị 2 ngày 17 giờ, lâu nhất 2 ngày 17 giờ), trong đó 1 xử lý trễ" in said
    assert "2. Ưu tiên 2: đã tiếp nhận 0 phát hiện, trong đó 0 tiếp nhận trễ" in said
    assert "còn 1 phát hiện chưa tiếp nhận, quá thời hạn." in said


@pytest.mark.django_db
def test_where_nothing_was_answered_the_report_says_nothing_of_alerts(people):
    with scoped(DESK):
        office = people.organisations["hai-van"]
        assert alert_answers.figures(PERIOD, office, NOON + timedelta(days=9)) is None
        assert alert_answers.figures(PERIOD, office, NOON - timedelta(days=9)) is None


@pytest.mark.django_db
def test_the_figures_stand_in_the_report_and_in_its_list_of_sources(counted):
    reference = DirectiveReference("Công văn", "31/BAN-ATM", date(2026, 4, 17), "Ban An toàn mạng", "trực lễ")
    figures = DirectiveFigures(reference, (), (), alerts=counted)
    document = build(figures, OFFICE, on=date(2026, 5, 2), checkpoint=None, with_sources=True)
    assert any(getattr(block, "text", "") == "Kết quả tiếp nhận, xử lý cảnh báo" for block in document.blocks)
    rows = document.annexes[-1].blocks[0].rows
    assert [row[0][0].text for row in rows][:2] == [
        "Cảnh báo ưu tiên 1: đã tiếp nhận", "Cảnh báo ưu tiên 1: tiếp nhận trễ",
    ]  # fmt: skip


@pytest.mark.django_db
def test_notices_of_coordinators_are_counted_with_their_rows(people):
    source = declare(people, "dieu-phoi", "p-vinh-hai", format_name="", is_coordinator=True, acknowledge_minutes=60)
    with scoped(DESK):
        for number in (1, 2):
            told = Group("Kết nối C2", Severity.UNKNOWN, "", 1, NOON, NOON, notice=Notice(f"DP-{number}"))
            absorbing.absorb(source, {(f"DP-{number}", "may"): told}, Figures(1), at=NOON)
        first, at = source.notices.get(identifier="DP-1"), NOON + 90 * MINUTE
        notices.say(first.pk, Told.ANSWER, Way.MAIL, "đã xử lý", sent_at=at, by="Hà", at=at)
        office = people.organisations["hai-van"]
        counted = alert_answers.figures(PERIOD, office, NOON + timedelta(days=1))
    said = text_of(counted)
    assert "đã nhận 2; đã xác nhận tiếp nhận 1; xác nhận trễ 1; đã trả lời kết quả 1; bên gửi đã đóng 0" in said
    assert "chưa xác nhận, quá thời hạn 1." in said
    address = "/cases/alerts/notices/?which=waiting_late&organisation=hai-van&since="
    assert counted.notices.waiting_late.source.startswith(address)


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(59, "dưới 1 phút"), (60, "1 phút"), (3_600, "1 giờ"), (3_900, "1 giờ 05 phút"), (86_400, "1 ngày"),
     (97_200, "1 ngày 3 giờ")],
)  # fmt: skip
def test_lengths_are_said_in_words(seconds, said):
    assert alert_paper.length(seconds) == said
