import csv
import hashlib
import ipaddress
import json
import re
import tomllib
from bisect import bisect_right
from collections import Counter, defaultdict
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner

from tests.exercise.world_format import complaints, moment, rows
from tests.outer_data import outer_data
from vonggac.cli.exercise import exercise as exercise_command
from vonggac.errors import UnreadableFile, WrongState
from vonggac.exercise.clock import CLEAN_DAYS, DAY_US, EXERCISE_START_UTC, calendar_from, iso, overlap_us
from vonggac.exercise.generate import Exercise, GivenList, generate
from vonggac.exercise.lists import addresses_in
from vonggac.exercise.province import PROFILES, build_province
from vonggac.exercise.subjects import Subject, command_servers

INVENTED = [
    ipaddress.ip_network(one)
    for one in (
        "192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24", "198.18.0.0/15", "10.0.0.0/8", "100.64.0.0/10",
        "2001:db8::/32",
    )
]  # fmt: skip
WATCH_US = CLEAN_DAYS * DAY_US


class Written:
    """One generated folder with what the generator says about it."""

    def __init__(self, folder: Path, exercise: Exercise) -> None:
        self.folder, self.exercise = folder, exercise
        self.truth = json.loads((folder / "truth.json").read_text(encoding="utf-8"))["hosts"]
        self.listed = [one for one in exercise.subjects if one.senders]
        self.claimed = [one for one in self.listed if one.claim == "clean" and one.claim_us is not None]

    def sensors_of(self, subject: Subject):
        code = self.exercise.province.organisations[subject.organisation].code
        return {one.kind: one for one in self.exercise.sensors if one.organisation == code}

    def observable(self, subject: Subject) -> bool:
        return bool(self.truth[subject.name]["observable"])


def _write(folder: Path, seed: int, scale: float, given: GivenList | None = None) -> Written:
    return Written(folder, generate(folder, np.random.default_rng(seed), scale=scale, given=given))


@pytest.fixture(scope="module", params=[1, 2])
def written(request, tmp_path_factory) -> Written:
    return _write(tmp_path_factory.mktemp("province") / "hv", request.param, 0.3)


@pytest.fixture(scope="module")
def national(tmp_path_factory) -> Written:
    """Small in hosts, but with more organisations than the documentation networks can hold."""
    return _write(tmp_path_factory.mktemp("nation") / "hv", 5, 2.8)


def _digest(folder: Path) -> dict[str, str]:
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def test_the_same_seed_writes_the_same_bytes(tmp_path):
    _write(tmp_path / "one", 11, 0.05)
    _write(tmp_path / "two", 11, 0.05)
    assert _digest(tmp_path / "one") == _digest(tmp_path / "two")


def test_another_seed_writes_another_province(tmp_path):
    _write(tmp_path / "one", 11, 0.05)
    _write(tmp_path / "two", 12, 0.05)
    assert _digest(tmp_path / "one")["claims.csv"] != _digest(tmp_path / "two")["claims.csv"]


def test_the_folder_keeps_to_the_format(written):
    assert complaints(written.folder) == []


def test_scale_one_would_have_thirty_organisations_and_six_thousand_hosts():
    province = build_province(np.random.default_rng(1))
    assert len(province.organisations) == 30
    assert 5_900 <= province.hosts <= 6_100


def test_the_scale_multiplies_the_hosts_up_to_national_size():
    province = build_province(np.random.default_rng(1), scale=100)
    assert len(province.organisations) == 300
    assert 590_000 <= province.hosts <= 610_000
    networks = [one.inner for one in province.organisations]
    assert len(set(networks)) == 300
    assert all(
        one.slot_offset(one.slots) < 65_536 and one.first_port(one.slots - 1) + one.port_width <= 65_536
        for one in province.organisations
    )


def test_every_profile_appears_in_a_province_of_thirty(written):
    assert Counter(one.profile for one in written.exercise.province.organisations) == Counter(PROFILES)


