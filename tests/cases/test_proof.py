from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

import pytest

from vonggac.cases import proof
from vonggac.cases.proof import Gap, Missing, Verdict, VerdictState

START, END = datetime(2024, 4, 20, tzinfo=UTC), datetime(2024, 4, 21, tzinfo=UTC)


def always_open(case_ids: Sequence[int], at: datetime) -> Iterator[tuple[int, Verdict]]:
    yield from ((case_id, Verdict(VerdictState.OPEN)) for case_id in case_ids)


def never_open(case_ids: Sequence[int], at: datetime) -> Iterator[tuple[int, Verdict]]:
    yield from ()


@pytest.fixture(autouse=True)
def own_registry(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(proof, "_assessors", {})


def test_a_rule_that_no_module_declares_does_not_exist() -> None:
    assert proof.assessor_of("duty_coverage") is None


def test_a_declared_rule_is_found_by_its_name() -> None:
    proof.assesses("always_open")(always_open)
    assessor = proof.assessor_of("always_open")
    assert assessor is not None
    assert [(number, verdict.state) for number, verdict in assessor([3, 4], START)] == [(3, "open"), (4, "open")]


def test_a_module_may_be_loaded_twice_and_another_one_may_not_take_its_rule() -> None:
    proof.assesses("always_open")(always_open)
    proof.assesses("always_open")(always_open)
    with pytest.raises(ValueError, match="two functions assess the rule always_open"):
        proof.assesses("always_open")(never_open)


def test_a_missing_log_says_its_kind_sensor_subject_and_time() -> None:
    missing = Missing("dns", "silent", "dns-1", "10.0.0.5", START, END)
    assert str(missing) == (
        "dns log, sensor dns-1, for 10.0.0.5: silent from 2024-04-20 00:00:00 to 2024-04-21 00:00:00 UTC"
    )
    assert str(Missing("list", "the next list has not come")) == "list: the next list has not come"


def test_a_gap_knows_its_seconds() -> None:
    assert Gap("flow", START, END).seconds == 86_400
