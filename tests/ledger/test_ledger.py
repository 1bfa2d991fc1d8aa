"""The chain seals what was committed, and a change by anyone, even the superuser, is found."""

import json
from datetime import UTC, timedelta, timezone

import psycopg
import pytest
from django.db import ProgrammingError, connection, connections, transaction
from hypothesis import given
from hypothesis import strategies as st

from tests import cast
from vonggac.ledger import services
from vonggac.ledger.chain import GENESIS, Checkpoint, SealedEntry, canonical, link
from vonggac.ledger.models import Entry
from vonggac.ledger.verification import verify
from vonggac.tenancy.scope import Scope, scoped

EVERY = ["default", "owner", "sealer"]
OFFICER = Scope("person:7", "000001/")
in_every_database = pytest.mark.django_db(databases=EVERY, transaction=True)


def write(number: int) -> list[int]:
    with scoped(OFFICER):
        return [
            services.record("case.claim", "case", n, "000001/", at=cast.NOON, text=f"sạch {n}", seconds=n).pk
            for n in range(number)
        ]


def as_owner(statement: str, *arguments: object) -> None:
    """Run a statement with the tables' owner's rights, as a dishonest administrator would."""
    with connections["owner"].cursor() as cursor:
        cursor.execute("ALTER TABLE ledger_entry NO FORCE ROW LEVEL SECURITY")
        cursor.execute(statement, arguments)


@in_every_database
def test_entries_are_chained_in_order_and_verify():
    identifiers = write(5)
    assert services.seal() == 5
    assert services.seal() == 0
    found = verify()
    assert found.is_sound
    assert (found.sealed, found.unsealed) == (5, ())
    with connections["sealer"].cursor() as cursor:
        cursor.execute("SELECT entry_id FROM ledger_seal ORDER BY sequence")
        assert [row[0] for row in cursor.fetchall()] == identifiers


@in_every_database
def test_a_rolled_back_act_leaves_no_entry():
    def act_and_fail():
        with scoped(OFFICER):
            services.record("case.claim", "case", 1, "000001/", at=cast.NOON)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        act_and_fail()
    assert services.seal() == 0


@in_every_database
def test_the_unsealed_tail_is_named():
    write(2)
    services.seal()
    tail = write(1)
    found = verify()
    assert found.unsealed == tuple(tail)
    assert found.is_sound


@in_every_database
@pytest.mark.parametrize("verb", ["UPDATE ledger_entry SET act = 'case.none'", "DELETE FROM ledger_entry"])
def test_the_application_can_neither_change_nor_delete_history(verb):
    write(1)
    with pytest.raises(ProgrammingError, match="permission denied"), scoped(OFFICER), connection.cursor() as cursor:
        cursor.execute(verb)


