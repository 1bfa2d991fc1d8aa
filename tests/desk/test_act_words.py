"""No act of the ledger stands on a page by its code."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from vonggac.cases.rules import Move
from vonggac.desk.act_words import ACTS, act_of

SOURCES = Path(__file__).resolve().parents[2] / "src" / "vonggac"
WRITERS = {"record", "record_many", "_record", "note", "_enter"}
ACT = re.compile(r"[a-z_]+\.[a-z_]+")
# Names of the same shape that the writers are given and that are no acts.
PARTS = ("organisation", "person", "role", "contact", "network", "system", "asset", "asset_address", "sensor")


def literals(node: ast.AST) -> Iterator[str]:
    for part in ast.walk(node):
        if isinstance(part, ast.Constant) and isinstance(part.value, str) and ACT.fullmatch(part.value):
            yield part.value


def acts_written() -> set[str]:
    """The first argument of every call that writes the ledger, and the values of enumerations that name acts."""
    found: set[str] = set()
    for path in SOURCES.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call) and node.args:
                name = node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")
                if name in WRITERS:
                    for argument in node.args[:2]:
                        found |= set(literals(argument))
    return found


def acts_composed() -> set[str]:
    """The acts whose names are put together: moves of cases, files of the register, reorganisations, reminders."""
    cases = {f"case.{move.value}" for move in Move} | {"case.remind", "case.escalate"}
    files = {f"{noun}.{verb}" for noun in (*PARTS, "heartbeat", "rotation") for verb in ("create", "change")}
    moves = {f"{noun}.move" for noun in ("role", "contact", "network", "system", "asset", "sensor", "case")}
    return cases | files | moves


def test_the_walk_finds_the_acts():
    assert {"case.verdict", "obligation.send", "report.issue", "access.break_glass", "list.import"} <= acts_written()


@pytest.mark.parametrize("act", sorted(acts_written() | acts_composed()))
def test_every_act_has_words(act):
    assert act in ACTS


def test_every_act_reads_as_a_sentence_of_the_language():
    assert all("." not in act_of(act) for act in ACTS)
