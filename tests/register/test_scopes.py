"""A unit imports, reads and exports its own part of the tree and nothing else."""

import pytest
from django.db import ProgrammingError, connection, transaction

from tests import cast
from tests.register.register_files import TODAY, bring_in, faults, plan
from vonggac.errors import InputError, OutOfScope
from vonggac.register import imports, lookup, queries
from vonggac.register.models import Asset, Contact, Network, Organisation, Sensor
from vonggac.register.services import assets, networks, organisations, people
from vonggac.tenancy.scope import scoped, system

ASSETS = "name,organisation,address\nPC-1,p-vinh-hai,10.0.0.1\n"


@pytest.fixture
def troupe(db):
    made = cast.assemble()
    with scoped(system("tests")):
        bring_in("networks", "network,organisation\n203.0.113.0/24,hai-van\n203.0.113.0/26,so-y-te\n")
        bring_in("assets", "name,organisation,address\nSV-1,so-y-te,10.9.0.1\nPC-0,p-vinh-hai,10.9.0.2\n")
        bring_in("sensors", "name,kind,organisation,networks\nbien,flow,hai-van,203.0.113.0/24\n")
        bring_in("contacts", "name,organisation,phones\nQuốc gia,,113\nTỉnh,hai-van,114\nLạ,dong-son,115\n")
    return made


def test_a_commune_exports_its_own_rows_only(troupe):
    with scoped(troupe.scope("lan")):
        exported = {kind: imports.export(kind, "csv").decode() for kind in imports.KINDS}
    assert "PC-0" in exported["assets"]
    assert "p-vinh-hai" in exported["organisations"]
    for text in exported.values():
        assert not any(foreign in text for foreign in ("SV-1", "so-y-te", "dong-son", "bien", "tam@"))


def test_without_a_scope_there_is_nothing_to_read_and_nothing_to_write(troupe):
    with scoped(troupe.scope("ha")):
        seen = (Organisation.objects.count(), Asset.objects.count(), Contact.objects.count())
    assert all(seen)
    for rows in (Organisation, Asset, Network, Sensor, Contact):
        assert not rows.objects.exists()
    with pytest.raises(OutOfScope):
        plan("assets", ASSETS)
    with pytest.raises(ProgrammingError, match="row-level security"), transaction.atomic():
        Asset.objects.create(organisation_id=1, org_path="000001/", name="x")


def test_a_person_whom_another_office_keeps_is_named_and_only_the_role_is_new(troupe):
    people = "email,name,organisation,role\n{email},Tên Khác,p-vinh-hai,auditor\n"
    with scoped(system("tests")):
        email = troupe.people["vinh"].email
    with scoped(troupe.scope("ha")):
        planned = plan("people", people.format(email=email))
        assert [change.key for change in planned.elsewhere] == [(email,)]
        assert (planned.of("person").created, planned.of("person").unchanged) == (0, 1)
        assert planned.of("role").created == 1
        imports.apply(planned, at=cast.NOON)
    with scoped(system("tests")):
        assert troupe.people["vinh"].roles.filter(name="auditor").count() == 1
        troupe.people["vinh"].refresh_from_db()
        assert troupe.people["vinh"].name != "Tên Khác"


def test_a_unit_imports_its_own_assets(troupe):
    with scoped(troupe.scope("lan")):
        assert len(bring_in("assets", ASSETS).created) == 2


@pytest.mark.parametrize("code", ["so-y-te", "dong-son", "hai-van"])
def test_a_line_for_somebody_elses_organisation_is_a_reject(troupe, code):
    with scoped(troupe.scope("lan")):
        planned = plan("assets", ASSETS.replace("p-vinh-hai", code))
    assert faults(planned) == [(2, "organisation")]
    expected = "above yours" if code == "hai-van" else "not in the register"
    assert expected in planned.rejects[0].reason


def test_a_block_of_another_office_cannot_be_taken(troupe):
    with scoped(troupe.scope("lan")):
        planned = plan("networks", "network,organisation\n203.0.113.0/26,p-vinh-hai\n")
        with pytest.raises(InputError, match="another organisation answers for the block"):
            imports.apply(planned, at=cast.NOON)
    with scoped(system("tests")):
        assert Network.objects.get(cidr="203.0.113.0/26").organisation.code == "so-y-te"


def test_a_code_of_another_office_is_told_as_taken_without_showing_its_owner(troupe):
    with scoped(troupe.scope("lan")):
        planned = plan("organisations", "code,name,kind,parent\nso-y-te,Của tôi,other,p-vinh-hai\n")
        with pytest.raises(InputError, match="used by another organisation") as refusal:
            imports.apply(planned, at=cast.NOON)
    assert "Sở Y tế" not in str(refusal.value)


def test_a_unit_cannot_make_a_root_or_rename_the_office_above(troupe):
    with scoped(troupe.scope("lan")):
        root = plan("organisations", "code,name,kind,parent\nmoi,Mới,other,\n")
        above = plan("organisations", "code,name,kind,parent\nhai-van,Tên khác,province,nation\n")
    assert (faults(root), faults(above)) == ([(2, "parent")], [(2, "code")])


def test_a_person_of_another_office_gets_the_role_and_keeps_their_particulars(troupe):
    line = "email,name,organisation,role\ntam@example.vn,Tên Khác,p-vinh-hai,analyst\n"
    with scoped(troupe.scope("lan")):
        bring_in("people", line)
        assert plan("people", line).changes == ()
    troupe.people["tam"].refresh_from_db()
    assert troupe.people["tam"].name == "Tâm"