def test_every_file_names_invented_addresses_only(written):
    for path in written.folder.rglob("*"):
        if path.suffix not in {".csv", ".txt", ".toml", ".log", ".ndjson", ".syslog"}:
            continue
        text = path.read_text(encoding="utf-8-sig")
        for word in set(re.findall(r"(?<![\d.])\d{1,3}(?:\.\d{1,3}){3}(?![\d.])", text)):
            if all(int(part) < 256 for part in word.split(".")):
                assert any(ipaddress.ip_address(word) in one for one in INVENTED), (path, word)


def test_the_parquet_logs_name_invented_addresses_only(written):
    words: set[str] = set()
    for path in written.folder.rglob("*.parquet"):
        table = pq.read_table(path)
        for column in ("source_address", "destination_address"):
            if column in table.column_names:
                words.update(table[column].unique().to_pylist())
    assert words
    for word in words:
        address = ipaddress.ip_address(word)
        assert any(address in one for one in INVENTED if one.version == address.version)


def test_every_host_has_a_truth(written):
    assets = {row["name"] for row in rows(written.folder, "assets.csv")}
    assert assets <= set(written.truth)
    assert all(row["host"] in written.truth for row in rows(written.folder, "claims.csv"))


def test_a_truth_beyond_the_register_is_an_unplaced_public_address(written):
    assets = {row["name"] for row in rows(written.folder, "assets.csv")}
    for name in set(written.truth) - assets:
        assert ipaddress.ip_address(name)
        assert not written.truth[name]["observable"]


def test_all_truths_appear_and_both_kinds_of_each_claimed_one(written):
    seen = {(one.truth, written.observable(one)) for one in written.claimed}
    assert {("clean", True), ("clean", False), ("infected", True), ("infected", False), ("moved", True)} <= seen
    assert "never_listed" in {one["truth"] for one in written.truth.values()}


def test_an_infected_claimed_host_contacts_its_c2_within_the_watch(written):
    infected = [one for one in written.claimed if one.truth == "infected"]
    assert infected
    for one in infected:
        after = one.contacts_us[(one.contacts_us >= one.claim_us) & (one.contacts_us < one.claim_us + WATCH_US)]
        assert len(after) > 0


def test_a_clean_or_moved_host_never_contacts_its_c2_after_the_claim(written):
    for one in written.claimed:
        if one.truth != "infected":
            assert not np.any(one.contacts_us >= one.claim_us)


def test_contacts_are_as_dense_as_minutes_and_as_sparse_as_once_a_week(written):
    after = [np.sum(one.contacts_us >= one.claim_us) for one in written.claimed if one.truth == "infected"]
    assert min(after) <= 3
    assert max(after) > 50


def test_a_moved_host_has_moved_and_is_found_under_both_addresses(written):
    moved = [one for one in written.listed if one.truth == "moved"]
    assert moved
    for one in moved:
        assert len({stay.address for stay in one.stays}) == 2
        assert one.stays[0].to_us == one.stays[1].from_us


def test_whoever_claims_a_host_is_named_by_the_unit_and_not_by_a_code(written):
    names = {row["name"] for row in rows(written.folder, "organisations.csv")}
    claimants = {row["by"] for row in rows(written.folder, "claims.csv")}
    assert claimants
    assert claimants <= {f"Cán bộ CNTT {name}" for name in names}


def test_no_later_list_carries_a_clean_host(written):
    assert all(one.sighted_again_us == (None, None) for one in written.listed if one.truth != "infected")


def test_no_two_listed_hosts_share_an_address_and_a_family(written):
    findings = [(one.listed_address, one.c2.family) for one in written.listed]
    assert len(set(findings)) == len(findings)


def test_every_sighting_is_a_contact_that_truly_happened(written):
    for one in written.listed:
        assert one.sighted_us in one.contacts_us
        assert all(again is None or again in one.contacts_us for again in one.sighted_again_us)


