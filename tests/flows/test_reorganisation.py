"""The act of 2025: districts vanish, communes merge, and nobody's work is lost."""

from datetime import date

import pytest

from tests import cast
from vonggac.cases import services as cases
from vonggac.cases.models import Case, Finding, Kind
from vonggac.cases.services import Opening
from vonggac.directives.models import Audience, Clause, Directive, Document, Obligation
from vonggac.errors import InputError, OutOfScope
from vonggac.flows import reorganisation
from vonggac.ledger.models import Entry
from vonggac.register.models import Asset, AssetAddress, Network, Organisation, Role, Sensor, SensorCoverage
from vonggac.register.services.assets import create_asset, create_system
from vonggac.register.services.networks import assign_network, create_sensor, record_coverage
from vonggac.register.services.organisations import create_organisation
from vonggac.register.services.people import create_person, give_role
from vonggac.register.services.succession import DatedAct
from vonggac.tenancy.scope import Scope, scoped, system

pytestmark = pytest.mark.django_db
NOON = cast.NOON
FIRST_OF_JULY = date(2026, 7, 1)
ACT = DatedAct("Nghị quyết 99/NQ-HĐND ngày 12/6/2026", FIRST_OF_JULY)


@pytest.fixture
def tree(db):
    """province → two districts → three communes, under the system's scope."""
    with scoped(system("tests")):
        made: dict[str, Organisation] = {}
        for code, kind, parent in (
            ("tinh", "province", None),
            ("huyen-a", "district", "tinh"),
            ("huyen-b", "district", "tinh"),
            ("xa-1", "commune", "huyen-a"),
            ("xa-2", "commune", "huyen-a"),
            ("xa-3", "commune", "huyen-b"),
            ("truong-1", "school", "xa-1"),
        ):
            made[code] = create_organisation(code, f"Đơn vị {code}", kind, parent=made.get(parent or ""), at=NOON)
        yield made


def open_case(organisation, subject="203.0.113.9", asset=None):
    opening = Opening(
        organisation, Kind.BOTNET_HOST, subject, subject, 2, "", None, asset_id=asset.pk if asset else None
    )
    return cases.open_many([opening], at=NOON)[0]


def oblige(clause, organisation):
    case = cases.open_many([Opening(organisation, Kind.OBLIGATION, "1.a", "1.a", 3, "", None)], at=NOON)[0]
    return Obligation.objects.create(
        clause=clause, directive=clause.directive, organisation=organisation, org_path=organisation.path, case=case
    )


def enter_clause(office):
    document = Document.objects.create(
        org_path=office.path, name="cv.txt", sha256="0" * 64, size=1, received_at=NOON, text="…"
    )
    directive = Directive.objects.create(
        document=document, position=0, organisation=office, org_path=office.path, changed_at=NOON
    )
    return Clause.objects.create(directive=directive, org_path=office.path, position=0, label="1.a", text="…")


def fresh(organisation):
    return Organisation.objects.get(pk=organisation.pk)


def test_a_district_vanishes_and_its_communes_hang_under_the_province(tree):
    case = open_case(tree["xa-1"])
    done = open_case(tree["truong-1"])
    cases.close(done.pk, "xong", at=NOON)
    asset = create_asset("PC-1", tree["xa-1"], addresses=["10.0.0.1"], at=NOON)

    report = reorganisation.abolish(tree["huyen-a"], None, ACT, at=NOON)

    district = fresh(tree["huyen-a"])
    assert (district.valid_to, district.ended_by, district.successor) == (FIRST_OF_JULY, ACT.text, tree["tinh"])
    below = Organisation.objects.filter(parent=tree["tinh"], valid_to__isnull=True).values_list("code", flat=True)
    assert set(below) == {"huyen-b", "xa-1", "xa-2"}
    commune = fresh(tree["xa-1"])
    assert commune.path == f"{tree['tinh'].path}{commune.pk:06d}/"
    assert fresh(tree["truong-1"]).path == f"{commune.path}{tree['truong-1'].pk:06d}/"
    assert Case.objects.get(pk=case.pk).org_path == commune.path
    assert Case.objects.get(pk=done.pk).org_path == fresh(tree["truong-1"]).path
    assert AssetAddress.objects.get(asset=asset).org_path == commune.path
    assert report.counts() == {"organisation": 1, "unit": 2}


