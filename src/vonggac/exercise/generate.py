"""A whole exercise province as a folder of the files an office would have, and the truth apart.

The folder is described in docs/reference/exercise-format.md.
"""

import csv
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import numpy as np

from vonggac.errors import WrongState
from vonggac.exercise import register_files, staff
from vonggac.exercise.clock import CLEAN_DAYS, EXERCISE_START_UTC, GAP_SECONDS, HOUR_US, Calendar, calendar_from, iso
from vonggac.exercise.conduct import Conduct, answer_rows, conduct, paper_name
from vonggac.exercise.lists import Delivery, addresses_in, deliveries
from vonggac.exercise.logfiles import write_flows, write_queries
from vonggac.exercise.province import Organisation, Province, build_province
from vonggac.exercise.sensors import LogFile, Sensor, equip
from vonggac.exercise.subjects import Casting, Subject, command_servers
from vonggac.exercise.traffic import Flows, Queries, Traffic, recorded
from vonggac.exercise.truth import Fact, facts, truth_json

GIVEN_SENDER = "Bên gửi danh sách (diễn tập)"
Progress = Callable[[int], None]


@dataclass(frozen=True, slots=True)
class GivenList:
    """A list somebody has, around which the province is built; it goes into the folder unchanged."""

    name: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Exercise:
    """What was written, for those who want to count: the true subjects with all their contacts, and the books."""

    province: Province
    calendar: Calendar
    subjects: tuple[Subject, ...]
    sensors: tuple[Sensor, ...]
    facts: dict[str, Fact]
    flow_records: int
    dns_records: int


def generate(
    folder: Path,
    rng: np.random.Generator,
    *,
    name: str = "hai-van",
    scale: float = 1.0,
    given: GivenList | None = None,
    start_utc: datetime = EXERCISE_START_UTC,
    progress: Progress | None = None,
) -> Exercise:
    """Write the province into an empty or new folder and return what is true of it.

    The same generator state, scale, list and start give the same bytes. One organisation is held in memory at a time:
    6,000 hosts take some seconds and 2.5 million records, 600,000 hosts a hundred times as much of both.
    `progress` is called after each organisation with the number of them all.
    Raises WrongState where the folder holds files already, UnreadableFile where the given list has no address.
    """
    if folder.exists() and any(folder.iterdir()):
        raise WrongState(f"{folder} is not empty; name a new folder")
    calendar = calendar_from(start_utc)
    province = build_province(rng, scale=scale, given=addresses_in(given.content) if given else ())
    writer = _Writer(folder, province, calendar, is_given=given is not None)
    streams = rng.spawn(len(province.organisations))
    for organisation, stream in zip(province.organisations, streams, strict=True):
        writer.write_organisation(organisation, stream)
        if progress is not None:
            progress(len(province.organisations))
    writer.write_register(name)
    writer.write_lists(given, rng)
    writer.write_staff(rng)
    writer.write_answers(rng)
    return writer.finish()


