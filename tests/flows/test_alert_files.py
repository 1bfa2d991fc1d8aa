"""A file of alerts on its way: kept, grouped, counted once, set aside and replayed, its bytes behind every sample."""

import gzip
import json
from datetime import timedelta
from pathlib import Path

import pytest
from django.db import connection
from pyarrow import parquet

from tests.alerts.sources import MALWARE, count, declare, eve, findings, lines
from tests.cast import NOON
from tests.outer_data import outer_data
from vonggac.alerts import parts, queries
from vonggac.alerts.models import Arrival, SetAside, Source
from vonggac.alerts.services import files, sources
from vonggac.alerts.services.sources import Declaration
from vonggac.cases.models import Case, Kind
from vonggac.errors import InputError, UnreadableFile, WrongState
from vonggac.flows import alert_files, alert_raw, alert_to_case
from vonggac.flows.alert_files import import_file, replay
from vonggac.flows.uploads import lake
from vonggac.formats.traffic_tables import Kind as LakeKind
from vonggac.jobs import run_waiting
from vonggac.ledger.models import Entry
from vonggac.register.models import Network
from vonggac.tenancy.scope import scoped, system

# The job that opens cases stands there.
assert alert_to_case.open_cases
pytestmark = pytest.mark.django_db(databases=["default", "sealer"])
DESK = system("tests")


@pytest.fixture(autouse=True)
def no_doubt_about_the_lake(test_home):
    yield
    assert not [fault for fault in lake().verify() if "kind=alert" in fault]


def take(path: Path, content: bytes, source: str = "suricata"):
    path.write_bytes(content)
    return import_file(path, source, DESK, at=NOON)


def rows(source: str) -> int:
    return sum(entry.rows for entry in lake().imports(LakeKind.ALERT, [source]))


def source_now(name: str = "suricata") -> Source:
    with scoped(DESK):
        return Source.objects.get(name=name)


def test_a_thousand_alerts_of_two_rules_on_three_hosts_are_few_findings(people, tmp_path):
    declare(people, "sensor-a")
    events = [eve(n, rule=1 + n % 2, src_ip=f"10.1.0.{n % 3}") for n in range(1_000)]
    report = take(tmp_path / "eve.json", lines(*events, {"event_type": "flow", "timestamp": "x"}), "sensor-a")
    assert (report.figures.records, report.figures.rejects, report.figures.observations) == (1_000, 0, 1)
    found = findings()
    assert len(found) == report.new_findings == 6
    assert count() == 1_000
    assert {one.first_seen_utc for one in found} <= {one.first_seen_utc for one in found}
    assert rows("sensor-a") == 1_000
    assert source_now("sensor-a").records == 1_000


def test_real_alerts_of_a_sensor_are_all_taken_in(people, tmp_path):
    content = outer_data("feeds/suricata/frank_alerts.ndjson").read_bytes()
    declare(people, "real")
    report = take(tmp_path / "eve.json", content, "real")
    assert (report.figures.records, report.figures.rejects) == (content.count(b"\n"), 0)
    assert count() == report.figures.records > report.new_findings


def test_the_same_file_three_times_counts_once(people, tmp_path):
    declare(people, "thrice")
    content = lines(*(eve(n, host="thrice") for n in range(50)))
    first, *again = [take(tmp_path / f"eve-{n}.json", content, "thrice") for n in range(3)]
    assert not first.is_known
    assert all(report.is_known and report.figures.records == 50 for report in again)
    assert count() == 50
    assert rows("thrice") == 50


def test_the_bytes_of_every_sample_are_the_line_that_was_sent(people, tmp_path):
    declare(people, "packed")
    events = [eve(n, rule=n % 4, host="packed") for n in range(40)]
    take(tmp_path / "eve.json.gz", gzip.compress(lines(*events)), "packed")
    sent = [json.dumps(event).encode() for event in events]
    for finding in findings():
        assert len(finding.samples) == 5
        for sample in finding.samples:
            assert alert_raw.record(sample) == sent[sample["line"] - 1]


