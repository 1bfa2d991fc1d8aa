"""Register files: what they change, what they are refused for, and that they never change anything twice."""

import hashlib
from collections import Counter
from dataclasses import asdict
from datetime import date, timedelta

import pytest

from tests import cast
from tests.register.register_files import FILES, bring_in, bring_in_all, faults, plan
from vonggac.errors import InputError, MappingNeeded, WrongState
from vonggac.ledger.models import Entry
from vonggac.register import imports
from vonggac.register.models import Asset, AssetAddress, Contact, Network, Organisation, Person, Role, Sensor
from vonggac.tenancy.scope import scoped, system

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def whole_tree(db):
    with scoped(system("tests")):
        yield


def test_a_whole_register_comes_in_with_vietnamese_headers_and_words():
    bring_in_all()
    assert Organisation.objects.get(code="xa-1").parent.code == "hv"
    assert Role.objects.filter(person__email="a@example.vn").count() == 2
    assert Asset.objects.get(name="SV-1").addresses.count() == 2
    assert Sensor.objects.get(name="bien-yt").networks == ["203.0.113.0/26", "10.0.0.0/8"]
    assert Contact.objects.get(name="Quốc gia").org_path == ""


@pytest.mark.parametrize("kind", FILES)
def test_a_second_import_changes_nothing_and_writes_no_row_entries(kind):
    bring_in_all()
    entries = Entry.objects.exclude(act="register.import").count()
    again = bring_in(kind, FILES[kind])
    assert again.changes == ()
    assert again.counts()["unchanged"] > 0
    assert Entry.objects.exclude(act="register.import").count() == entries


@pytest.mark.parametrize("form", ["csv", "xlsx"])
@pytest.mark.parametrize("kind", FILES)
def test_an_export_imports_back_without_a_change(kind, form):
    bring_in_all()
    planned = plan(kind, imports.export(kind, form))
    assert (planned.changes, planned.rejects, planned.missing) == ((), (), ())


def test_a_register_exported_and_imported_elsewhere_exports_the_same():
    bring_in_all()
    bring_in("networks", "network,organisation,valid_from\n203.0.113.0/26,xa-1,2026-05-01\n")
    bring_in(
        "organisations", "code,name,kind,parent,valid_to,ended_by,successor\ncu,Xã Cũ,commune,hv,2025-07-01,NQ,xa-1\n"
    )
    exported = {kind: imports.export(kind, "csv") for kind in FILES}
    renamed = {
        kind: content.replace(b"hv", b"hv2").replace(b"xa-1", b"xa-2").replace(b"bien-yt", b"bien-2")
        .replace(b"yt,", b"yt2,").replace(b"ht-1", b"ht-2").replace(b"a@example", b"b@example")
        .replace(b"203.0.113", b"198.51.100").replace(b"2001:db8::", b"2001:db8:1::").replace(b"::/32", b"::/48")
        .replace(b"cu,", b"cu2,")
        for kind, content in exported.items()
    }  # fmt: skip
    for kind, content in renamed.items():
        assert not bring_in(kind, content).rejects, kind
    both = {kind: imports.export(kind, "csv").decode("utf-8-sig").splitlines() for kind in FILES}
    for kind, content in renamed.items():
        assert set(content.decode("utf-8-sig").splitlines()) <= set(both[kind]), kind


def test_the_import_stands_in_the_ledger_with_the_files_digest_and_counts():
    bring_in("organisations", FILES["organisations"])
    entry = Entry.objects.get(act="register.import")
    assert entry.detail["sha256"] == hashlib.sha256(FILES["organisations"].encode()).hexdigest()
    assert (entry.detail["created"], entry.detail["rows_read"]) == (3, 3)
    assert Entry.objects.filter(act="organisation.create").count() == 3


def test_a_changed_row_shows_before_and_after_in_plan_and_ledger():
    bring_in_all()
    planned = bring_in("systems", FILES["systems"].replace(",3", ",4"))
    assert [(c.before, c.after) for c in planned.changed] == [({"level": 3}, {"level": 4})]
    entry = Entry.objects.get(act="system.change")
    assert (entry.detail["before"], entry.detail["fields"]) == ({"level": 3}, {"level": 4})