def test_timely_claims_come_after_the_list_and_leave_time_for_the_watch(written):
    calendar = written.exercise.calendar
    for one in written.claimed:
        assert one.claim_us > calendar.lists_us[0]
        if written.observable(one):
            assert one.claim_us + WATCH_US < calendar.lists_us[2] < calendar.now_us


def _uncovered(folder: Path, sensor: str, begin: datetime, end: datetime) -> timedelta:
    """How long a sensor was not covered, from the folder's files alone."""
    spans = [(moment(row["from_utc"]), moment(row["to_utc"]))
             for row in rows(folder, "heartbeats.csv") if row["sensor"] == sensor]  # fmt: skip
    for row in rows(folder, "rotation.csv"):
        path = folder / "logs" / sensor / row["file"]
        if row["sensor"] == sensor and path.exists() and _records(path) >= int(row["records"]):
            spans.append((moment(row["from_utc"]), moment(row["to_utc"])))
    return (end - begin) - sum((max(timedelta(), min(end, to) - max(begin, since)) for since, to in spans), timedelta())


def _records(path: Path) -> int:
    if path.suffix == ".parquet":
        return int(pq.read_metadata(path).num_rows)
    lines = [line for line in path.read_text(encoding="utf-8").splitlines() if not line.startswith("#")]
    return len(lines) - (path.suffix == ".csv")


def _utc(time_us: int) -> datetime:
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=int(time_us))


def test_an_observable_host_is_covered_by_its_files_to_the_minute(written):
    gaps = []
    for one in written.claimed:
        if written.observable(one):
            begin, sensors = _utc(one.claim_us), written.sensors_of(one)
            for kind in ("flow", "dns"):
                uncovered = _uncovered(written.folder, sensors[kind].name, begin, begin + timedelta(days=CLEAN_DAYS))
                gaps.append(uncovered)
                assert uncovered <= timedelta(seconds=60), (one.name, kind)
    assert any(gaps), "no observable host has a tolerated gap"


@pytest.mark.parametrize(
    "profile", ["flow_dead", "flow_gaps", "rotation_short_file", "rotation_lost_file", "dns_never", "quiet_sensor"]
)
def test_a_broken_sensor_makes_every_host_under_it_unobservable(written, profile):
    organisations = written.exercise.province.organisations
    under = [one for one in written.claimed if organisations[one.organisation].profile == profile]
    assert under
    assert not any(written.observable(one) for one in under)
    if profile == "quiet_sensor":
        return  # its heart goes on beating: the next test
    kind = "dns" if profile == "dns_never" else "flow"
    for one in under:
        if one.claim_us <= written.exercise.calendar.day(6):
            begin, name = _utc(one.claim_us), written.sensors_of(one)[kind].name
            uncovered = _uncovered(written.folder, name, begin, begin + timedelta(days=CLEAN_DAYS))
            assert uncovered > timedelta(seconds=60)


def _stamps(folder: Path, sensor) -> np.ndarray:
    """The true times of a sensor's Parquet records; empty where it writes text."""
    parts = [
        pq.read_table(path, columns=["time_utc"])["time_utc"].cast("int64").to_numpy()
        for path in sorted((folder / "logs" / sensor.name).glob("*.parquet"))
    ]
    return np.concatenate([np.empty(0, np.int64), *parts]) - sensor.clock_offset_seconds * 1_000_000