def test_after_a_move_every_path_equals_the_chain_of_parents(tree):
    reorganisation.move(tree["xa-1"], tree["huyen-b"], ACT, at=NOON)
    reorganisation.abolish(tree["huyen-b"], None, ACT, at=NOON)
    for organisation in Organisation.objects.select_related("parent"):
        above = organisation.parent.path if organisation.parent else ""
        assert organisation.path == f"{above}{organisation.pk:06d}/"


def test_merged_communes_hand_over_networks_assets_sensors_systems_roles_and_open_work(tree):
    source, heir = tree["xa-2"], tree["xa-3"]
    assign_network("203.0.113.0/26", source, None, at=NOON)
    asset = create_asset("PC-1", source, addresses=["10.0.0.1"], at=NOON)
    create_asset("PC-1", heir, at=NOON)
    create_system("ht-1", "Một cửa", 2, source, at=NOON)
    sensor = create_sensor("xa-2-border", "flow", source, ["203.0.113.0/26"], at=NOON)
    record_coverage(sensor, NOON, NOON.replace(hour=6), at=NOON)
    lan = create_person("lan2@example.vn", "Lan", at=NOON)
    give_role(lan, source, "it_officer", at=NOON)
    work = open_case(source, asset=asset)
    Finding.objects.create(case=work, org_path=work.org_path, source="s", subject="203.0.113.9")
    closed = open_case(source, "203.0.113.10")
    cases.close(closed.pk, "xong", at=NOON)

    report = reorganisation.merge([source], heir, ACT, at=NOON)

    assert report.counts() == {
        "asset": 1, "case": 1, "network": 1, "organisation": 1, "role": 1, "sensor": 1, "system": 1,
    }  # fmt: skip
    assert [(n.organisation, n.valid_from, n.valid_to) for n in cast.history_of("203.0.113.0/26")] == [
        (source, None, FIRST_OF_JULY),
        (heir, FIRST_OF_JULY, None),
    ]
    moved = Asset.objects.get(pk=asset.pk)
    assert (moved.organisation, moved.name) == (heir, "PC-1 (xa-2)")
    assert AssetAddress.objects.get(asset=asset).org_path == heir.path
    assert Sensor.objects.get(pk=sensor.pk).org_path == SensorCoverage.objects.get(sensor=sensor).org_path == heir.path
    held = {(r.organisation.code, r.valid_to) for r in Role.objects.filter(person=lan).select_related("organisation")}
    assert held == {("xa-2", FIRST_OF_JULY), ("xa-3", None)}
    assert Case.objects.get(pk=work.pk).organisation == heir
    assert Finding.objects.get(case=work).org_path == heir.path
    assert Case.objects.get(pk=closed.pk).organisation == source
    assert Entry.objects.filter(act="organisation.merge").count() == 2
    assert Entry.objects.filter(act="case.move", subject_id=work.pk).count() == 1


def test_obligations_move_unless_the_heir_is_bound_by_the_same_clause(tree):
    clause = enter_clause(tree["tinh"])
    other = Clause.objects.create(
        directive=clause.directive, org_path=clause.org_path, position=1, label="1.b", text="…"
    )
    ours, theirs = oblige(clause, tree["xa-2"]), oblige(clause, tree["xa-3"])
    alone = oblige(other, tree["xa-2"])

    reorganisation.merge([tree["xa-2"]], tree["xa-3"], ACT, at=NOON)

    ours.refresh_from_db()
    alone.refresh_from_db()
    assert ours.organisation == tree["xa-2"]
    assert ours.case.state == "closed"
    assert alone.organisation == alone.case.organisation == tree["xa-3"]
    assert Case.objects.get(pk=theirs.case_id).state == "sent"
    assert Audience.objects.filter(directive=clause.directive, org_path=tree["xa-3"].path).exists()


def test_two_sources_bound_by_one_clause_leave_one_obligation_with_the_heir(tree):
    clause = enter_clause(tree["tinh"])
    for code in ("xa-1", "xa-2"):
        oblige(clause, tree[code])
    reorganisation.merge([tree["xa-1"], tree["xa-2"]], tree["xa-3"], ACT, at=NOON)
    open_ones = Obligation.objects.filter(clause=clause).exclude(case__state="closed")
    assert [obligation.organisation for obligation in open_ones] == [tree["xa-3"]]