def test_a_column_that_the_file_lacks_leaves_the_field_as_it_is():
    bring_in_all()
    bring_in("assets", "name,organisation,address,kind\nPC-1,xa-1,10.1.0.1,server\n")
    asset = Asset.objects.get(name="PC-1")
    assert (asset.kind, asset.nat_pool) == ("server", "203.0.113.20")


def test_rows_that_the_file_does_not_mention_are_shown_and_stay():
    bring_in_all()
    planned = bring_in("assets", "name,organisation,address\nPC-1,xa-1,10.1.0.1\n")
    assert ("asset", ("hv", "SV-1")) in planned.missing
    assert Asset.objects.filter(name="SV-1").exists()


def test_a_plan_alone_changes_nothing():
    plan("organisations", FILES["organisations"])
    assert not Organisation.objects.exists()
    assert not Entry.objects.exists()


def test_a_plan_made_before_somebody_elses_import_is_refused():
    planned = plan("organisations", FILES["organisations"])
    bring_in("organisations", FILES["organisations"])
    with pytest.raises(WrongState, match="changed since the preview"):
        imports.apply(planned, at=cast.NOON)


def test_a_code_that_is_taken_is_told_in_plain_words(monkeypatch):
    bring_in_all()
    planned = plan("systems", "code,name,organisation,level\nht-9,A,hv,1\n")
    bring_in("systems", "code,name,organisation,level\nht-9,B,yt,1\n")
    monkeypatch.setattr("vonggac.register.imports.process._refuse_stale", lambda *_: None)
    with pytest.raises(InputError, match=r"systems\.csv: the code is used by another information system"):
        imports.apply(planned, at=cast.NOON)


@pytest.mark.parametrize(
    ("kind", "line", "column", "reason"),
    [
        ("organisations", "xa-9,Xã Chín,làng,hv", "Loại", "write one of"),
        ("organisations", "xa-9,Xã Chín,xã,khong-co", "Cấp trên", "not in the register"),
        ("organisations", "xa-9,Xã Chín,xã,xa-9", "Cấp trên", "xa-9 → xa-9"),
        ("organisations", "yt,Sở Y tế,sở,xa-1", "Cấp trên", "line 4 says “hv”"),
        ("people", "không phải thư,An,hv,head,", "email", "not a mail address"),
        ("people", "b@example.vn,Ba,hv,vua,", "vai trò", "write one of"),
        ("people", "a@example.vn,An Khác,hv,auditor,+84 90 1", "họ tên", "line 2 says “An”"),
        ("networks", "203.0.113.5/24,hv", "dải IP", "write 203.0.113.0/24"),
        ("networks", "198.51.100.0/24,khong-co", "đơn vị", "not in the register"),
        ("networks", "203.0.113.0/26,xa-1", "đơn vị", "another line of the file"),
        ("systems", "ht-2,Hai,hv,6", "cấp độ", "from 1 to 5"),
        ("assets", "PC-2,máy trạm,hv,10.0.0.999,,", "địa chỉ", "not an IP address"),
        ("assets", "PC-2,máy trạm,hv,10.0.0.9,ht-9,", "hệ thống", "import systems first"),
        ("assets", "PC-1,máy chủ,xa-1,10.1.0.2,,203.0.113.20", "loại", "line 4 says “workstation”"),
        ("assets", ",máy trạm,hv,10.0.0.9,,", "tên máy", "is empty"),
        ("sensors", "s-2,radar,yt,10.0.0.0/8,", "kind", "write one of"),
        ("sensors", "s-2,flow,yt,10.0.0.1/8,", "networks", "write 10.0.0.0/8"),
        ("heartbeats", "khong-co,2026-01-01T00:00:00Z,2026-01-02T00:00:00Z", "sensor", "import sensors first"),
        ("heartbeats", "bien-yt,2026-01-02T00:00:00Z,2026-01-01T00:00:00Z", "to_utc", "not after"),
        ("heartbeats", "bien-yt,2026-04-20T00:00:00Z,2026-04-20T05:01:01Z", "to_utc", "yet to come"),
        ("rotation", "bien-yt,b.csv,2026-04-20T05:00:00Z,2026-04-20T06:00:00Z,1", "to_utc", "yet to come"),
        ("rotation", "bien-yt,b.csv,2026-01-01T00:00:00Z,2026-01-02T00:00:00Z,-1", "records", "whole number"),
        ("contacts", "Ai đó,khong-co,113,,", "đơn vị", "not in the register"),
    ],
)
def test_a_line_that_cannot_be_used_is_rejected_with_line_column_and_reason(kind, line, column, reason):
    bring_in_all()
    planned = bring_in(kind, f"{FILES[kind]}{line}\n")
    last = FILES[kind].count("\n") + 1
    assert faults(planned) == [(last, column)]
    assert reason in planned.rejects[0].reason
    assert planned.changes == ()