@pytest.mark.parametrize(("profile", "is_too_long"), [("quiet_sensor", True), ("watchful", False)])
def test_only_the_broken_quiet_sensor_is_quiet_for_longer_than_it_may(tmp_path, profile, is_too_long):
    one = _write(tmp_path / "hv", 4, 0.1)
    organisation = next(each for each in one.exercise.province.organisations if each.profile == profile)
    sensor = next(each for each in one.exercise.sensors if each.name == f"{organisation.code}-flow")
    stamps = _stamps(one.folder, sensor)
    if len(stamps) == 0:
        times = [moment(row["time_utc"]) if "time_utc" in row else None
                 for path in sorted((one.folder / "logs" / sensor.name).glob("*.csv"))
                 for row in csv.DictReader(path.read_text(encoding="utf-8").splitlines())]  # fmt: skip
        stamps = np.array([round(each.timestamp() * 1e6) for each in times if each], np.int64)
    if len(stamps):
        assert (np.diff(np.sort(stamps)).max() > 3_600 * 1_000_000) is np.bool_(is_too_long)


def test_an_observable_infected_host_is_in_the_log_after_its_claim(written):
    """What a fair judge needs: the contact stands in a file, under an address that is the host's at that time."""
    checked = 0
    for one in written.claimed:
        organisation = written.exercise.province.organisations[one.organisation]
        by_name = one.c2.known_by == "name"
        log_format = organisation.dns_format if by_name else organisation.flow_format
        if one.truth != "infected" or not written.observable(one) or log_format != "parquet":
            continue
        sensor = written.sensors_of(one)["dns" if by_name else "flow"]
        assert _contacts_in(written.folder, sensor, one, by_name=by_name) > 0, one.name
        checked += 1
    assert checked > 3


def _contacts_in(folder: Path, sensor, subject: Subject, *, by_name: bool) -> int:
    outside = {subject.listed_address} | {stay.address for stay in subject.stays}
    found = 0
    for path in (folder / "logs" / sensor.name).glob("*.parquet"):
        for row in pq.read_table(path).to_pylist():
            target = row["query"].rstrip(".").lower() if by_name else row["destination_address"]
            wanted = {subject.c2.name} if by_name else {subject.c2.address, subject.c2.address_six}
            true_time = row["time_utc"] - timedelta(seconds=sensor.clock_offset_seconds)
            found += target in wanted and row["source_address"] in outside and true_time >= _utc(subject.claim_us)
    return found


def test_the_manifest_counts_the_records_of_every_whole_file(written):
    short = []
    for row in rows(written.folder, "rotation.csv"):
        path = written.folder / "logs" / row["sensor"] / row["file"]
        if path.exists() and _records(path) == int(row["records"]):
            continue
        short.append((row["sensor"], path.exists()))
    assert sorted(exists for _, exists in short) == [False, True]


def _nat(folder: Path) -> dict[str, list[tuple[int, int, str]]]:
    blocks = defaultdict(list)
    for path in folder.glob("logs/*-nat/nat.csv"):
        for row in rows(path.parent, path.name):
            blocks[row["public_address"]].append((int(row["port_from"]), int(row["port_to"]), row["inner_address"]))
    return {address: sorted(lines) for address, lines in blocks.items()}


def test_the_nat_log_gives_every_port_to_one_inner_address(written):
    for lines in _nat(written.folder).values():
        assert all(one[1] < following[0] for one, following in pairwise(lines))
        assert lines[-1][1] < 65_536


def test_the_nat_log_places_every_listed_workstation_but_the_unlogged(written):
    blocks = _nat(written.folder)
    for one in written.listed:
        if one.stays[0].slot is None:
            continue
        lines = blocks.get(one.listed_address)
        assert (lines is None) == (one.case_name != one.name)
        if lines is not None:
            place = bisect_right(lines, one.listed_port, key=lambda line: line[0]) - 1
            assert lines[place][0] <= one.listed_port <= lines[place][1]
            assert lines[place][2] == one.stay_at(one.sighted_us).address


def _leases(folder: Path) -> dict[str, list[tuple[str, str, str]]]:
    leases = defaultdict(list)
    for path in folder.glob("logs/*-dhcp/*.csv"):
        for row in rows(path.parent, path.name):
            leases[row["address"]].append((row["from_utc"], row["to_utc"], row["host"]))
    return leases


