"""What unreadable rows leave in doubt: a sentence of docs/explanation/proof.md, “What could not be read”, each."""

import gzip
from pathlib import Path

import pytest

from tests.flows.proof.worlds import C2_ADDRESS, C2_NAME, HEADERS, World, at, flow, question, text, words
from vonggac.cases.proof import VerdictState
from vonggac.flows.proof.c2 import C2
from vonggac.formats import traffic
from vonggac.formats.traffic_tables import Kind

PROVEN, NOT_OBSERVABLE = VerdictState.PROVEN, VerdictState.NOT_OBSERVABLE
INNER, OTHER, FAR = "10.0.0.5", "10.0.0.6", "10.9.0.9"
TIME = text(at(2))


@pytest.fixture
def world(tmp_path: Path) -> World:
    """pc-1 and pc-2 under flow-1, pc-9 under flow-9; nothing but benign traffic and the next list."""
    world = World(tmp_path)
    for name, address in (("pc-1", INNER), ("pc-2", OTHER), ("pc-9", FAR)):
        world.host(name, address)
    world.sensor("flow-1", Kind.FLOW, "10.0.0.0/24")
    world.sensor("flow-9", Kind.FLOW, "10.9.0.0/24")
    world.next_list()
    return world


def states(world: World) -> list[VerdictState]:
    return [world.judge(host).state for host in ("pc-1", "pc-2", "pc-9")]


@pytest.mark.parametrize(
    "row",
    [
        f"yesterday,{INNER},1,{C2_ADDRESS},443,tcp",
        f"{TIME},{INNER},1,,443,tcp",
        f"{TIME},{INNER},1,198.51.10",
        f"{TIME},{INNER},1,198.51.100.6",
        f"{TIME},{INNER},1,{C2_ADDRESS}",
        f"{TIME},{C2_ADDRESS},443,{INNER}",
    ],
)
def test_a_row_that_may_be_a_contact_of_the_host_it_names_stops_that_proof_alone(world: World, row: str) -> None:
    world.log("flow-1", Kind.FLOW, row)
    assert states(world) == [NOT_OBSERVABLE, PROVEN, PROVEN]
    assert "flow-1" in words(world.judge("pc-1"))


@pytest.mark.parametrize(
    "row", [f"{TIME},,1,{C2_ADDRESS},443,tcp", f"{TIME},10.0.", f"{TIME},{INNER}", TIME, f"bad,,,{C2_ADDRESS},,"]
)
def test_a_row_that_names_nobody_stops_the_proof_of_all_whom_its_sensor_sees(world: World, row: str) -> None:
    world.log("flow-1", Kind.FLOW, row)
    assert states(world) == [NOT_OBSERVABLE, NOT_OBSERVABLE, PROVEN]


@pytest.mark.parametrize(
    "row",
    [
        f"yesterday,{INNER},1,192.0.2.1,443,tcp",
        f"{TIME},{INNER},1,192.0.2.1,443",
        f"yesterday,10.0.0.99,1,{C2_ADDRESS},443,tcp",
        "Total,14",
        "2024-04",
        f"{text(at(-1))},,1,{C2_ADDRESS},443,tcp",
    ],
)
def test_a_row_that_was_surely_no_contact_after_the_claim_stops_no_proof(world: World, row: str) -> None:
    world.log("flow-1", Kind.FLOW, row)
    assert states(world) == [PROVEN, PROVEN, PROVEN]


def test_a_firewall_line_that_is_cut_off_inside_the_other_end_stops_the_proof_of_its_host(world: World) -> None:
    line = f"<134>{TIME} fw kernel: IN=eth0 OUT=eth1 SRC={INNER} DST=192.0.2.1 LEN=60 PROTO=TCP SPT=40000 DPT=443"
    cut = line.replace("192.0.2.1", C2_ADDRESS)[: line.index("DST=") + len("DST=198.51.100.6")]
    content = f"{line}\n{cut}".encode()
    world.lake.add("vn", "flow-1", Kind.FLOW, traffic.read(content, "fw.log"), world.lake.keep(content), at(9))
    assert states(world) == [NOT_OBSERVABLE, PROVEN, PROVEN]


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        (f"{TIME},{OTHER}", NOT_OBSERVABLE),
        (f"{TIME},,{C2_NAME}", NOT_OBSERVABLE),
        (f"yesterday,{INNER},a.b.{C2_NAME}.", NOT_OBSERVABLE),
        (f"yesterday,{INNER},www.example.org", PROVEN),
        (f"yesterday,{INNER},x{C2_NAME}", PROVEN),
        (f"{TIME},{OTHER},www.example.org,x", PROVEN),
    ],
)
def test_an_unreadable_question_is_held_against_the_host_unless_its_name_is_harmless(
    world: World, row: str, expected: VerdictState
) -> None:
    world.c2 = C2(names=frozenset({C2_NAME}))
    world.sensor("dns-1", Kind.DNS, "10.0.0.0/24")
    world.log("dns-1", Kind.DNS, question(1, INNER, "www.example.org"), row)
    assert world.judge("pc-1").state is expected


