"""Acts that come late, twice, or in the wrong order never lose work, lengthen a right or bend history."""

from datetime import date

import pytest

from tests import cast
from tests.register.register_files import bring_in
from vonggac.cases import services as cases
from vonggac.cases.models import Case, Kind
from vonggac.cases.services import Opening
from vonggac.errors import InputError
from vonggac.flows import reorganisation
from vonggac.ledger.models import Entry
from vonggac.register.models import Asset, Network, Organisation, Person, Role
from vonggac.register.services.assets import create_asset
from vonggac.register.services.organisations import create_organisation
from vonggac.register.services.succession import DatedAct
from vonggac.tenancy.scope import scoped, system

pytestmark = pytest.mark.django_db
MAY, JUNE, JULY, AUGUST = (date(2026, month, 1) for month in (5, 6, 7, 8))
CODES = ("xa-1", "xa-2", "xa-3")


@pytest.fixture
def tree(db):
    """A province with three communes, under the system's scope."""
    with scoped(system("tests")):
        top = create_organisation("tinh", "Tỉnh", "province", parent=None, at=cast.NOON)
        made = {code: create_organisation(code, f"Xã {code}", "commune", parent=top, at=cast.NOON) for code in CODES}
        yield {"tinh": top, **made}


def merge(tree, source: str, into: str, on: date, text: str = "NQ 1") -> None:
    one, other = (Organisation.objects.get(code=code) for code in (source, into))
    reorganisation.merge([one], other, DatedAct(text, on), at=cast.NOON)


def role(tree, code: str, begins: date | None = None, ends: date | None = None, email: str = "an@example.vn") -> Role:
    person = Person.objects.filter(email=email).first() or Person.objects.create_user(email, "An")
    owner = tree[code]
    return Role.objects.create(
        person=person, organisation=owner, org_path=owner.path, name="head", valid_from=begins, valid_to=ends
    )


def terms(code: str) -> list[tuple[date | None, date | None]]:
    return list(Role.objects.filter(organisation__code=code).values_list("valid_from", "valid_to"))


@pytest.mark.parametrize(
    ("begins", "ends", "left", "passed"),
    [
        (None, None, (None, JUNE), (JUNE, None)),
        (None, AUGUST, (None, JUNE), (JUNE, AUGUST)),
        (MAY, JULY, (MAY, JUNE), (JUNE, JULY)),
        (JULY, AUGUST, (JULY, JULY), (JULY, AUGUST)),
        (JULY, None, (JULY, JULY), (JULY, None)),
    ],
)
def test_a_role_passes_for_what_was_left_of_it_and_no_longer(tree, begins, ends, left, passed):
    role(tree, "xa-1", begins, ends)
    merge(tree, "xa-1", "xa-2", JUNE)
    assert terms("xa-1") == [left]
    assert terms("xa-2") == [passed]


@pytest.mark.parametrize(
    ("own", "theirs", "longer"),
    [(JULY, AUGUST, AUGUST), (AUGUST, JULY, AUGUST), (None, JULY, None), (JULY, None, None)],
)
def test_a_role_held_with_both_lasts_as_long_as_the_longer(tree, own, theirs, longer):
    role(tree, "xa-1", None, own)
    role(tree, "xa-2", None, theirs)
    merge(tree, "xa-1", "xa-2", JUNE)
    assert terms("xa-2") == [(None, longer)]


def test_a_role_that_was_over_before_the_act_does_not_come_back(tree):
    role(tree, "xa-1", None, MAY)
    merge(tree, "xa-1", "xa-2", JUNE)
    assert (terms("xa-1"), terms("xa-2")) == ([(None, MAY)], [])


@pytest.mark.parametrize("on", [MAY, JUNE, JULY])
def test_an_organisation_ends_once_whatever_day_a_second_act_bears(tree, on):
    merge(tree, "xa-1", "xa-2", JUNE)
    before = Organisation.objects.get(code="xa-1")
    with pytest.raises(InputError, match="ended on 2026-06-01"):
        merge(tree, "xa-1", "xa-3", on, "NQ 2")
    after = Organisation.objects.get(code="xa-1")
    assert (after.valid_to, after.ended_by, after.successor_id) == (before.valid_to, "NQ 1", before.successor_id)