@pytest.mark.parametrize(
    ("cells", "column"),
    [
        ("yt,Sở Y tế,sở,xa-1,,,", "parent"),
        ("yt,Sở Y tế,sở,hv,2026-01-01,NQ,hv", "valid_to"),
    ],
)
def test_what_a_dated_act_changes_is_not_changed_by_an_import(cells, column):
    bring_in_all()
    planned = bring_in("organisations", f"code,name,kind,parent,valid_to,ended_by,successor\n{cells}\n")
    assert faults(planned) == [(2, column)]
    assert "dated act" in planned.rejects[0].reason


def test_every_bad_cell_of_a_line_is_named():
    bring_in_all()
    planned = plan("assets", "name,kind,organisation,address\nPC-9,tủ lạnh,hv,10.0.0.999\n")
    assert faults(planned) == [(2, "kind"), (2, "address")]
    assert planned.counts()["rejected"] == 1


def test_children_of_a_rejected_line_are_rejected_too():
    planned = bring_in("organisations", "code,name,kind,parent\na,A,province,\nb,B,commune,khong-co\nc,C,school,b\n")
    assert faults(planned) == [(3, "parent"), (4, "parent")]
    assert set(Organisation.objects.values_list("code", flat=True)) == {"a"}


def test_a_file_without_a_needed_column_says_which_and_what_it_has():
    with pytest.raises(MappingNeeded, match=r"no column đơn vị cấp trên \(parent\); it has: code, name, kind"):
        plan("organisations", "code,name,kind\na,A,province\n")


def test_two_columns_with_one_meaning_are_refused():
    with pytest.raises(MappingNeeded, match=r"both mean đơn vị \(organisation\)"):
        plan("networks", "network,organisation,đơn vị\n203.0.113.0/24,a,a\n")


def test_columns_that_are_not_used_are_named():
    assert plan("organisations", "code,name,kind,parent,ghi chú\na,A,province,,x\n").unknown_columns == ("ghi chú",)


def test_an_unknown_kind_names_the_known_ones():
    with pytest.raises(InputError, match="organisations, people, networks"):
        plan("cats", "a\nb\n")


def test_a_block_given_to_another_office_ends_the_earlier_tenure():
    bring_in_all()
    bring_in("networks", "network,organisation,valid_from\n203.0.113.0/26,xa-1,2026-05-01\n")
    assert [(n.organisation.code, n.valid_from, n.valid_to) for n in cast.history_of("203.0.113.0/26")] == [
        ("yt", None, date(2026, 5, 1)),
        ("xa-1", date(2026, 5, 1), None),
    ]


def test_an_undated_line_gives_the_block_from_the_day_of_the_import():
    bring_in_all()
    bring_in("networks", "network,organisation\n203.0.113.0/26,xa-1\n", at=date(2026, 6, 1))
    assert Network.objects.get(cidr="203.0.113.0/26", organisation__code="yt").valid_to == date(2026, 6, 1)


def test_nothing_is_entered_for_an_organisation_that_has_ended():
    bring_in_all()
    bring_in(
        "organisations", "code,name,kind,parent,valid_to,ended_by,successor\ncu,Xã Cũ,commune,hv,2025-07-01,NQ 1,xa-1\n"
    )
    for kind, line in (
        ("assets", "name,organisation,address\nPC-7,cu,\n"),
        ("networks", "network,organisation\n10.9.0.0/16,cu\n"),
    ):
        planned = plan(kind, line)
        assert faults(planned) == [(2, "organisation")]
        assert "NQ 1" in planned.rejects[0].reason
        assert "successor xa-1" in planned.rejects[0].reason


