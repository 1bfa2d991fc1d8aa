from dataclasses import dataclass
from datetime import UTC, datetime

import pytest

from vonggac.cases import proof
from vonggac.cases.proof import Gap, Missing, Verdict, VerdictState

START, END = datetime(2024, 4, 20, tzinfo=UTC), datetime(2024, 4, 21, tzinfo=UTC)


@dataclass(frozen=True)
class AlwaysOpen:
    name: str = "always_open"

    def evaluate(self, evidence: object) -> Verdict:
        return Verdict(VerdictState.OPEN)


@pytest.fixture(autouse=True)
def own_registry(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(proof, "_rules", {})


def test_a_kind_without_a_rule_has_none() -> None:
    assert proof.rule_for("roster") is None
    assert proof.known() == {}


def test_a_registered_rule_is_found_by_kind() -> None:
    proof.register("botnet_host", AlwaysOpen())
    rule = proof.rule_for("botnet_host")
    assert rule is not None
    assert rule.evaluate(None).state is VerdictState.OPEN
    assert proof.known() == {"botnet_host": "always_open"}


def test_a_rule_may_register_twice_and_another_one_may_not_take_its_kind() -> None:
    proof.register("botnet_host", AlwaysOpen())
    proof.register("botnet_host", AlwaysOpen())
    with pytest.raises(ValueError, match="always_open"):
        proof.register("botnet_host", AlwaysOpen("other"))


def test_a_missing_log_says_its_kind_sensor_subject_and_time() -> None:
    missing = Missing("dns", "silent", "dns-1", "10.0.0.5", START, END)
    assert str(missing) == (
        "dns log, sensor dns-1, for 10.0.0.5: silent from 2024-04-20 00:00:00 to 2024-04-21 00:00:00 UTC"
    )
    assert str(Missing("list", "the next list has not come")) == "list: the next list has not come"


def test_a_gap_knows_its_seconds() -> None:
    assert Gap("flow", START, END).seconds == 86_400