def test_an_office_cannot_lock_out_a_person_whom_another_entered(troupe):
    with scoped(system("tests")):
        bring_in("people", "email,name,organisation,role\nbinh@example.vn,Bình,dong-son,head\n")
    with scoped(troupe.scope("lan")):
        bring_in("people", "email,name,organisation,role,active\nbinh@example.vn,Bình,p-vinh-hai,analyst,no\n")
        stranger = queries.find_people("binh").get()
        with pytest.raises(OutOfScope, match="another office"):
            people.deactivate(stranger, "thử", at=cast.NOON)
        ours = people.create_person("cua-toi@example.vn", "Của tôi", at=cast.NOON)
        people.give_role(ours, troupe.organisations["p-vinh-hai"], "analyst", at=cast.NOON)
        assert not people.deactivate(ours, "nghỉ việc", at=cast.NOON).is_active
    stranger.refresh_from_db()
    assert stranger.is_active


def test_contacts_of_the_offices_above_are_seen_and_not_changed(troupe):
    with scoped(troupe.scope("lan")):
        assert set(queries.contacts().values_list("name", flat=True)) == {"Quốc gia", "Tỉnh"}
        assert Contact.objects.filter(name="Tỉnh").update(name="Đổi") == 0
    with scoped(troupe.scope("vinh")):
        assert set(queries.contacts().values_list("name", flat=True)) == {"Quốc gia", "Lạ"}


@pytest.mark.parametrize(
    ("words", "codes"),
    [("so y te", {"so-y-te"}), ("ĐA KHOA", {"bv-da-khoa"}), ("vinh hai", {"p-vinh-hai"}), ("khong co", set())],
)
def test_organisations_are_found_without_accents(troupe, words, codes):
    with scoped(troupe.scope("ha")):
        assert set(queries.find_organisations(words).values_list("code", flat=True)) == codes


def test_search_stays_within_the_scope(troupe):
    with scoped(troupe.scope("lan")):
        assert not queries.find_organisations("y te").exists()
        assert not queries.find_assets("SV").exists()
        assert not queries.find_assets("10.9.0.1").exists()
        assert not queries.find_people("tam").exists()
        assert [person.name for person in queries.find_people("LAN")] == ["Lan"]


def test_assets_are_found_by_name_beginning_and_address(troupe):
    with scoped(troupe.scope("ha")):
        assert [asset.name for asset in queries.find_assets("sv")] == ["SV-1"]
        assert [asset.name for asset in queries.find_assets("10.9.0.2")] == ["PC-0"]
        assert [asset.name for asset in queries.find_assets_by_beginning("pc")] == ["PC-0"]


def test_the_owner_table_is_compiled_once_per_revision_and_scope(troupe):
    with scoped(troupe.scope("ha")):
        first = lookup.owner_table(TODAY)
        assert lookup.owner_table(TODAY) is first
        networks.assign_network("203.0.113.64/26", troupe.organisations["p-vinh-hai"], None, at=cast.NOON)
        second = lookup.owner_table(TODAY)
        assert (len(first.networks), len(second.networks)) == (2, 3)
    with scoped(troupe.scope("lan")):
        assert lookup.owner_table(TODAY).networks == ["203.0.113.64/26"]


def test_acts_are_written_to_the_ledger_and_refused_outside_the_scope(troupe):
    ours, theirs = troupe.organisations["p-vinh-hai"], troupe.organisations["so-y-te"]
    with scoped(troupe.scope("lan")):
        made = organisations.create_organisation("to-1", "Tổ Một", "other", parent=ours, at=cast.NOON)
        asset = assets.create_asset("PC-5", ours, addresses=["10.0.0.5"], at=cast.NOON)
        assets.change_address(asset, "10.0.0.6", cast.NOON, at=cast.NOON)
        assets.retire_asset(asset, TODAY, at=cast.NOON)
        person = people.create_person("moi@example.vn", "Mới", at=cast.NOON)
        role = people.give_role(person, ours, "auditor", at=cast.NOON)
        people.end_role(role, TODAY, at=cast.NOON)
        organisations.correct_organisation(made, name="Tổ 1", at=cast.NOON)
        with connection.cursor() as cursor:
            cursor.execute("SELECT act FROM ledger_entry WHERE actor = %s ORDER BY id", [troupe.scope("lan").actor])
            acts = [act for (act,) in cursor.fetchall()]
        with pytest.raises(OutOfScope, match="outside"):
            assets.create_asset("PC-6", theirs, at=cast.NOON)
    assert acts == [
        "organisation.create", "asset.create", "asset.change_address", "asset.retire", "person.create", "role.create",
        "role.end", "organisation.change",
    ]  # fmt: skip
    assert list(asset.addresses.model.objects.all()) == []


def test_what_a_dated_act_changes_is_no_correction(troupe):
    with scoped(troupe.scope("ha")), pytest.raises(InputError, match="dated act only"):
        organisations.correct_organisation(troupe.organisations["so-y-te"], ended_by="x", at=cast.NOON)


def test_a_block_assigned_again_changes_hands_on_the_day(troupe):
    with scoped(troupe.scope("ha")):
        networks.assign_network("203.0.113.0/26", troupe.organisations["so-tttt"], TODAY, at=cast.NOON)
        history = [(n.organisation.code, n.valid_from, n.valid_to) for n in cast.history_of("203.0.113.0/26")]
        with pytest.raises(InputError, match="already answered for"):
            networks.assign_network("203.0.113.0/26", troupe.organisations["p-vinh-hai"], None, at=cast.NOON)
    assert history == [("so-y-te", None, TODAY), ("so-tttt", TODAY, None)]