def test_an_import_cut_short_goes_on_and_counts_nothing_twice(people, tmp_path, monkeypatch):
    declare(people, "cut")
    monkeypatch.setattr(parts, "PART_RECORDS", 400)
    content = lines(*(eve(n, rule=n % 7, host="cut", payload="x" * 500) for n in range(3_000)))
    counted = alert_files._count
    calls = []

    def dying(*arguments):
        calls.append(1)
        if len(calls) == 3:
            raise KeyboardInterrupt
        counted(*arguments)

    monkeypatch.setattr(alert_files, "_count", dying)
    with pytest.raises(KeyboardInterrupt):
        take(tmp_path / "eve.json", content, "cut")
    assert 0 < count() < 3_000
    report = take(tmp_path / "eve.json", content, "cut")
    assert not report.is_known
    assert count() == 3_000
    assert rows("cut") == 3_000
    with scoped(DESK):
        assert Arrival.objects.get(source__name="cut").records == 3_000


@pytest.mark.parametrize("later", [(800,), (800, 1_600), (200_000,)])
def test_an_import_begun_when_parts_were_smaller_loses_no_row_and_no_reject(people, tmp_path, monkeypatch, later):
    declare(people, "grown")
    events = [eve(n, rule=n % 7, host="grown", payload="x" * 500) for n in range(6_000)]
    content = lines(*(one if n % 1_000 else "{broken" for n, one in enumerate(events)))
    counted, sizes = alert_files._count, []

    def dying(arrival, part, *_):
        sizes.append(part.table.num_rows)
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(alert_files, "_count", dying)
        for size in (400, *later[:-1]):
            patched.setattr(parts, "PART_RECORDS", size)
            with pytest.raises(KeyboardInterrupt):
                take(tmp_path / "eve.json", content, "grown")
    monkeypatch.setattr(parts, "PART_RECORDS", later[-1])
    monkeypatch.setattr(alert_files, "_count", lambda *given: (sizes.append(given[1].table.num_rows), counted(*given)))
    take(tmp_path / "eve.json", content, "grown")
    assert sizes[: len(later) + 1] == sorted(set(sizes[: len(later) + 1]))
    assert (count(), rows("grown")) == (5_994, 5_994)
    paths = lake().paths(lake().imports(LakeKind.ALERT, ["grown"]))
    offsets = [
        one for path in paths for one in parquet.read_table(path, columns=["raw_offset"])["raw_offset"].to_pylist()
    ]
    assert len(offsets) == len(set(offsets)) == 5_994
    rejects = [one.line for entry in lake().imports(LakeKind.ALERT, ["grown"]) for one in lake().rejects(entry)]
    assert sorted(rejects) == [1, 1_001, 2_001, 3_001, 4_001, 5_001]


def test_a_file_that_changes_after_its_last_part_is_not_taken_for_whole(people, tmp_path, monkeypatch):
    declare(people, "cut")
    counted = alert_files._count

    def cut_off(*arguments):
        counted(*arguments)
        (tmp_path / "eve.json").write_bytes(content[:-10])

    content = lines(*(eve(n, host="cut") for n in range(50)))
    monkeypatch.setattr(alert_files, "_count", cut_off)
    with pytest.raises(InputError, match="still written to"):
        take(tmp_path / "eve.json", content, "cut")
    with scoped(DESK):
        assert Arrival.objects.get(source__name="cut").finished_at is None


def test_bad_lines_are_set_aside_and_the_rest_is_counted(people, tmp_path):
    declare(people, "bad")
    report = take(tmp_path / "eve.json", lines(eve(1), "{broken", eve(2), "null"), "bad")
    assert (report.figures.records, report.figures.rejects) == (2, 2)
    with scoped(DESK):
        aside = SetAside.objects.get()
    assert aside.lines == [2, 4]
    assert "{broken" in aside.reasons[0]["raw"]