def test_no_address_is_leased_to_two_hosts_at_a_time(written):
    for lines in _leases(written.folder).values():
        lines.sort()
        assert all(one[1] <= following[0] for one, following in pairwise(lines))


def test_an_observable_dhcp_host_has_a_lease_for_the_whole_watch(written):
    held = defaultdict(list)
    for address, lines in _leases(written.folder).items():
        for since, until, host in lines:
            held[host].append((moment(since), moment(until), address))
    for one in written.claimed:
        organisation = written.exercise.province.organisations[one.organisation]
        if organisation.is_dhcp and one.stays[0].slot is not None:
            begin = _utc(one.claim_us)
            end = begin + timedelta(days=CLEAN_DAYS)
            seconds = sum(
                max(0.0, (min(end, until) - max(begin, since)).total_seconds()) for since, until, _ in held[one.name]
            )
            if written.observable(one):
                assert seconds == CLEAN_DAYS * 86_400
            if one.lost_lease:
                assert seconds < CLEAN_DAYS * 86_400 - 60


def test_a_lost_lease_is_never_observable(tmp_path):
    lost = []
    for seed in range(4):
        one = _write(tmp_path / str(seed), seed, 0.05)
        lost += [one.observable(each) for each in one.claimed if each.lost_lease]
    assert lost
    assert not any(lost)


def test_the_successor_of_an_address_is_another_unlisted_host(written):
    successors = [one for one in written.exercise.subjects if not one.senders]
    names = {one.name for one in written.listed}
    assert successors
    assert all(one.truth == "never_listed" and one.name not in names for one in successors)
    assert any(len(one.contacts_us) for one in successors)


def test_a_list_without_c2_makes_no_host_observable(written):
    plain = [one for one in written.listed if one.senders == ("plain",)]
    assert not any(written.observable(one) for one in plain)


def test_the_lists_hold_their_dirt(written):
    sheet = next((written.folder / "lists").glob("*-sheet.csv")).read_text(encoding="utf-8-sig")
    assert "203.0.113.300" in sheet
    assert "hôm qua" in sheet
    assert re.search(r"\d{2}/04/2024 \d{2}:\d{2} [AP]M", sheet)
    assert re.search(r"198\.19\.250\.\d+", sheet)


def test_slashed_dates_can_be_read_in_one_way_only(written):
    for path in (written.folder / "lists").glob("*-sheet.csv"):
        days = re.findall(r";(\d{2})/04/2024", path.read_text(encoding="utf-8-sig"))
        assert all(int(day) > 12 for day in days)


def test_the_sheet_is_named_in_vietnamese_and_the_sinkhole_report_in_english(written):
    lists = written.folder / "lists"
    assert "Địa chỉ IP" in next(lists.glob("*-sheet.csv")).read_text(encoding="utf-8-sig").splitlines()[0]
    assert '"src_ip"' in next(lists.glob("*-sinkhole.csv")).read_text(encoding="utf-8").splitlines()[0]


def test_late_files_come_days_late_but_before_the_judgement(written):
    now = _utc(written.exercise.calendar.now_us)
    late = {one.code for one in written.exercise.province.organisations if one.profile == "late"}
    for row in rows(written.folder, "arrivals.csv"):
        assert moment(row["received_utc"]) <= now
    delays = [
        file.arrives_us - file.to_us
        for sensor in written.exercise.sensors
        if sensor.kind == "flow" and sensor.organisation in late
        for file in sensor.files[:4]
    ]
    assert min(delays) >= 2 * DAY_US


def test_a_wrong_clock_stamps_its_records_by_its_offset(written):
    offsets = {one.clock_offset_seconds for one in written.exercise.sensors}
    assert offsets == {0, 3_600, -1_800}


