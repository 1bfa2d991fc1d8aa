"""A province at work on a directive, made as people make it: entered, bound, forwarded, answered, judged, late."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from tests import cast
from vonggac.cases import judging
from vonggac.cases import services as cases
from vonggac.cases.models import Case
from vonggac.cases.proof import Missing, Verdict, VerdictState
from vonggac.cases.services import Answer
from vonggac.directives import obligations, services
from vonggac.directives.models import Directive, Obligation
from vonggac.directives.services import Entering, Received
from vonggac.flows import botnet_list, late_placement, traffic_log
from vonggac.flows import directive as flow
from vonggac.regimes import regime
from vonggac.register.models import Asset, AssetAddress, Network, Sensor, SensorCoverage
from vonggac.server.home import Home
from vonggac.tenancy.scope import scoped, system

DAY = timedelta(days=1)
# Past the directive's own deadline of 1 May, and before the end of its period.
LATER = cast.NOON + 14 * DAY
READING = {
    "kind": "cong_van", "number": "31", "symbol": "BAN-ATM", "issuer": "Ban An toàn mạng", "date": "2026-04-17",
    "subject": "V/v bảo đảm an toàn dịp lễ", "addressees": ["Các sở"], "references": [],
    "period": {"from": "2026-04-30", "to": "2026-05-07", "why": "dịp lễ"},
    "clauses": [
        {"label": "1", "heading": "Tăng cường:", "text": "Tăng cường:", "deadlines": []},
        {"label": "1.a", "heading": "Ứng trực", "text": "Ứng trực, giám sát 24/7.", "deadlines": []},
        {"label": "1.c", "heading": None, "text": "Bóc gỡ mã độc, ưu tiên IP trong danh sách mạng Botnet.",
         "deadlines": [{"text": "trước ngày 01/5/2026", "due": "2026-05-01"}]},
    ],
}  # fmt: skip
HEADER = "timestamp,src_ip,src_port,dst_ip,family"


@dataclass(frozen=True)
class Stage:
    """The cast with a directive in force and hosts on a list."""

    people: cast.Cast
    directive: Directive

    @property
    def office(self):
        """The province that reports."""
        return self.people.organisations["hai-van"]

    def case(self, subject: str, unit: str) -> Case:
        """One case by what it is about and whose it is."""
        return Case.objects.get(subject=subject, organisation=self.people.organisations[unit])


def enter(people: cast.Cast, reading=READING, at: datetime = cast.NOON) -> Directive:
    """The directive in force in the province, its obligations sent."""
    office = people.organisations["hai-van"]
    with scoped(people.scope("ha")):
        upload = Received(f"{reading['number']}.txt", f"{int(reading['number']):064d}", 900, "…")
        (draft,) = services.receive(upload, [reading], office, regime.on(at.date()), at=at)
        flow.confirm(draft.pk, Entering(at.date(), lead=people.organisations["so-tttt"]), at=at)
        return Directive.objects.get(pk=draft.pk)


def send_list(people: cast.Cast, addresses: list[str], at: datetime) -> None:
    """A botnet list imported in the province."""
    rows = [f"{at - DAY / 24:%Y-%m-%dT%H:%M:%SZ},{address},7100,192.0.2.66,mirai" for address in addresses]
    content = "\n".join([HEADER, *rows]).encode()
    with scoped(people.scope("ha")):
        office = people.organisations["hai-van"]
        botnet_list.import_list(content, f"list-{at:%m%d}.csv", office, "NCSC", received_at=at, at=at)


def own_networks(people: cast.Cast) -> None:
    """Networks of a department and a commune, and a sensor that gives NAT logs."""
    with scoped(system("tests")):
        for code, cidr in (
            ("so-y-te", "203.0.113.0/25"),
            ("so-y-te", "10.2.0.0/16"),
            ("p-vinh-hai", "198.51.100.0/24"),
            ("dong-son", "192.0.2.0/25"),
        ):
            owner = people.organisations[code]
            Network.objects.create(cidr=cidr, organisation=owner, org_path=owner.path)
        health = people.organisations["so-y-te"]
        for number in (7, 8):
            asset = Asset.objects.create(
                organisation=health, org_path=health.path, name=f"yt-pc-{number}", nat_pool="203.0.113.100"
            )
            AssetAddress.objects.create(asset=asset, org_path=health.path, address=f"10.2.0.{number}")
        sensor = Sensor.objects.create(
            name="nat-1",
            kind="nat",
            organisation=health,
            org_path=health.path,
            networks=["10.2.0.0/16", "203.0.113.0/25"],
        )
        SensorCoverage.objects.create(
            sensor=sensor, org_path=health.path, from_utc=cast.NOON - 30 * DAY, to_utc=LATER + 30 * DAY
        )


def place_by_nat(people: cast.Cast, at: datetime) -> None:
    """A NAT log that comes after the list: the bare address splits onto the host behind it."""
    span = f"{at - 9 * DAY:%Y-%m-%dT%H:%M:%SZ},{at:%Y-%m-%dT%H:%M:%SZ}"
    lines = [
        "from_utc,to_utc,public_address,port_from,port_to,inner_address",
        f"{span},203.0.113.100,7000,7999,10.2.0.7",
    ]
    with scoped(people.scope("ha")):
        traffic_log.import_log("\n".join(lines).encode(), "nat.csv", "nat-1", received_at=at, at=at)
    with scoped(system("placement")):
        assert late_placement.place_again(at=at) == 1


def judge(case: Case, state: str, *missing: Missing, at: datetime = LATER) -> None:
    """What observation shows of a claim."""
    reasons = {"proven": "không có kết nối", "contradicted": "có kết nối", "not_observable": "thiếu nhật ký"}
    judging.conclude(
        case.pk, case.rule or "clean_host", Verdict(VerdictState(state), (reasons[state],), missing), at=at
    )


def answer(stage: Stage) -> None:
    """Answers of every kind: claims, refusals, a dispute, silence, and verdicts on them."""
    with scoped(stage.people.scope("ha")):
        health, lead = stage.people.organisations["so-y-te"], stage.people.organisations["so-tttt"]
        forwarded = Obligation.objects.get(clause__label="1.c", organisation=health)
        obligations.forward(forwarded.pk, [stage.people.organisations["bv-da-khoa"]], at=cast.NOON)
        for subject, unit in (("1.a", "so-tttt"), ("1.c", "so-tttt"), ("1.a", "so-y-te"), ("1.c", "so-y-te")):
            cases.claim(stage.case(subject, unit).pk, Answer("đã làm", "Hà"), at=cast.NOON + DAY)
        cases.refuse(stage.case("1.c", "vien-thong").pk, Answer("không có thiết bị", "Hà"), at=cast.NOON + DAY)
        judge(stage.case("1.c", lead.code), "proven")
        judge(stage.case("1.c", health.code), "contradicted")
        for number in range(1, 7):
            cases.claim(
                stage.case(f"203.0.113.{number}", "so-y-te").pk, Answer("đã cài lại", "Tâm"), at=cast.NOON + DAY
            )
        for number, verdict in ((1, "proven"), (2, "proven"), (3, "contradicted")):
            judge(stage.case(f"203.0.113.{number}", "so-y-te"), verdict)
        flows = Missing("flow", "im lặng", sensor="flow-1")
        nat = Missing("nat", "không khai báo cảm biến nào")
        judge(stage.case("203.0.113.4", "so-y-te"), "not_observable", flows, nat)
        judge(stage.case("203.0.113.5", "so-y-te"), "not_observable", flows)
        cases.dispute(stage.case("198.51.100.1", "p-vinh-hai").pk, Answer("máy của đơn vị khác", "Lan"), at=LATER)


def settle(settings, folder: Path) -> None:
    """A home for one test: the lake of another one would place addresses of this one."""
    settings.VONGGAC_HOME = Home(folder / "home")
    settings.VONGGAC_HOME.prepare()


def prepare() -> Stage:
    """The whole stage; every figure of a report differs from zero."""
    people = cast.assemble()
    own_networks(people)
    # Dealt with before the directive was issued: not its host.
    early = cast.NOON - 10 * DAY
    send_list(people, ["203.0.113.90"], early)
    with scoped(people.scope("ha")):
        cases.close(Case.objects.get(subject="203.0.113.90").pk, "máy đã thanh lý", at=early + DAY)
    stage = Stage(people, enter(people))
    addresses = [f"203.0.113.{n}" for n in range(1, 9)] + ["203.0.113.100", "198.51.100.1", "192.0.2.7"]
    send_list(people, addresses, cast.NOON)
    place_by_nat(people, cast.NOON + DAY)
    answer(stage)
    return stage