def test_what_was_set_aside_is_read_once_the_mapping_is_mended(people, tmp_path):
    wrong = '[fields]\ntitle = "name"\nhost = "machine"\nseverity = "level"\ntime = "when"\n[severity]\n"5" = "High"\n'
    declare(people, "own", format_name="json", mapping=wrong)
    content = lines({"name": "mã độc A", "machine": "PC-1", "level": "5", "when": "2026-04-20T01:00:00Z"}, "{nửa dòng")
    assert take(tmp_path / "own.json", content, "own").figures.rejects == 1
    declare(people, "lines", format_name="wazuh")
    report = take(tmp_path / "plain.json", content, "lines")
    assert (report.figures.records, report.figures.rejects) == (0, 2)
    with scoped(DESK):
        aside = SetAside.objects.get(source__name="lines")
        sources.change(aside.source, Declaration("json", wrong), at=NOON)
    assert replay(aside.pk, DESK, at=NOON).records == 1
    with scoped(DESK):
        aside.refresh_from_db()
    assert (aside.lines, aside.replayed_at) == ([2], None)
    assert [(one.title, one.severity) for one in findings(source__name="lines")] == [("mã độc A", "High")]
    assert replay(aside.pk, DESK, at=NOON).records == 0
    assert sum(one.count for one in findings(source__name="lines")) == 1


def test_a_file_of_no_known_format_is_kept_and_read_later(people, tmp_path):
    declare(people, "unknown", format_name="")
    content = lines({"name": "A", "machine": "PC-7"})
    report = take(tmp_path / "x.json", content, "unknown")
    assert "--format-name" in report.unreadable
    with scoped(DESK):
        aside = SetAside.objects.get()
        sources.change(aside.source, Declaration("json", '[fields]\ntitle = "name"\nhost = "machine"\n'), at=NOON)
    assert replay(aside.pk, DESK, at=NOON).records == 1
    assert [one.subject for one in findings()] == ["PC-7"]
    assert lake().raw(report.sha256) == content


def test_a_source_that_nobody_declared_is_refused(people, tmp_path):
    with pytest.raises(InputError, match="no source called nobody"):
        take(tmp_path / "eve.json", lines(eve()), "nobody")


def test_the_end_in_our_networks_is_what_an_alert_is_about(people, tmp_path):
    with scoped(DESK):
        unit = people.organisations["p-vinh-hai"]
        Network.objects.create(cidr="203.0.113.0/24", organisation=unit, org_path=unit.path)
    declare(people, "inbound")
    take(tmp_path / "eve.json", lines(eve(src_ip="198.51.100.4", host="inbound")), "inbound")
    assert [one.subject for one in findings()] == ["203.0.113.9"]


def test_malware_that_two_sources_tell_of_opens_one_case_on_the_host(people, tmp_path):
    with scoped(DESK):
        unit = people.organisations["p-vinh-hai"]
        Network.objects.create(cidr="10.1.0.0/16", organisation=unit, org_path=unit.path)
    declare(people, "first")
    declare(people, "second")
    take(tmp_path / "1.json", lines(eve(1, rule=5, category=MALWARE, severity=1)), "first")
    with scoped(DESK):
        run_waiting()
        assert not Case.objects.filter(kind=Kind.ALERT).exists()
    take(tmp_path / "2.json", lines(eve(2, rule=6, category=MALWARE, severity=1)), "second")
    with scoped(DESK):
        run_waiting()
        case = Case.objects.get(kind=Kind.ALERT)
        assert (case.subject, case.organisation) == ("10.1.0.5", unit)
        assert {one.source for one in case.findings.all()} == {"first", "second"}
    assert {(one.state, one.case_id) for one in findings()} == {("case", case.pk)}


def test_every_act_stands_in_the_ledger(people, tmp_path):
    declare(people, "told")
    take(tmp_path / "eve.json", lines(eve(host="told")), "told")
    with scoped(DESK):
        acts = list(Entry.objects.filter(subject_kind="alert_source").order_by("pk").values_list("act", flat=True))
    assert acts == ["alert_source.declare", "alert.receive", "alert.absorb", "alert.import"]


def test_a_file_that_cannot_be_read_a_second_time_waits_on(people, tmp_path):
    declare(people, "unknown", format_name="")
    take(tmp_path / "x.json", lines({"name": "A", "machine": "PC-7"}), "unknown")
    with scoped(DESK):
        aside = SetAside.objects.get()
    assert replay(aside.pk, DESK, at=NOON).records == 0
    with scoped(DESK):
        assert SetAside.objects.get().replayed_at is None
        sources.change(aside.source, Declaration("json", '[fields]\ntitle = "name"\nhost = "machine"\n'), at=NOON)
    assert replay(aside.pk, DESK, at=NOON).records == 1


