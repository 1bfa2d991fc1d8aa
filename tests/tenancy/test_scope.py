import pytest
from django.db import ProgrammingError, connection, transaction
from hypothesis import given
from hypothesis import strategies as st

from tests import cast
from vonggac.cases.models import Case
from vonggac.directives.models import Audience, Directive, Document
from vonggac.errors import OutOfScope
from vonggac.ledger.models import Entry
from vonggac.register.models import Organisation, Role
from vonggac.tenancy.scope import Scope, bounds, current, scoped, system

PATHS = st.lists(st.integers(1, 999_999), min_size=1, max_size=6).map(lambda ids: "".join(f"{i:06d}/" for i in ids))


def open_case(organisation: Organisation) -> Case:
    return Case.objects.create(
        organisation=organisation, org_path=organisation.path, kind="botnet_host", subject="203.0.113.9",
        title="203.0.113.9", opened_at=cast.NOON, changed_at=cast.NOON,
    )  # fmt: skip


@given(PATHS, PATHS)
def test_the_range_of_a_path_holds_exactly_its_subtree(node, other):
    low, high = bounds(node)
    assert (low <= other < high) == other.startswith(node)
    assert Scope("x", "").covers(other)


@pytest.mark.django_db
def test_without_a_scope_there_are_zero_rows(people):
    with scoped(system("tests")):
        open_case(people.organisations["p-vinh-hai"])
    assert not Case.objects.exists()
    assert not Organisation.objects.exists()
    assert not Role.objects.exists()
    with pytest.raises(OutOfScope):
        current()


def test_a_commune_sees_its_own_cases_and_nobody_elses(people):
    with scoped(system("tests")):
        ours = open_case(people.organisations["p-vinh-hai"])
        theirs = open_case(people.organisations["so-y-te"])
    with scoped(people.scope("lan")):
        assert [case.pk for case in Case.objects.all()] == [ours.pk]
        assert not Case.objects.filter(pk=theirs.pk).exists()
    with scoped(people.scope("ha")):
        assert Case.objects.count() == 2
    with scoped(people.scope("vinh")):
        assert Case.objects.count() == 0


def test_a_scope_sees_the_chain_above_it_but_not_its_neighbours(people):
    with scoped(people.scope("lan")):
        assert set(Organisation.objects.values_list("code", flat=True)) == {"nation", "hai-van", "p-vinh-hai"}


def test_a_row_cannot_be_written_outside_the_scope(people):
    with scoped(people.scope("lan")), pytest.raises(ProgrammingError, match="row-level security"), transaction.atomic():
        open_case(people.organisations["so-y-te"])


def test_a_row_cannot_be_pushed_out_of_the_scope(people):
    with scoped(system("tests")):
        case = open_case(people.organisations["p-vinh-hai"])
    with scoped(people.scope("lan")):
        case.org_path = people.organisations["dong-son"].path
        with pytest.raises(ProgrammingError, match="row-level security"), transaction.atomic():
            case.save()


def test_an_inner_scope_gives_way_to_the_outer_one(people):
    with scoped(people.scope("ha")):
        with scoped(people.scope("lan")):
            assert current().org_path == people.organisations["p-vinh-hai"].path
            assert Organisation.objects.filter(code="so-y-te").count() == 0
        assert Organisation.objects.filter(code="so-y-te").count() == 1


def test_a_directive_is_seen_by_the_organisations_it_binds_only(people):
    lead = people.organisations["hai-van"]
    with scoped(system("tests")):
        document = Document.objects.create(
            org_path=lead.path, name="a.txt", sha256="0" * 64, size=1, received_at=cast.NOON, text="…"
        )
        directive = Directive.objects.create(
            document=document, position=0, organisation=lead, org_path=lead.path, changed_at=cast.NOON
        )
        Audience.objects.create(directive=directive, org_path=people.organisations["p-vinh-hai"].path)
    seen = {}
    for name in ("ha", "lan", "tam", "vinh", "nam"):
        with scoped(people.scope(name)):
            seen[name] = (Directive.objects.count(), Document.objects.count())
    assert seen == {"ha": (1, 1), "lan": (1, 1), "tam": (0, 0), "vinh": (0, 0), "nam": (1, 1)}


def test_nobody_signs_the_ledger_with_another_name(people):
    with scoped(people.scope("lan")), pytest.raises(ProgrammingError, match="row-level security"), transaction.atomic():
        Entry.objects.create(
            at=cast.NOON, actor="person:999", org_path=people.organisations["p-vinh-hai"].path,
            act="case.claim", subject_kind="case", subject_id=1,
        )  # fmt: skip


@pytest.mark.django_db
def test_every_table_of_ours_is_under_forced_row_level_security():
    # Read through roles, and by sign-in before a scope exists; counters of wrong passwords, by digests of addresses.
    exempt = {"register_person", "register_counter"}
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT relname FROM pg_class WHERE relkind = 'r' AND NOT (relrowsecurity AND relforcerowsecurity)"
            " AND relname ~ '^(register|cases|directives|duty|botnet)_'"
        )
        assert {name for (name,) in cursor.fetchall()} == exempt
