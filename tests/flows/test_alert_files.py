"""A file of alerts on its way: kept, grouped, counted once, set aside and replayed, its bytes behind every sample."""

import gzip
import json
from datetime import timedelta
from pathlib import Path

import pytest

from tests.alerts.sources import MALWARE, count, declare, eve, findings, lines
from tests.cast import NOON
from tests.outer_data import outer_data
from vonggac.alerts.models import Arrival, SetAside, Source
from vonggac.alerts.services import sources
from vonggac.alerts.services.sources import Declaration
from vonggac.cases.models import Case, Kind
from vonggac.errors import InputError
from vonggac.flows import alert_files, alert_raw, alert_reading, alert_to_case
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
    monkeypatch.setattr(alert_reading, "PART_RECORDS", 400)
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