class _Writer:
    """Writes one exercise, organisation by organisation, and keeps the books that the truth is made from."""

    def __init__(self, folder: Path, province: Province, calendar: Calendar, *, is_given: bool) -> None:
        self.folder, self.province, self.calendar, self.is_given = folder, province, calendar, is_given
        self.servers = command_servers()
        self.subjects: list[Subject] = []
        self.sensors: dict[int, tuple[Sensor, ...]] = {}
        self.records: dict[tuple[str, str], int] = {}
        self.counts = {"flow": 0, "dns": 0}
        self.words: list[Conduct] = []
        folder.mkdir(parents=True, exist_ok=True)

    def write_organisation(self, organisation: Organisation, rng: np.random.Generator) -> None:
        """All log files of one organisation."""
        sensors = equip(organisation, self.calendar, rng)
        subjects = Casting(organisation, sensors, self.calendar, rng, self.servers, given=self.is_given).choose()
        self.subjects += subjects
        self.sensors[organisation.index] = sensors
        traffic = Traffic(organisation, subjects, self.servers, self.calendar, rng)
        for sensor in sensors:
            if sensor.kind == "flow":
                self._write_files(sensor, traffic.flows(), organisation.flow_format)
            elif sensor.kind == "dns":
                self._write_files(sensor, traffic.queries(), organisation.dns_format)
            elif sensor.kind == "nat":
                self._table(f"logs/{sensor.name}/nat.csv", register_files.nat_rows(organisation, self.calendar))
            else:
                self._write_leases(sensor, organisation, subjects)

    def _write_files(self, sensor: Sensor, records: Flows | Queries, log_format: str) -> None:
        heard = recorded(records.time_us, sensor.deaf)
        for file in sensor.files:
            inside = heard & (records.time_us >= file.from_us) & (records.time_us < file.to_us)
            rows = np.flatnonzero(inside)
            self.records[sensor.name, file.name] = len(rows)
            self.counts[sensor.kind] += len(rows)
            self._write_file(sensor, file, records, rows[: int(len(rows) * file.share)], log_format)

    def _write_file(
        self, sensor: Sensor, file: LogFile, records: Flows | Queries, rows: np.ndarray, log_format: str
    ) -> None:
        if file.share == 0:
            return
        path = self.folder / "logs" / sensor.name / file.name
        path.parent.mkdir(parents=True, exist_ok=True)
        offset = sensor.clock_offset_seconds
        if isinstance(records, Flows):
            write_flows(path, records.take(rows), log_format, clock_offset_seconds=offset)
        else:
            write_queries(path, records.take(rows), log_format, clock_offset_seconds=offset)

    def _write_leases(self, sensor: Sensor, organisation: Organisation, subjects: Sequence[Subject]) -> None:
        for number, (begin, end) in enumerate(register_files.lease_files(self.calendar), start=1):
            rows = register_files.lease_rows(organisation, subjects, begin, end)
            self._table(f"logs/{sensor.name}/leases-{number}.csv", rows)

    def write_register(self, name: str) -> None:
        """`world.toml` and the tables about organisations, hosts, sensors and claims."""
        province, calendar = self.province, self.calendar
        sensors = [one for several in self.sensors.values() for one in several]
        (self.folder / "world.toml").write_text(
            f'[world]\nname = "{name}"\nnow_utc = "{iso(calendar.now_us)}"\n\n'
            f"[rule]\nclean_days = {CLEAN_DAYS}\ngap_seconds = {GAP_SECONDS}\n",
            encoding="utf-8",
        )
        self._table("organisations.csv", register_files.organisation_rows(province))
        self._table("networks.csv", register_files.network_rows(province))
        self._table("assets.csv", register_files.asset_rows(province, self.subjects, calendar))
        self._table("sensors.csv", register_files.sensor_rows(sensors))
        self._table("heartbeats.csv", register_files.heartbeat_rows(sensors))
        self._table("rotation.csv", register_files.rotation_rows(sensors, self.records))
        self._table("arrivals.csv", register_files.arrival_rows(sensors, calendar))
        self._table("claims.csv", register_files.claim_rows(self.province, self.subjects))

    def write_lists(self, given: GivenList | None, rng: np.random.Generator) -> None:
        """`lists.csv` and the lists; a given one comes first, an hour before its sender's own sheet with the C2s."""
        received = list(deliveries(self.subjects, self.province.organisations, self.calendar, rng))
        if given is not None:
            first = Delivery(f"given-{given.name}", GIVEN_SENDER, self.calendar.lists_us[0] - HOUR_US, given.content)
            received = [first, *(Delivery(one.file, GIVEN_SENDER, one.received_us, one.content) for one in received)]
        (self.folder / "lists").mkdir()
        for one in received:
            (self.folder / "lists" / one.file).write_bytes(one.content)
        rows = ((one.file, one.sender, iso(one.received_us)) for one in received)
        self._table("lists.csv", [("file", "sender", "received_utc"), *rows])

    def write_staff(self, rng: np.random.Generator) -> None:
        """People, roster, contacts and information systems."""
        self._table("people.csv", staff.people(self.province))
        self._table("roster.csv", staff.roster(self.calendar, rng))
        self._table("contacts.csv", staff.contacts(self.calendar))
        self._table("systems.csv", staff.systems(self.province, rng))

    def write_answers(self, rng: np.random.Generator) -> None:
        """What the units answer to the clauses of the dispatch, and the papers that come with it."""
        self.words = conduct(self.province, self.subjects, rng)
        self._table("answers.csv", answer_rows(self.words))
        (self.folder / "answers").mkdir()
        for word in self.words:
            if word.paper:
                (self.folder / "answers" / paper_name(word)).write_text(word.paper, encoding="utf-8")

    def finish(self) -> Exercise:
        """Write `truth.json` and return the whole."""
        known = facts(self.province, self.subjects, self.sensors, self.calendar)
        (self.folder / "truth.json").write_text(truth_json(known, self.words), encoding="utf-8")
        sensors = tuple(one for several in self.sensors.values() for one in several)
        return Exercise(
            self.province, self.calendar, tuple(self.subjects), sensors, known, self.counts["flow"], self.counts["dns"]
        )

    def _table(self, relative: str, rows: Iterable[tuple[object, ...]]) -> None:
        path = self.folder / relative
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("w", encoding="utf-8", newline="") as sink:
            csv.writer(sink, lineterminator="\n").writerows(rows)