def test_an_address_line_with_times_ends_the_address():
    bring_in_all()
    bring_in("assets", "name,organisation,address,address_to\nPC-1,xa-1,10.1.0.1,2026-03-01T00:00:00Z\n")
    bring_in("assets", "name,organisation,address,address_from\nPC-1,xa-1,10.1.0.9,2026-03-01T00:00:00Z\n")
    held = AssetAddress.objects.filter(asset__name="PC-1").order_by("pk").values_list("address", "to_utc__date")
    assert list(held) == [("10.1.0.1", date(2026, 3, 1)), ("10.1.0.9", None)]


def test_a_sensor_that_changes_hands_takes_its_coverage_along():
    bring_in_all()
    bring_in("sensors", FILES["sensors"].replace(",yt,", ",xa-1,"))
    sensor = Sensor.objects.get(name="bien-yt")
    assert sensor.organisation.code == "xa-1"
    assert {row.org_path for row in sensor.coverage.all()} == {sensor.org_path}


def test_new_people_cannot_sign_in_with_a_password_yet():
    bring_in_all()
    assert not Person.objects.get(email="a@example.vn").has_usable_password()


def test_what_a_spreadsheet_would_run_is_exported_harmless_and_read_back():
    bring_in_all()
    bring_in("organisations", FILES["organisations"].replace("Xã Một", "=1+1"))
    exported = imports.export("organisations", "csv")
    assert b",'=1+1," in exported
    assert plan("organisations", exported).changes == ()


@pytest.mark.parametrize("kind", FILES)
def test_the_figures_of_a_plan_are_what_its_import_writes(kind):
    bring_in_all({name: text for name, text in FILES.items() if list(FILES).index(name) < list(FILES).index(kind)})
    nouns = {part.noun: part.model for part in imports.kind_named(kind).parts}
    before = {noun: model.objects.count() for noun, model in nouns.items()}
    planned = bring_in(kind, FILES[kind])
    made = {noun: model.objects.count() - before[noun] for noun, model in nouns.items()}
    assert {noun: planned.of(noun).created for noun in nouns} == made
    again = plan(kind, FILES[kind])
    assert {noun: again.of(noun).unchanged for noun in nouns} == made
    assert {(again.of(noun).created, again.of(noun).changed) for noun in nouns} == {(0, 0)}


def test_of_people_the_person_and_each_role_are_counted_by_themselves():
    bring_in_all()
    changed = FILES["people"].replace("+84 90 1", "+84 90 2") + "b@example.vn,Bình,yt,kiểm toán,\n"
    planned = plan("people", changed + "b@example.vn,Bình,hv,lãnh đạo,\n")
    assert asdict(planned.of("person")) == {"created": 1, "changed": 1, "unchanged": 0}
    assert asdict(planned.of("role")) == {"created": 2, "changed": 0, "unchanged": 2}
    entries = Entry.objects.count()
    imports.apply(planned, at=cast.NOON)
    written = Counter(Entry.objects.order_by("pk")[entries:].values_list("act", flat=True))
    assert written == {"person.create": 1, "person.change": 1, "role.create": 2, "register.import": 1}


def test_progress_counts_every_change():
    bring_in("organisations", FILES["organisations"])
    told: list[int] = []
    planned = plan("networks", FILES["networks"])
    imports.apply(planned, at=cast.NOON, progress=told.append)
    assert sum(told) == len(planned.changes) == 3


def test_a_sign_of_life_may_run_ahead_by_no_more_than_clocks_differ_and_comes_in_once_its_time_is_over():
    bring_in_all()
    beats = "sensor,from_utc,to_utc\nbien-yt,2026-04-20T00:00:00Z,2026-04-20T05:01:{seconds}Z\n"
    assert len(bring_in("heartbeats", beats.format(seconds="00")).created) == 1
    assert faults(plan("heartbeats", beats.format(seconds="30"))) == [(2, "to_utc")]
    assert not bring_in("heartbeats", beats.format(seconds="30"), now=cast.NOON + timedelta(minutes=1)).rejects