@pytest.mark.parametrize("on", [MAY, JUNE, JULY])
def test_no_work_goes_to_an_organisation_that_gave_its_own_away(tree, on):
    merge(tree, "xa-2", "xa-3", JUNE)
    opening = Opening(tree["xa-1"], Kind.BOTNET_HOST, "203.0.113.9", "Máy", 2, "", None)
    made = cases.open_many([opening], at=cast.NOON)[0]
    with pytest.raises(InputError, match="ended on 2026-06-01"):
        merge(tree, "xa-1", "xa-2", on, "NQ 2")
    assert Case.objects.get(pk=made.pk).organisation.code == "xa-1"


def test_two_organisations_cannot_swallow_each_other(tree):
    merge(tree, "xa-1", "xa-2", JUNE)
    with pytest.raises(InputError, match="ended on"):
        merge(tree, "xa-2", "xa-1", JUNE, "NQ 2")


def test_a_refused_act_leaves_no_trace(tree):
    create_asset("PC-1", tree["xa-1"], addresses=["10.0.0.1"], at=cast.NOON)
    merge(tree, "xa-2", "xa-3", JUNE)
    entries = Entry.objects.count()
    one, gone = Organisation.objects.get(code="xa-1"), Organisation.objects.get(code="xa-2")
    with pytest.raises(InputError):
        reorganisation.merge([one], gone, DatedAct("NQ 2", JULY), at=cast.NOON)
    assert Entry.objects.count() == entries
    assert Asset.objects.get().organisation.code == "xa-1"


def test_an_act_dated_in_the_past_takes_over_from_its_day_and_changes_no_day_before(tree):
    bring_in("networks", "network,organisation,valid_from,valid_to\n203.0.113.0/24,xa-1,2026-01-01,\n")
    merge(tree, "xa-1", "xa-2", date(2026, 2, 1))
    held = Network.objects.order_by("valid_from").values_list("organisation__code", "valid_from", "valid_to")
    assert list(held) == [
        ("xa-1", date(2026, 1, 1), date(2026, 2, 1)),
        ("xa-2", date(2026, 2, 1), None),
    ]


def test_an_act_dated_before_a_block_was_held_hands_the_whole_of_it_over(tree):
    bring_in("networks", "network,organisation,valid_from,valid_to\n203.0.113.0/24,xa-1,2026-03-01,\n")
    merge(tree, "xa-1", "xa-2", date(2026, 2, 1))
    assert list(Network.objects.values_list("organisation__code", "valid_from")) == [("xa-2", date(2026, 3, 1))]


def test_a_chain_of_mergers_entered_one_after_the_other_ends_with_the_last_heir(tree):
    opening = Opening(tree["xa-1"], Kind.BOTNET_HOST, "203.0.113.9", "Máy", 2, "", None)
    made = cases.open_many([opening], at=cast.NOON)[0]
    bring_in("networks", "network,organisation,valid_from\n203.0.113.0/24,xa-1,2026-01-01\n")
    role(tree, "xa-1")
    merge(tree, "xa-1", "xa-2", MAY)
    merge(tree, "xa-2", "xa-3", JUNE, "NQ 2")
    merge(tree, "xa-3", "tinh", JULY, "NQ 3")
    assert Case.objects.get(pk=made.pk).organisation.code == "tinh"
    assert terms("tinh") == [(JULY, None)]
    held = Network.objects.order_by("valid_from").values_list("organisation__code", "valid_to")
    assert list(held) == [("xa-1", MAY), ("xa-2", JUNE), ("xa-3", JULY), ("tinh", None)]


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ("a,A,province,b\nb,B,commune,a\n", [2, 3]),
        ("a,A,province,b\nb,B,commune,c\nc,C,commune,a\n", [2, 3, 4]),
        ("a,A,province,a\n", [2]),
        ("a,A,province,\na,A khác,province,\n", [3]),
        ("a,A,province,\nb,B,commune,a\na,A,commune,b\n", [4]),
    ],
    ids=["two in a ring", "three in a ring", "its own parent", "one code for two", "a root below its own unit"],
)
def test_a_file_whose_organisations_contradict_each_other_brings_in_none_of_those(tree, text, wrong):
    planned = bring_in("organisations", f"code,name,kind,parent\n{text}")
    assert sorted({reject.line for reject in planned.rejects}) == wrong
    for found in Organisation.objects.exclude(parent=None).select_related("parent"):
        assert found.path.startswith(found.parent.path)
