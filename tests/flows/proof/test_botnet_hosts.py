"""The clause about botnet hosts: the pure rule, and asked on a desk."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests import cast
from vonggac.cases import services as cases
from vonggac.cases.models import Case
from vonggac.cases.proof import Missing, Verdict, VerdictState
from vonggac.cases.rules import Proof
from vonggac.cases.services import Answer
from vonggac.cases.verdicts import missing_of
from vonggac.directives import services
from vonggac.directives.services import Entering, Received
from vonggac.flows import assessment, botnet_list
from vonggac.flows import directive as flow
from vonggac.flows.proof.botnet_hosts import HostStanding, UnitEvidence, _stored, judge
from vonggac.regimes import regime
from vonggac.register.models import Network
from vonggac.tenancy.scope import scoped, system

FLOW = Missing("flow", "silent", "yt-flow", "203.0.113.5")


def judged(*proofs: Proof, lists: int = 1) -> VerdictState:
    hosts = tuple(
        HostStanding(f"may-{n}", proof, (FLOW,) if proof is Proof.NOT_OBSERVABLE else ())
        for n, proof in enumerate(proofs)
    )
    return judge(UnitEvidence(cast.NOON, hosts, lists)).state


def test_before_the_unit_claims_nothing_is_concluded():
    assert judge(UnitEvidence(None, (HostStanding("a", Proof.CONTRADICTED),), 1)).state is VerdictState.OPEN


@pytest.mark.parametrize(
    ("proofs", "expected"),
    [
        ((Proof.PROVEN, Proof.PROVEN), VerdictState.PROVEN),
        ((Proof.PROVEN, Proof.WATCHING), VerdictState.OPEN),
        ((Proof.PROVEN, Proof.NONE), VerdictState.OPEN),
        ((Proof.WATCHING, Proof.NOT_OBSERVABLE), VerdictState.NOT_OBSERVABLE),
        ((Proof.NOT_OBSERVABLE, Proof.PROVEN, Proof.CONTRADICTED), VerdictState.CONTRADICTED),
    ],
)
def test_a_unit_is_as_its_worst_host(proofs: tuple[Proof, ...], expected: VerdictState):
    assert judged(*proofs) is expected


@given(st.lists(st.sampled_from(list(Proof)), min_size=1, max_size=6))
def test_a_unit_is_proven_only_when_every_listed_host_is(proofs: list[Proof]):
    assert (judged(*proofs) is VerdictState.PROVEN) == (set(proofs) == {Proof.PROVEN})


def test_lists_that_name_no_address_of_the_unit_prove_the_botnet_part():
    verdict = judge(UnitEvidence(cast.NOON, (), 3, is_registered=True))
    assert verdict.state is VerdictState.PROVEN
    assert "name no address of the unit" in verdict.reasons[0]


def test_without_any_list_the_list_is_missing():
    verdict = judge(UnitEvidence(cast.NOON, (), 0, is_registered=True))
    assert (verdict.state, [item.kind for item in verdict.missing]) == (VerdictState.NOT_OBSERVABLE, ["list"])


def test_a_unit_without_any_network_is_named_by_no_list_and_proven_by_none():
    verdict = judge(UnitEvidence(cast.NOON, (), 1))
    assert verdict.state is VerdictState.NOT_OBSERVABLE
    assert "no network of the unit is registered" in verdict.reasons[0]


def test_a_row_that_may_be_the_units_leaves_the_clause_unproven():
    verdict = judge(UnitEvidence(cast.NOON, (), 1, is_registered=True, damaged_lists=("l1.csv",)))
    assert verdict.state is VerdictState.NOT_OBSERVABLE
    assert "l1.csv" in verdict.reasons[0]


def test_the_missing_logs_of_the_hosts_are_named_once_each():
    host = HostStanding("a", Proof.NOT_OBSERVABLE, (FLOW,))
    assert judge(UnitEvidence(cast.NOON, (host, host), 1)).missing == (FLOW,)


def test_the_gaps_of_a_host_are_the_units_as_they_were_kept():
    at = cast.NOON
    gaps = tuple((at + timedelta(hours=n), at + timedelta(hours=n, minutes=5)) for n in range(7))
    lacking = replace(FLOW, from_utc=at, to_utc=at + timedelta(hours=7), gaps=gaps)
    kept = missing_of(Verdict(VerdictState.NOT_OBSERVABLE, ("x",), (lacking,)))
    (told,) = _stored(kept)
    assert (told.gap_number, told.gap_seconds, str(told)) == (7, 2_100, str(lacking))
    assert missing_of(Verdict(VerdictState.NOT_OBSERVABLE, ("x",), (told,))) == kept


def test_many_hosts_are_told_in_one_sentence():
    hosts = tuple(HostStanding(f"may-{n}", Proof.CONTRADICTED) for n in range(5))
    assert judge(UnitEvidence(cast.NOON, hosts, 1)).reasons == (
        "5 listed hosts are contradicted: may-0, may-1, may-2 and 2 more",
    )


READING = {
    "kind": "cong_van", "number": "31", "symbol": "BAN-ATM", "issuer": "Ban An toàn mạng", "date": "2026-04-17",
    "subject": "bảo đảm an toàn", "addressees": [], "references": [],
    "clauses": [
        {"label": "1", "heading": None, "text": "Bóc gỡ mã độc trong danh sách mạng Botnet.", "deadlines": []},
    ],
}  # fmt: skip


@pytest.fixture
def claimed(db) -> cast.Cast:
    """A directive with one clause about botnet hosts, which every unit below the province claims to have done."""
    people = cast.assemble()
    with scoped(system("tests")):
        for code, block in (("so-y-te", "203.0.113.0/24"), ("p-vinh-hai", "198.51.100.0/25")):
            unit = people.organisations[code]
            Network.objects.create(cidr=block, organisation=unit, org_path=unit.path)
    with scoped(people.scope("ha")):
        upload = Received("31.txt", "ab" * 32, 900, "…")
        office = people.organisations["hai-van"]
        (draft,) = services.receive(upload, [READING], office, regime.on(date(2026, 4, 20)), at=cast.NOON)
        flow.confirm(draft.pk, Entering(date(2026, 4, 20)), at=cast.NOON)
        for case in Case.objects.filter(kind="obligation"):
            cases.claim(case.pk, Answer("xong", "Hà"), at=cast.NOON + timedelta(hours=1))
    return people


def proofs(people: cast.Cast) -> dict[str, str]:
    with scoped(system("proof")):
        assessment.assess(at=cast.NOON + timedelta(days=1))
        found = Case.objects.filter(kind="obligation").select_related("organisation")
        return {case.organisation.code: case.proof for case in found}


def send_list(people: cast.Cast, *rows: str) -> None:
    content = "\n".join(["timestamp,src_ip,dst_ip,family", *rows]).encode()
    at = cast.NOON + timedelta(hours=2)
    with scoped(people.scope("ha")):
        botnet_list.import_list(content, "list.csv", people.organisations["hai-van"], "NCSC", received_at=at, at=at)


@pytest.mark.django_db
def test_no_unit_is_proven_before_a_list_came(claimed):
    assert set(proofs(claimed).values()) == {"not_observable"}


@pytest.mark.django_db
def test_a_unit_with_a_listed_host_waits_and_one_without_is_proven(claimed):
    send_list(claimed, f"{cast.NOON:%Y-%m-%dT%H:%M:%SZ},203.0.113.7,192.0.2.66,mirai")
    found = proofs(claimed)
    assert (found["so-y-te"], found["p-vinh-hai"]) == ("watching", "proven")


@pytest.mark.django_db
def test_a_unit_whose_networks_nobody_registered_is_not_proven_by_lists_that_cannot_name_it(claimed):
    send_list(claimed, f"{cast.NOON:%Y-%m-%dT%H:%M:%SZ},203.0.113.7,192.0.2.66,mirai")
    silent = [code for code in proofs(claimed) if code not in {"so-y-te", "p-vinh-hai", "hai-van"}]
    assert silent
    assert {proofs(claimed)[code] for code in silent} <= {"not_observable", "watching"}


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("damaged", "proof"), [("198.51.100.005", "not_observable"), ("192.0.2.300", "proven"), ("không rõ", "proven")]
)
def test_a_row_that_cannot_be_read_concerns_the_unit_whose_address_it_may_be(claimed, damaged, proof):
    send_list(claimed, f"{cast.NOON:%Y-%m-%dT%H:%M:%SZ},{damaged},192.0.2.66,mirai")
    assert proofs(claimed)["p-vinh-hai"] == proof