def test_a_torn_copy_is_forgotten_when_the_whole_file_comes_under_its_name(world: World) -> None:
    world.log("flow-1", Kind.FLOW, flow(1, OTHER, "192.0.2.1"), f"{TIME},{INNER},1,19", name="conn.csv", received=2)
    assert world.judge("pc-1").state is NOT_OBSERVABLE
    rows = [flow(1, OTHER, "192.0.2.1"), flow(2, INNER, "192.0.2.1")]
    world.log("flow-1", Kind.FLOW, *rows, name="other.csv", received=3)
    assert world.judge("pc-1").state is NOT_OBSERVABLE
    world.log("flow-1", Kind.FLOW, *rows, flow(3, INNER, "192.0.2.1"), name="conn.csv", received=3)
    assert world.judge("pc-1").state is PROVEN
    assert world.judge("pc-1", now=8).state is PROVEN


@pytest.mark.parametrize(
    "rows",
    [
        [flow(4, OTHER, "192.0.2.1"), flow(5, OTHER, "192.0.2.1"), flow(6, OTHER, "192.0.2.1")],
        [flow(1, OTHER, "192.0.2.1")],
        [flow(1, OTHER, "192.0.2.1"), flow(2, INNER, "192.0.2.1"), "2024-04"],
    ],
    ids=["the next day's file", "a shorter file", "a torn one again"],
)
def test_a_file_of_the_same_name_that_does_not_hold_the_rows_ends_no_doubt(world: World, rows: list[str]) -> None:
    world.log("flow-1", Kind.FLOW, flow(1, OTHER, "192.0.2.1"), f"{TIME},{INNER},1,19", name="conn.csv", received=2)
    world.log("flow-1", Kind.FLOW, *rows, name="conn.csv", received=7)
    assert world.judge("pc-1").state is NOT_OBSERVABLE


def test_a_packed_file_that_was_cut_off_is_forgotten_when_it_comes_whole(world: World) -> None:
    whole = gzip.compress("\n".join([HEADERS[Kind.FLOW], flow(1, INNER, "192.0.2.1"), ""]).encode(), mtime=0)
    cut = whole[:-9]
    unreadable = traffic.unreadable(Kind.FLOW, "cut off")
    world.lake.add("vn", "flow-1", Kind.FLOW, unreadable, world.lake.keep(cut), at(2), "conn.gz")
    assert states(world) == [NOT_OBSERVABLE, NOT_OBSERVABLE, PROVEN]
    other = gzip.compress("\n".join([HEADERS[Kind.FLOW], flow(2, INNER, "192.0.2.1"), ""]).encode(), mtime=0)
    for content, expected in ((other, NOT_OBSERVABLE), (whole, PROVEN)):
        world.lake.add(
            "vn", "flow-1", Kind.FLOW, traffic.read(content, "conn.gz"), world.lake.keep(content), at(3), "conn.gz"
        )
        assert world.judge("pc-1").state is expected


def test_a_question_for_what_is_no_name_stops_the_proof_of_who_asked(world: World) -> None:
    world.c2 = C2(names=frozenset({C2_NAME}))
    world.sensor("dns-1", Kind.DNS, "10.0.0.0/24 10.9.0.0/24")
    world.log("dns-1", Kind.DNS, question(2, INNER, "evil|a.example"), question(2, OTHER, "a.example"))
    assert states(world) == [NOT_OBSERVABLE, PROVEN, PROVEN]
    assert "dns-1" in words(world.judge("pc-1"))