def test_what_is_only_read_again_is_no_sign_of_life(people, tmp_path):
    source = declare(people, "lines", format_name="json", mapping='[fields]\ntitle = "name"\nhost = "machine"\n')
    take(tmp_path / "x.json", lines({"name": "A", "machine": "PC-7"}, {"machine": "PC-8"}, "{broken"), "lines")
    heard = source_now("lines").heard_at
    later = NOON + timedelta(hours=3)
    with scoped(DESK):
        aside = SetAside.objects.get()
        sources.note_silence(source.pk, at=later)
    replay(aside.pk, DESK, at=later)
    assert source_now("lines").heard_at == heard


MAPPING = '[fields]\ntitle = "name"\nhost = "machine"\n'
TWO = ({"name": "A", "machine": "PC-7"}, "{broken")


def asides(**wanted: object) -> list[SetAside]:
    with scoped(DESK):
        return list(SetAside.objects.filter(**wanted).select_related("source").order_by("part"))


def take_back(aside: SetAside) -> None:
    with scoped(DESK):
        files.take_back(aside.pk, "nộp nhầm", by="ha", at=NOON)


def mend(name: str) -> None:
    with scoped(DESK):
        sources.change(source_now(name), Declaration("json", MAPPING), at=NOON)


def waiting() -> list[SetAside]:
    with scoped(DESK):
        return list(queries.set_aside())


def test_a_file_that_is_still_being_read_is_not_taken_back(people, tmp_path, monkeypatch):
    declare(people, "reading")
    counted = alert_files._count

    def asked_at_once(*arguments):
        counted(*arguments)
        with pytest.raises(WrongState, match="still being read"):
            take_back(asides()[0])

    monkeypatch.setattr(alert_files, "_count", asked_at_once)
    assert take(tmp_path / "eve.json", lines("{broken"), "reading").figures.rejects == 1
    take_back(asides()[0])
    assert waiting() == []


def test_nothing_counts_of_a_file_that_is_taken_back_while_it_is_read_again(people, tmp_path, monkeypatch):
    declare(people, "again", format_name="")
    content = lines({"name": "A", "machine": "PC-7"})
    take(tmp_path / "x.json", content, "again")
    mend("again")
    with monkeypatch.context() as patched:
        patched.setattr(alert_files, "_add_to_lake", lambda *_: take_back(asides()[0]))
        with pytest.raises(WrongState, match="taken back while it was read"):
            take(tmp_path / "x.json", content, "again")
    assert count() == 0
    assert waiting() == []


def test_what_is_left_of_a_partly_read_file_is_taken_back_and_put_back_and_what_was_read_stays(people, tmp_path):
    declare(people, "partly", format_name="")
    mend("partly")
    take(tmp_path / "x.json", lines(*TWO), "partly")
    (rest,) = waiting()
    take_back(rest)
    assert (waiting(), count()) == ([], 1)
    with pytest.raises(WrongState, match="taken back meanwhile"):
        replay(rest.pk, DESK, at=NOON)
    with scoped(DESK):
        with pytest.raises(WrongState, match="nothing was undone"):
            files.put_back(rest.pk, by="ha", at=NOON, undone="2026-04-20T04:00:00+00:00")
        files.put_back(rest.pk, by="ha", at=NOON, undone=NOON.isoformat())
        acts = Entry.objects.filter(act__in=("alert.take_back", "alert.put_back")).order_by("pk")
        assert [(one.act, one.detail["file"], one.detail["reason"]) for one in acts] == [
            ("alert.take_back", "x.json", "nộp nhầm"), ("alert.put_back", "x.json", "nộp nhầm"),
        ]  # fmt: skip
    assert ([one.lines for one in waiting()], count()) == ([[2]], 1)


def test_what_was_taken_back_is_not_read_again(people, tmp_path):
    declare(people, "whole", format_name="")
    take(tmp_path / "x.json", lines(*TWO), "whole")
    (whole,) = asides()
    declare(people, "lines", format_name="wazuh")
    take(tmp_path / "x.json", lines(*TWO), "lines")
    (part,) = asides(source__name="lines")
    for name, aside in (("whole", whole), ("lines", part)):
        mend(name)
        take_back(aside)
        with pytest.raises(WrongState, match="taken back meanwhile"):
            replay(aside.pk, DESK, at=NOON)
    assert count() == 0
    assert [(one.replayed_at, one.taken_back_for) for one in asides()] == [(None, "nộp nhầm")] * 2