def test_the_roster_has_one_hole_and_no_real_people(written):
    shifts = Counter(row["from_utc"] for row in rows(written.folder, "roster.csv"))
    assert Counter(shifts.values()) == Counter({2: 62, 1: 1})
    people = {row["name"] for row in rows(written.folder, "people.csv")}
    assert {row["person"] for row in rows(written.folder, "roster.csv")} <= people
    assert all(".example" in row["email"] for row in rows(written.folder, "people.csv"))


def test_somebody_is_on_duty_for_days_after_the_last_file_was_played(written):
    ends = moment(tomllib.loads((written.folder / "world.toml").read_text("utf-8"))["world"]["now_utc"])
    last = max(moment(row["to_utc"]) for row in rows(written.folder, "roster.csv"))
    assert last - ends > timedelta(days=6)


def test_a_diligent_unit_has_only_clean_hosts_that_it_claims_early_enough_to_be_proven(written):
    units = {one.index: one.code for one in written.exercise.province.organisations if one.profile == "diligent"}
    theirs = [one for one in written.listed if one.organisation in units]
    assert len(units) == 4
    assert {one.organisation for one in theirs} == set(units)
    assert [one.name for one in theirs if not written.observable(one) or one.truth == "infected"] == []


def test_units_answer_the_dispatch_in_every_way_and_their_claims_are_true_or_not(written):
    told = rows(written.folder, "answers.csv")
    truth = json.loads((written.folder / "truth.json").read_text("utf-8"))["answers"]
    claims = [row for row in told if row["answer"] == "done"]
    assert {row["answer"] for row in told} == {"received", "done", "cannot", "not_ours"}
    assert {bool(row["file"]) for row in claims} == {True, False}
    assert [(one["organisation"], one["clause"]) for one in truth] == [
        (row["organisation"], row["clause"]) for row in claims
    ]
    assert {one["is_true"] for one in truth} == {True, False}
    silent = {row["code"] for row in rows(written.folder, "organisations.csv")} - {row["organisation"] for row in told}
    assert len(silent) > 1, "the office itself, and some unit"


def test_a_paper_tells_of_a_clause_that_was_not_carried_out_but_never_of_hosts(written):
    truth = json.loads((written.folder / "truth.json").read_text("utf-8"))["answers"]
    is_true = {(one["organisation"], one["clause"]): one["is_true"] for one in truth}
    for row in rows(written.folder, "answers.csv"):
        if row["file"]:
            done, among = re.search(
                r": (\d+)/(\d+)\.", (written.folder / "answers" / row["file"]).read_text("utf-8")
            ).groups()
            assert (done == among) == (is_true[row["organisation"], row["clause"]] or row["clause"] == "1.c")


def test_a_claim_about_the_hosts_is_true_where_no_listed_host_of_the_unit_or_below_is_infected(written):
    parents = {row["code"]: row["parent"] for row in rows(written.folder, "organisations.csv")}
    codes = [one.code for one in written.exercise.province.organisations]
    infected = {codes[one.organisation] for one in written.exercise.subjects if one.truth == "infected"}
    tainted = infected | {parents[code] for code in infected}
    claims = json.loads((written.folder / "truth.json").read_text("utf-8"))["answers"]
    about_hosts = [one for one in claims if one["clause"] == "1.c"]
    assert about_hosts
    assert [one for one in about_hosts if one["is_true"] == (one["organisation"] in tainted)] == []


@pytest.mark.slow
def test_a_larger_province_is_sound_too(national):
    assert complaints(national.folder) == []
    assert len(national.exercise.province.organisations) > 48
    findings = [(one.listed_address, one.c2.family) for one in national.listed]
    assert len(set(findings)) == len(findings)