@in_every_database
@pytest.mark.parametrize("table", ["ledger_seal", "ledger_unsealed"])
def test_the_application_cannot_write_the_chain(table):
    column = {"ledger_seal": "sequence, entry_id, hash", "ledger_unsealed": "entry_id"}[table]
    value = {"ledger_seal": "1, 1, ''", "ledger_unsealed": "1"}[table]
    with (
        pytest.raises(ProgrammingError, match="permission denied"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(f"INSERT INTO {table} ({column}) VALUES ({value})")


@in_every_database
@pytest.mark.parametrize(
    "change",
    [
        "UPDATE ledger_entry SET detail = '{}' WHERE subject_id = 2",
        "UPDATE ledger_entry SET actor = 'person:8' WHERE subject_id = 2",
        "UPDATE ledger_entry SET at = at + interval '1 second' WHERE subject_id = 2",
        "UPDATE ledger_entry SET org_path = '000002/' WHERE subject_id = 2",
        "DELETE FROM ledger_entry WHERE subject_id = 2",
        "UPDATE ledger_seal SET hash = sha256('x') WHERE sequence = 3",
        "DELETE FROM ledger_seal WHERE sequence = 3",
    ],
)
def test_a_change_by_the_owner_is_found(change):
    write(5)
    services.seal()
    as_owner(change)
    assert not verify().is_sound


@in_every_database
def test_a_chain_rebuilt_by_the_owner_is_found_by_a_checkpoint_from_outside():
    write(3)
    services.seal()
    outside = services.checkpoint()
    as_owner('UPDATE ledger_entry SET detail = \'{"text": "forged"}\' WHERE subject_id = 1')
    with connections["owner"].cursor() as cursor:
        cursor.execute("DELETE FROM ledger_seal")
        cursor.execute("INSERT INTO ledger_unsealed SELECT id FROM ledger_entry")
    services.seal()
    assert verify().is_sound, "without the checkpoint a rebuilt chain looks whole"
    assert not verify([outside]).is_sound


@in_every_database
def test_a_point_kept_again_after_the_chain_was_rewritten_does_not_hide_the_first():
    write(2)
    services.seal()
    kept = services.checkpoint()
    as_owner("UPDATE ledger_entry SET act = 'case.close' WHERE subject_id = 0")
    as_owner("DELETE FROM ledger_seal")
    as_owner("INSERT INTO ledger_unsealed SELECT id FROM ledger_entry")
    services.seal()
    rewritten = services.checkpoint()
    assert rewritten.sequence == kept.sequence
    assert verify([rewritten]).is_sound
    assert not verify([kept, rewritten]).is_sound
    assert not verify([rewritten, kept]).is_sound


@in_every_database
def test_cutting_the_end_off_is_found_by_a_checkpoint_from_outside():
    write(3)
    services.seal()
    outside = services.checkpoint()
    as_owner("DELETE FROM ledger_seal WHERE sequence = 3")
    as_owner("DELETE FROM ledger_entry WHERE subject_id = 2")
    assert verify().is_sound
    assert verify([outside]).faults == ("the chain ends before checkpoint 3",)


@in_every_database
def test_a_superuser_is_found_too(test_server):
    write(3)
    services.seal()
    name = connections["default"].settings_dict["NAME"]
    with psycopg.connect(**{**test_server.administrator(), "dbname": name}, autocommit=True) as superuser:
        superuser.execute("SET session_replication_role = replica")
        superuser.execute("DELETE FROM ledger_entry WHERE subject_id = 0")
    assert not verify().is_sound


MOMENTS = st.datetimes(timezones=st.just(UTC))
DETAILS = st.dictionaries(st.text(max_size=8), st.one_of(st.text(max_size=8), st.integers(), st.none(), st.booleans()))
ENTRIES = st.builds(
    SealedEntry, st.integers(1), MOMENTS, MOMENTS, st.text(max_size=9), st.text(max_size=9), st.text(max_size=9),
    st.text(max_size=9), st.integers(0), DETAILS,
)  # fmt: skip


@given(ENTRIES, ENTRIES)
def test_different_entries_have_different_links(one, other):
    assert (link(GENESIS, one) == link(GENESIS, other)) == (canonical(one) == canonical(other))


@given(ENTRIES)
def test_the_canonical_form_does_not_depend_on_key_order_or_time_zone(entry):
    hanoi = timezone(timedelta(hours=7))
    same = SealedEntry(
        entry.id, entry.recorded_at.astimezone(hanoi), entry.at, entry.actor, entry.org_path, entry.act,
        entry.subject_kind, entry.subject_id, dict(reversed(list(entry.detail.items()))),
    )  # fmt: skip
    assert canonical(entry) == canonical(same)
    assert json.loads(canonical(entry))[0] == entry.id


def test_a_checkpoint_reads_back_what_it_prints():
    point = Checkpoint(12, "ab" * 32)
    assert Checkpoint.parse(str(point)) == point
    with pytest.raises(ValueError, match=r"checkpoint|non-hexadecimal"):
        Checkpoint.parse("12:abcd")
    assert Entry._meta.db_table == "ledger_entry"
