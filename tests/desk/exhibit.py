"""A desk at work, made by the services that pages, uploads and commands call: what page tests look at.

The province of `tests/cast.py` got a directive and a botnet list; answers came, observation spoke, people are on duty.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import connection

from tests import cast
from tests.cast import NOON, Cast
from vonggac.cases import evidence, services
from vonggac.cases.models import Case, Kind, Verdict
from vonggac.cases.rules import Proof
from vonggac.cases.services import Answer, Opening
from vonggac.directives import services as directives
from vonggac.directives.services import Entering, Received
from vonggac.duty import services as duty
from vonggac.flows import directive as flow
from vonggac.regimes import regime
from vonggac.tenancy.scope import scoped, system

HOUR = timedelta(hours=1)
READING = {
    "kind": "cong_van", "number": "31", "symbol": "BAN-ATM", "issuer": "Ban An toàn mạng", "date": "2026-04-17",
    "subject": "bảo đảm an toàn thông tin mạng dịp lễ 30/4", "addressees": ["Các sở"], "references": [],
    "clauses": [
        {"label": "1", "heading": "Tăng cường:", "text": "Tăng cường:", "deadlines": []},
        {"label": "1.a", "heading": None, "text": "Ứng trực, giám sát 24/7.", "deadlines": []},
        {"label": "1.b", "heading": None, "text": "Kiểm tra, cập nhật đầy đủ các bản vá.", "deadlines": []},
        {"label": "1.c", "heading": None, "text": "Bóc gỡ mã độc, ưu tiên IP trong danh sách mạng Botnet.",
         "deadlines": []},
    ],
}  # fmt: skip
HOSTS = (
    ("KT-PC-0417", "so-y-te", 1, "thuộc hệ thống thông tin cấp độ 3", -0.2),
    ("VP-PC-0032", "p-vinh-hai", 2, "dính 2 họ mã độc: avalanche, mirai", 0.45),
    ("203.0.113.77", "vien-thong", 3, "chưa biết máy nào đứng sau địa chỉ này", 0.8),
    ("BV-SRV-002", "bv-da-khoa", 1, "là máy chủ", 4.1),
    ("TC-PC-0101", "so-tttt", 3, "máy trạm có trong danh sách", 26.0),
    ("TC-PC-0102", "so-tttt", 3, "máy trạm có trong danh sách", 50.0),
)
ROSTER = "post,from_utc,to_utc,person,skill\n"


@dataclass(frozen=True)
class Exhibit:
    """The cast, and the host cases by name."""

    people: Cast
    hosts: dict[str, Case]


def roster_csv(start: datetime, *, days: int = 7) -> bytes:
    """Three shifts a day of two posts from `start`, with one shift lead missing on the fifth night."""
    lines = []
    for shift in range(days * 3):
        begin, end = start + shift * 8 * HOUR, start + (shift + 1) * 8 * HOUR
        stamps = f"{begin:%Y-%m-%dT%H:%M:%SZ},{end:%Y-%m-%dT%H:%M:%SZ}"
        lines.append(f"Trực ban,{stamps},{('Hà', 'Phạm An', 'Vũ Lan')[shift % 3]},truc_ban")
        if shift != 13:
            lines.append(f"Trưởng ca,{stamps},{('Trần Quốc Vinh', 'Ngô Tín', 'Mai Hương')[shift % 3]},truong_ca")
    return (ROSTER + "\n".join(lines) + "\n").encode()


def assemble(at: datetime = NOON) -> Exhibit:
    """The whole desk at a moment; everything in it was made by an act that the ledger knows."""
    people = cast.assemble()
    _directive(people, at)
    hosts = _hosts(people, at)
    with scoped(people.scope("ha")):
        monday = at - timedelta(days=at.weekday(), hours=at.hour + 1, minutes=at.minute)
        rows, rejects = duty.read_roster(roster_csv(monday.replace(second=0, microsecond=0)), "roster.csv")
        duty.import_roster(people.organisations["hai-van"], rows, rejects, at=at)
    return Exhibit(people, hosts)


def _directive(people: Cast, at: datetime) -> None:
    with scoped(people.scope("ha")):
        received = Received("31.txt", "ab" * 32, 900, "…")
        office = people.organisations["hai-van"]
        first, last = at.date() + timedelta(days=3), at.date() + timedelta(days=10)
        period = {"from": first.isoformat(), "to": last.isoformat(), "why": "dịp lễ"}
        draft = directives.receive(received, [{**READING, "period": period}], office, regime.on(at.date()), at=at)[0]
        made = flow.confirm(draft.pk, Entering(at.date(), lead=people.organisations["so-tttt"]), at=at)
        for place, obligation in enumerate(made):
            if place % 3:
                services.acknowledge(obligation.case_id, at=at, by="Tâm")
            if place % 3 == 2:
                services.claim(obligation.case_id, Answer("đã bố trí trực đủ ba ca", "Tâm"), at=at + HOUR)


def _hosts(people: Cast, at: datetime) -> dict[str, Case]:
    opened = at - timedelta(days=9)
    with scoped(system("botnet list")):
        cases = services.open_many(
            [
                Opening(
                    people.organisations[code], Kind.BOTNET_HOST, name, f"Máy {name} có trong danh sách botnet",
                    priority, reason, at + timedelta(hours=due), rule="clean_host",
                )
                for name, code, priority, reason, due in HOSTS
            ],
            at=opened,
        )  # fmt: skip
        hosts = {case.subject: case for case in cases}
        for number, case in enumerate(cases):
            case.findings.create(
                org_path=case.org_path, source="NCSC", subject=f"203.0.113.{70 + number}", family="avalanche",
                presence="still", first_seen_utc=opened - HOUR, last_seen_utc=opened, count=12 + number,
            )  # fmt: skip
        _answers(hosts, opened)
    with scoped(people.scope("tam")):
        evidence.add(hosts["KT-PC-0417"].pk, "biên bản.txt", b"reinstalled\n", by="Tâm", at=opened + HOUR)
    return hosts


def _answers(hosts: dict[str, Case], opened: datetime) -> None:
    later = opened + timedelta(hours=20)
    for name in ("KT-PC-0417", "BV-SRV-002", "TC-PC-0101"):
        services.claim(hosts[name].pk, Answer("đã cài lại máy, đổi mật khẩu", "Tâm"), at=later)
    judged = later + timedelta(days=7)
    _judge(
        hosts["KT-PC-0417"], Proof.CONTRADICTED, "liên lạc với máy chủ điều khiển 198.51.100.7", judged,
        contacts=[(later + timedelta(days=5, hours=3)), later + timedelta(days=6, hours=1)],
    )  # fmt: skip
    _judge(
        hosts["BV-SRV-002"], Proof.NOT_OBSERVABLE, "thiếu nhật ký DNS", judged,
        gaps=[("dns", later + timedelta(days=2), later + timedelta(days=4, hours=6))],
    )  # fmt: skip
    _judge(hosts["TC-PC-0101"], Proof.PROVEN, "theo dõi đủ 7 ngày, không có liên lạc", judged)


def _judge(case: Case, proof: Proof, reason: str, at: datetime, *, gaps: list = (), contacts: list = ()) -> None:
    """A verdict as the proof flow leaves it behind, with what the strip chart draws."""
    from vonggac.ledger import services as ledger  # noqa: PLC0415

    case.refresh_from_db()
    missing = [
        {"kind": kind, "sensor": "dns-1", "subject": None, "reason": "silent", "from": a.isoformat(),
         "to": b.isoformat()}
        for kind, a, b in gaps
    ]  # fmt: skip
    detail = {
        "kinds": ["flow", "dns"],
        "watched": {"from": (at - timedelta(days=7)).isoformat(), "to": at.isoformat()},
        "gaps": [{"kind": kind, "from": a.isoformat(), "to": b.isoformat()} for kind, a, b in gaps],
        "contacts": [
            {"at": moment.isoformat(), "kind": "flow", "sensor": "edge-1", "address": "10.1.0.17",
             "peer": "198.51.100.7"}
            for moment in contacts
        ],
    }  # fmt: skip
    case.proof, case.proof_at, case.proof_reason, case.missing = proof, at, reason, missing
    case.save()
    Verdict.objects.create(
        case=case, org_path=case.org_path, at=at, rule=case.rule, proof=proof, reason=reason, detail=detail
    )
    ledger.record("case.verdict", "case", case.pk, case.org_path, at=at, proof=proof, reason=reason)
    if proof == Proof.CONTRADICTED:
        services.reopen(case.pk, reason, at=at)
    elif proof == Proof.PROVEN:
        services.close(case.pk, "proven", at=at)


def many(people: Cast, number: int, at: datetime) -> None:
    """A longer inbox: so many further hosts of the lead department."""
    with scoped(system("botnet list")), connection.cursor() as cursor:
        cursor.execute("SELECT 1")
        services.open_many(
            [
                Opening(
                    people.organisations["so-tttt"], Kind.BOTNET_HOST, f"PC-{n:04}", f"Máy PC-{n:04}", 3, "",
                    at + timedelta(minutes=n),
                )
                for n in range(number)
            ],
            at=at,
        )  # fmt: skip