def test_a_replay_of_the_whole_begins_once(people, tmp_path):
    declare(people, "once", format_name="")
    take(tmp_path / "x.json", lines(*TWO), "once")
    with scoped(DESK):
        (whole,) = SetAside.objects.all()
        files.replay_begun(whole, at=NOON)
        with pytest.raises(WrongState, match="waits no more"):
            files.replay_begun(whole, at=NOON)
        assert Entry.objects.filter(act="alert.replay").count() == 1


def test_who_takes_back_decides_on_what_stands_once_it_is_locked(people, tmp_path):
    declare(people, "raced", format_name="")
    take(tmp_path / "x.json", lines(*TWO), "raced")
    (aside,) = asides()
    was: list[bool] = []

    def another_first(execute, sql, params, many, context):
        """What another person took back just before the row was locked."""
        if "FOR UPDATE" in sql and "alerts_set_aside" in sql and not was:
            was.append(True)
            SetAside.objects.filter(pk=aside.pk).update(taken_back_at=NOON, taken_back_by="tam", taken_back_for="ảnh")
        return execute(sql, params, many, context)

    with scoped(DESK), connection.execute_wrapper(another_first), pytest.raises(WrongState, match="waits no more"):
        files.take_back(aside.pk, "nộp nhầm", by="ha", at=NOON)
    assert was


def test_a_file_that_was_taken_back_waits_again_when_it_is_handed_in_and_fails_again(people, tmp_path):
    declare(people, "unknown", format_name="")
    content = lines(*TWO)
    take(tmp_path / "x.json", content, "unknown")
    take_back(asides()[0])
    assert waiting() == []
    assert take(tmp_path / "x.json", content, "unknown").unreadable
    (again,) = waiting()
    assert (again.taken_back_at, again.taken_back_by, again.taken_back_for) == (None, "", "")
    with scoped(DESK):
        entry = Entry.objects.get(act="alert.put_back")
    assert (entry.detail["file"], entry.detail["reason"]) == ("x.json", "nộp nhầm")


def test_rejected_lines_of_a_file_that_once_stood_aside_whole_are_set_aside(people, tmp_path):
    content = lines(*TWO)
    for name in ("handed-in-again", "replayed"):
        declare(people, name, format_name="")
        take(tmp_path / "x.json", content, name)
    taken_back, whole = asides(source__name="handed-in-again")[0], asides(source__name="replayed")[0]
    mend("handed-in-again")
    mend("replayed")
    take_back(taken_back)
    take(tmp_path / "x.json", content, "handed-in-again")
    replay(whole.pk, DESK, at=NOON)
    assert [(one.lines, one.replayed_at, one.taken_back_at) for one in waiting()] == [([2], None, None)] * 2
    assert all("{broken" in one.reasons[0]["raw"] for one in waiting())
    assert count() == 2


def test_a_file_that_is_read_when_handed_in_again_waits_no_more(people, tmp_path):
    declare(people, "mended", format_name="")
    content = lines({"name": "A", "machine": "PC-7"})
    take(tmp_path / "x.json", content, "mended")
    mend("mended")
    assert take(tmp_path / "x.json", content, "mended").figures.records == 1
    assert waiting() == []


def test_a_file_that_breaks_off_waits_beside_the_lines_that_it_lost_before(people, tmp_path, monkeypatch):
    declare(people, "cut")
    monkeypatch.setattr(parts, "PART_RECORDS", 400)
    content = lines("{broken", *(eve(n, host="cut", payload="x" * 500) for n in range(3_000)))
    counted, calls = alert_files._count, []

    def breaking(*arguments):
        calls.append(1)
        if len(calls) == 3:
            raise UnreadableFile("it breaks off")
        counted(*arguments)

    with monkeypatch.context() as patched:
        patched.setattr(alert_files, "_count", breaking)
        assert take(tmp_path / "eve.json", content, "cut").unreadable
    first, whole = waiting()
    assert (first.lines, whole.lines) == ([1], [])
    replay(whole.pk, DESK, at=NOON)
    assert waiting() == [first]
    assert count() == 3_000