def test_a_split_follows_the_table_and_the_default_takes_the_rest(tree):
    source, other, rest = tree["xa-1"], tree["xa-2"], tree["xa-3"]
    for block in ("203.0.113.0/26", "203.0.113.64/26"):
        assign_network(block, source, None, at=NOON)
    server = create_asset("SV-1", source, kind="server", at=NOON)
    create_asset("PC-2", source, at=NOON)
    by_address = open_case(source, "203.0.113.5")
    by_asset = open_case(source, "SV-1", asset=server)
    by_default = open_case(source, "203.0.113.70")
    table = "network,asset,unit,organisation\n203.0.113.0/26,,,xa-2\n,SV-1,,xa-2\n,,truong-1,xa-2\n"

    heirs = reorganisation.read_heirs(table.encode(), "split.csv", rest)
    reorganisation.split(source, heirs, ACT, at=NOON)

    owners = {n.cidr: n.organisation for n in Network.objects.filter(valid_to__isnull=True)}
    assert owners == {"203.0.113.0/26": other, "203.0.113.64/26": rest}
    assert {a.name: a.organisation for a in Asset.objects.all()} == {"SV-1": other, "PC-2": rest}
    held = {case.pk: case.organisation for case in Case.objects.all()}
    assert held == {by_address.pk: other, by_asset.pk: other, by_default.pk: rest}
    assert fresh(tree["truong-1"]).parent == other


def test_a_preview_says_the_same_and_writes_nothing(tree):
    assign_network("203.0.113.0/26", tree["xa-2"], None, at=NOON)
    open_case(tree["xa-2"])
    entries = Entry.objects.count()
    preview = reorganisation.merge([tree["xa-2"]], tree["xa-3"], ACT, at=NOON, is_preview=True)
    assert Entry.objects.count() == entries
    assert fresh(tree["xa-2"]).valid_to is None
    assert Network.objects.count() == 1
    assert reorganisation.merge([fresh(tree["xa-2"])], fresh(tree["xa-3"]), ACT, at=NOON) == preview


def test_a_unit_never_comes_under_itself(tree):
    with pytest.raises(InputError, match="itself or below"):
        reorganisation.move(tree["huyen-a"], tree["xa-1"], ACT, at=NOON)


def test_a_unit_that_takes_over_from_the_one_above_goes_up_a_step(tree):
    reorganisation.abolish(tree["huyen-a"], tree["xa-1"], ACT, at=NOON)
    assert fresh(tree["xa-1"]).parent == tree["tinh"]
    assert fresh(tree["xa-2"]).parent == tree["xa-1"]
    assert fresh(tree["xa-2"]).path.startswith(fresh(tree["xa-1"]).path)


@pytest.mark.parametrize(
    ("source", "heir", "act", "words"),
    [
        ("xa-1", "xa-1", ACT, "its own successor"),
        ("tinh", None, ACT, "name the organisation"),
        ("xa-1", None, DatedAct(" ", FIRST_OF_JULY), "give the act"),
    ],
)
def test_an_act_that_cannot_be_is_refused(tree, source, heir, act, words):
    with pytest.raises(InputError, match=words):
        reorganisation.abolish(tree[source], tree.get(heir or ""), act, at=NOON)


def test_nothing_passes_to_an_organisation_that_has_ended(tree):
    reorganisation.merge([tree["xa-2"]], tree["xa-3"], ACT, at=NOON)
    with pytest.raises(InputError, match="ended on 2026-07-01"):
        reorganisation.merge([tree["xa-1"]], fresh(tree["xa-2"]), ACT, at=NOON)


@pytest.mark.parametrize(
    ("table", "words"),
    [
        ("network,organisation\n203.0.113.0/26,nobody\n", "line 2: names no organisation"),
        ("network,organisation\n203.0.113.5/26,xa-2\n", "line 2: .*203.0.113.0/26"),
        ("network,asset,organisation\n203.0.113.0/26,SV-1,xa-2\n", "line 2: fills 2"),
        ("network,who\n203.0.113.0/26,xa-2\n", "needs the column organisation"),
    ],
)
def test_a_split_table_that_cannot_be_used_names_its_line(tree, table, words):
    with pytest.raises(InputError, match=words):
        reorganisation.read_heirs(table.encode(), "split.csv", tree["xa-3"])


def test_an_act_reaches_no_further_than_the_scope(tree):
    with scoped(system("tests")):
        stranger = create_organisation("la", "Tỉnh lạ", "province", at=NOON)
        assign_network("203.0.113.0/26", tree["xa-1"], None, at=NOON)
    with scoped(Scope("person:1", tree["tinh"].path)), pytest.raises(OutOfScope, match="outside"):
        reorganisation.merge([tree["xa-1"]], stranger, ACT, at=NOON)