def test_a_province_around_a_given_list_owns_its_addresses_and_keeps_it_unchanged(tmp_path):
    content = b"# seen\n" + b"\n".join(b"192.0.2.%d" % one for one in range(1, 60)) + b"\n8.8.4.4\n203.0.113.300\n"
    one = _write(tmp_path / "hv", 3, 0.1, GivenList("seen.txt", content))
    assert complaints(one.folder) == []
    assert (one.folder / "lists" / "given-seen.txt").read_bytes() == content
    assert rows(one.folder, "lists.csv")[0]["file"] == "given-seen.txt"
    networks = [ipaddress.ip_network(row["network"]) for row in rows(one.folder, "networks.csv")]
    for address in addresses_in(content):
        assert any(ipaddress.ip_address(address) in network for network in networks)
    assert {each.listed_address for each in one.listed} == set(addresses_in(content))
    assert len({row["sender"] for row in rows(one.folder, "lists.csv")}) == 1
    behind = [each for each in one.listed if each.stays[0].slot is not None]
    assert not any(one.truth[each.listed_address]["observable"] for each in behind)


def test_a_province_around_the_real_national_list_lists_every_address(tmp_path):
    content = outer_data("feeds/ipsum_vn.tsv").read_bytes()
    one = _write(tmp_path / "hv", 3, 0.2, GivenList("ipsum_vn.tsv", content))
    assert len(addresses_in(content)) == 1_326
    assert {each.listed_address for each in one.listed} == set(addresses_in(content))


@pytest.mark.parametrize(
    ("content", "addresses"),
    [
        (b"192.0.2.1\n192.0.2.2 5\n192.0.2.1\n", ["192.0.2.1", "192.0.2.2"]),
        (b"dst_ip,src_ip\n203.0.113.9,192.0.2.7\n", ["192.0.2.7"]),
        (b"STT;\xc4\x90\xe1\xbb\x8ba ch\xe1\xbb\x89 IP\n1;2001:DB8::5\n2;10.0.0.1\n", ["2001:db8::5"]),
        (b"\xef\xbb\xbfip\tcount\n192.0.2.300\t1\n192.0.2.3\t9\n", ["192.0.2.3"]),
    ],
)
def test_the_addresses_of_a_given_list_are_found(content, addresses):
    assert addresses_in(content) == addresses


@pytest.mark.parametrize("content", [b"", b"no address here\n", b"10.0.0.1\n127.0.0.1\n"])
def test_a_given_list_without_public_addresses_is_refused(content):
    with pytest.raises(UnreadableFile):
        addresses_in(content)


def test_a_folder_that_holds_something_is_left_alone(tmp_path):
    (tmp_path / "mine.txt").write_text("x")
    with pytest.raises(WrongState):
        generate(tmp_path, np.random.default_rng(1), scale=0.05)
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]


def test_the_command_writes_a_folder_and_says_how_much(tmp_path):
    result = CliRunner().invoke(
        exercise_command, ["generate", str(tmp_path / "hv"), "--seed", "1", "--scale", "0.05"], catch_exceptions=False
    )
    assert result.exit_code == 0
    assert "30 organisations" in result.output
    assert complaints(tmp_path / "hv") == []


def test_the_start_moves_the_whole_province(tmp_path):
    start = datetime(2025, 8, 14, tzinfo=UTC)
    generate(tmp_path / "hv", np.random.default_rng(1), scale=0.02, start_utc=start)
    assert all(row["time_utc"].startswith("2025-08") for row in rows(tmp_path / "hv", "claims.csv"))


def test_no_bare_name_server_shares_an_address_with_a_known_one():
    known = {one.address for one in command_servers() if one.known_by != "name"}
    assert not known & {one.address for one in command_servers() if one.known_by == "name"}


def test_overlaps_are_summed_within_the_interval():
    assert overlap_us(((0, 10), (20, 30)), 5, 25) == 10
    assert overlap_us((), 5, 25) == 0
    assert overlap_us(((0, 5), (25, 30)), 5, 25) == 0


def test_moments_are_written_in_utc_with_a_fraction_only_where_there_is_one():
    start = calendar_from(EXERCISE_START_UTC).start_us
    assert iso(start) == "2024-04-13T00:00:00Z"
    assert iso(start + 1) == "2024-04-13T00:00:00.000001Z"
