"""Whatever an owner or a superuser changes in sealed history is found, and by the link at which it was changed."""

from contextlib import contextmanager

import psycopg
import pytest
from django.db import connections

from tests import cast
from vonggac.ledger import services
from vonggac.ledger.chain import Checkpoint
from vonggac.ledger.models import Entry, Seal
from vonggac.ledger.services import COVERED
from vonggac.ledger.verification import verify
from vonggac.tenancy.scope import Scope, scoped

pytestmark = pytest.mark.django_db(databases=["default", "owner", "sealer"], transaction=True)
# For every column, another value of its type.
FORGED = {
    "id": "id + 100",
    "recorded_at": "recorded_at + interval '1 microsecond'",
    "at": "at - interval '1 microsecond'",
    "actor": "actor || ' '",
    "org_path": "'000002/'",
    "act": "upper(act)",
    "subject_kind": "subject_kind || 's'",
    "subject_id": "subject_id + 50",
    "detail": "detail || '{\"seconds\": 1.0}'",
}
SEAL_COLUMNS = {"sequence": "sequence + 100", "entry_id": "entry_id + 100", "hash": "sha256(hash)"}


@pytest.fixture
def sealed() -> list[int]:
    """Five entries in the chain."""
    with scoped(Scope("person:7", "000001/")):
        made = [
            services.record("case.claim", "case", n, "000001/", at=cast.NOON, text=f"sạch {n}", seconds=n).pk
            for n in range(5)
        ]
    services.seal()
    assert verify().is_sound
    return made


@pytest.fixture(params=["owner", "superuser"])
def forger(request, test_server):
    """Runs statements as somebody who may do everything."""
    if request.param == "owner":
        yield as_owner
        return
    name = connections["default"].settings_dict["NAME"]
    with psycopg.connect(**{**test_server.administrator(), "dbname": name}, autocommit=True) as superuser:
        superuser.execute("SET session_replication_role = replica")
        yield superuser.execute


def as_owner(statement: str) -> None:
    with connections["owner"].cursor() as cursor:
        for table in ("ledger_entry", "ledger_seal"):
            cursor.execute(f"ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY")
            cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
        cursor.execute(statement)
        cursor.execute("ALTER TABLE ledger_entry ENABLE TRIGGER USER")


@contextmanager
def found(*words: str):
    yield
    faults = " | ".join(verify().faults)
    assert faults
    for word in words:
        assert word in faults, faults


def test_every_column_of_both_tables_is_among_those_forged():
    assert set(FORGED) == {field.column for field in Entry._meta.concrete_fields} == set(COVERED)
    assert set(SEAL_COLUMNS) == {field.column for field in Seal._meta.concrete_fields}


@pytest.mark.parametrize(
    "place",
    [pytest.param(0, marks=pytest.mark.slow), 2, pytest.param(4, marks=pytest.mark.slow)],
    ids=["first", "middle", "last"],
)
@pytest.mark.parametrize("column", FORGED)
def test_a_forged_column_is_found_at_its_link(sealed, forger, column, place):
    with found(f"link {place + 1}"):
        forger(f"UPDATE ledger_entry SET {column} = {FORGED[column]} WHERE id = {sealed[place]}")


@pytest.mark.parametrize("column", SEAL_COLUMNS)
def test_a_forged_seal_is_found(sealed, forger, column):
    with found():
        forger(f"UPDATE ledger_seal SET {column} = {SEAL_COLUMNS[column]} WHERE sequence = 3")


def test_two_entries_that_change_places_are_found(sealed, forger):
    with found("link 2", "link 4"):
        forger(
            "UPDATE ledger_entry AS one SET detail = other.detail, subject_id = other.subject_id FROM ledger_entry AS"
            f" other WHERE (one.id, other.id) IN (({sealed[1]}, {sealed[3]}), ({sealed[3]}, {sealed[1]}))"
        )


def test_two_seals_that_change_places_are_found(sealed, forger):
    with found("link 2", "link 3"):
        forger("UPDATE ledger_seal SET entry_id = -entry_id WHERE sequence IN (2, 3)")
        forger(
            f"UPDATE ledger_seal SET entry_id = CASE sequence WHEN 2 THEN {sealed[2]} ELSE {sealed[1]} END"
            " WHERE sequence IN (2, 3)"
        )


def test_an_entry_taken_out_of_the_middle_with_its_seal_is_found(sealed, forger):
    with found("jumps from 2 to 4"):
        forger("DELETE FROM ledger_seal WHERE sequence = 3")
        forger(f"DELETE FROM ledger_entry WHERE id = {sealed[2]}")


def test_an_entry_taken_out_and_the_gap_closed_is_found(sealed, forger):
    with found("link 3"):
        forger("DELETE FROM ledger_seal WHERE sequence = 3")
        forger(f"DELETE FROM ledger_entry WHERE id = {sealed[2]}")
        forger("UPDATE ledger_seal SET sequence = -sequence WHERE sequence > 3")
        forger("UPDATE ledger_seal SET sequence = -sequence - 1 WHERE sequence < 0")


def test_an_entry_written_between_is_named_as_unsealed(sealed, forger):
    forger(
        "INSERT INTO ledger_entry (id, recorded_at, at, actor, org_path, act, subject_kind, subject_id, detail)"
        f" SELECT {sealed[0]} - 1, recorded_at, at, 'person:9', org_path, act, subject_kind, 99, '{{}}'"
        f" FROM ledger_entry WHERE id = {sealed[0]}"
    )
    assert verify().unsealed == (sealed[0] - 1,)


def test_a_tail_cut_off_is_found_by_each_later_checkpoint_from_outside(sealed, forger):
    outside = services.checkpoint()
    forger("DELETE FROM ledger_seal WHERE sequence > 3")
    forger(f"DELETE FROM ledger_entry WHERE id > {sealed[2]}")
    assert verify().is_sound, "nothing inside the database tells of what is gone"
    assert verify([outside]).faults == ("the chain ends before checkpoint 5",)


def test_a_tail_cut_off_and_grown_again_is_found(sealed, forger):
    outside = services.checkpoint()
    forger("DELETE FROM ledger_seal WHERE sequence = 5")
    forger(f"DELETE FROM ledger_entry WHERE id = {sealed[4]}")
    with scoped(Scope("person:7", "000001/")):
        services.record("case.claim", "case", 4, "000001/", at=cast.NOON, text="khác")
    services.seal()
    assert verify().is_sound
    assert verify([outside]).faults == ("link 5 does not match the checkpoint kept outside",)


def test_checkpoints_that_change_places_or_digits_are_found(sealed):
    head = services.checkpoint()
    assert verify([head]).is_sound
    early = Checkpoint(3, head.hash)
    other = Checkpoint(head.sequence, head.hash[:-1] + ("0" if head.hash[-1] != "0" else "1"))
    assert verify([early]).faults == ("link 3 does not match the checkpoint kept outside",)
    assert verify([other]).faults == ("link 5 does not match the checkpoint kept outside",)
    assert verify([Checkpoint(6, head.hash)]).faults == ("the chain ends before checkpoint 6",)
