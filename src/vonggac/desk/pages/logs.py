"""Nhật ký và cảm biến: which sensors are heard, what each handed in, and handing in more."""

import secrets
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

from django.conf import settings
from django.contrib import messages
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.text import Truncator
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from vonggac.desk import export, handing_in, times
from vonggac.desk import frame as frames
from vonggac.desk.pulse import SOURCE_QUIET
from vonggac.desk.requests import DeskRequest
from vonggac.desk.retelling import retold
from vonggac.desk.words import Word
from vonggac.errors import InputError
from vonggac.flows import mistaken_log
from vonggac.flows.traffic_log import import_log
from vonggac.flows.uploads import is_kept, lake, raw
from vonggac.kernel.numbers import whole_number
from vonggac.lake import Import, Scope
from vonggac.register import imports, queries
from vonggac.register.imports import Plan
from vonggac.register.models import Sensor, TakenBackLog
from vonggac.register.models.networks import CLOCKS_APART, SILENCES, SensorKind
from vonggac.register.rules import Act
from vonggac.tenancy.scope import current

SHOWN_SENSORS = 500
SHOWN_IMPORTS = 200
SHOWN_LINES = 50
# Of one line, as components/rejects.html shows it.
SHOWN_RAW = 120
# What became of the files that one session handed in last.
HANDED_IN, OUTCOMES_KEPT = "logs handed in", 5
MEBIBYTE = 1 << 20
COLUMNS = (
    "sensor", "kind", "organisation", "networks", "silence", "heard_to_utc", "last_log_received_utc", "state",
)  # fmt: skip
CODES: Mapping[str, Mapping[str, Word]] = {
    "kind": dict(SensorKind.choices),
    "silence": dict(SILENCES),
    "state": {
        "listening": gettext_lazy("listening"),
        "silent": gettext_lazy("silent"),
        "never": gettext_lazy("never gave a sign"),
    },
}
REJECT_COLUMNS = ("line", "column", "reason", "raw")
# The coverage file that counts for a sensor is that of its own way of showing silence.
COVERAGE_KINDS = {"heartbeat": "heartbeats", "rotation": "rotation"}
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

State = Literal["listening", "silent", "never"]
_LOUDEST_FIRST: Sequence[State] = ("silent", "never", "listening")


@dataclass(frozen=True, slots=True)
class Source:
    """A sensor with the end of what it last vouched for, and when its newest log came.

    `ahead` is by how much the signs that are yet to come run ahead; they count for nothing.
    """

    sensor: Sensor
    heard_to: datetime | None
    received_at: datetime | None
    state: State
    ahead: timedelta | None
    unread: int = 0
    """How many of its files could not be read at all and were not taken back."""


@dataclass(frozen=True, slots=True)
class Arrival:
    """One log file that came in."""

    file_name: str
    received_at: datetime
    rows: int
    rejects: int
    sha256: str
    is_unread: bool = False
    taken_back: TakenBackLog | None = None


@dataclass(frozen=True, slots=True)
class Result:
    """What became of one file that was handed in just now; `refused` says why it counts for nothing."""

    file_name: str
    rows: int = 0
    rejects: int = 0
    unreadable: str = ""
    refused: str = ""
    known_before: bool = False
    sha256: str = ""
    unproves: int | None = None
    """Of a file that waits for a word: how many proven hosts would lose their proof by it."""


@require_safe
def page(request: DeskRequest) -> HttpResponse:
    """Every sensor of the scope, the silent ones first, or the same as a file."""
    found = _sources(frames.of(request).now)
    if kind := request.GET.get("format"):
        return export.respond(kind, "sensors", COLUMNS, map(_cells, found[: export.MOST_ROWS]), codes=CODES)
    context = {
        "sources": found[:SHOWN_SENSORS],
        "shown": SHOWN_SENSORS,
        "is_cut": len(found) > SHOWN_SENSORS,
        "silent": sum(source.state == "silent" for source in found),
        "may_administer": request.access.may(Act.ADMINISTER),
    }
    return render(request, "logs/page.html", context)


@require_safe
def one(request: DeskRequest, name: str) -> HttpResponse:
    """One sensor: its state, the files that came from it, what became of those just handed in, and the forms."""
    sensor = _sensor(name, frames.of(request).now)
    outcome = request.session.get(HANDED_IN, {}).get(request.GET.get("outcome", ""), {})
    if outcome.get("sensor") != name:
        return _shown(request, sensor)
    results = [Result(**kept) for kept in outcome.get("results", ())]
    signs = {"signs": outcome.get("signs"), "signs_rejects": outcome.get("rejects")}
    return _shown(request, sensor, results=results, **signs)


@require_POST
@handing_in.comes_back_to("log-sensor")
def hand_in(request: DeskRequest, name: str) -> HttpResponse:
    """Log files of the sensor come in, each by itself: one that is refused does not keep the others out."""
    request.access.need(Act.IMPORT)
    now = frames.of(request).now
    sensor = _sensor(name, now)
    results = [_chosen(file, sensor, now) for file in handing_in.chosen(request, "files")]
    return _to_outcome(request, sensor, results=[asdict(result) for result in results])


@require_POST
@handing_in.comes_back_to("log-sensor")
def hand_in_anyway(request: DeskRequest, name: str, sha256: str) -> HttpResponse:
    """A file of which no record reads comes in all the same: whoever handed it in was asked, and says so."""
    request.access.need(Act.IMPORT)
    now = frames.of(request).now
    sensor = _sensor(name, now)
    outcomes = request.session.get(HANDED_IN, {}).values()
    asked = (Result(**one) for outcome in outcomes if outcome["sensor"] == name for one in outcome.get("results", ()))
    found = next((one for one in asked if one.sha256 == sha256 and one.unproves is not None), None)
    if found is None or not is_kept(sha256):
        raise InputError(_("This file is not here any more: choose it again."))
    result = _imported(raw(sha256), found.file_name, sensor, now, asks=False)
    return _to_outcome(request, sensor, results=[asdict(result)])


@require_POST
@handing_in.comes_back_to("log-sensor")
def cover(request: DeskRequest, name: str) -> HttpResponse:
    """Heartbeats or a rotation manifest of this sensor come in: what is new is written, rejects are shown."""
    request.access.need(Act.IMPORT)
    now = frames.of(request).now
    sensor = _sensor(name, now)
    kind, (content, file_name) = COVERAGE_KINDS[sensor.silence], handing_in.one_file(request)
    planned = imports.plan(kind, content, file_name, at=times.local(now).date(), now=now)
    _refuse_other_sensors(planned, sensor)
    imports.apply(planned, at=now)
    signs = {"file_name": planned.file_name, "counts": planned.counts()}
    # The session keeps no more of a line than the page shows.
    rejects = [asdict(one) | {"raw": Truncator(one.raw).chars(SHOWN_RAW)} for one in planned.rejects[:SHOWN_LINES]]
    return _to_outcome(request, sensor, signs=signs, rejects=rejects)


def _to_outcome(request: DeskRequest, sensor: Sensor, **outcome: Any) -> HttpResponse:
    """To the sensor's page with what became of the files: a reload shows it again, and hands nothing in twice."""
    number, kept = secrets.token_hex(4), list(request.session.get(HANDED_IN, {}).items())
    newest = kept[-(OUTCOMES_KEPT - 1) :]
    request.session[HANDED_IN] = dict([*newest, (number, {"sensor": sensor.name, **outcome})])
    return HttpResponseRedirect(f"{reverse('log-sensor', args=[sensor.name])}?outcome={number}")


@require_POST
@handing_in.comes_back_to("log-sensor")
def take_back(request: DeskRequest, name: str, sha256: str) -> HttpResponse:
    """A file that nobody could read taken back as handed in by mistake, with the reason; the sensor's page again."""
    request.access.need(Act.IMPORT)
    now, reason = frames.of(request).now, request.POST.get("reason", "")
    sensor = _sensor(name, now)
    made = mistaken_log.take_back(sensor.name, sha256, reason, by=request.person.name, at=now)
    told = _("%(file)s is taken back; the proofs that waited for it are asked again") % {"file": made}
    messages.success(request, told, f"{reverse('log-put-back', args=[name, made.sha256])}?undone={made.pk}")
    return HttpResponseRedirect(f"{reverse('log-sensor', args=[name])}#arrived")


@require_POST
@handing_in.comes_back_to("log-sensor")
def put_back(request: DeskRequest, name: str, sha256: str) -> HttpResponse:
    """A file that was taken back counts again; the sensor's page again."""
    request.access.need(Act.IMPORT)
    now = frames.of(request).now
    undone = whole_number(request.GET.get("undone", ""))
    found = mistaken_log.put_back(_sensor(name, now).name, sha256, by=request.person.name, at=now, undone=undone)
    messages.success(request, _("%(file)s counts again as a file that could not be read") % {"file": found})
    return HttpResponseRedirect(f"{reverse('log-sensor', args=[name])}#arrived")


@require_safe
def rejects(request: DeskRequest, name: str, sha256: str) -> HttpResponse:
    """The rows of one file that could not be read, as CSV."""
    entry = _by_content(_entries([_sensor(name, frames.of(request).now).name])).get(sha256)
    if entry is None:
        raise Http404
    found = lake().rejects(entry)[: export.MOST_ROWS]
    rows = ((reject.line, reject.column, retold(reject.reason), reject.raw) for reject in found)
    return export.respond("csv", f"rejects-{sha256[:12]}", REJECT_COLUMNS, rows)


def state_of(heard_to: datetime | None, now: datetime) -> State:
    """Listening within a day of its last sign, the rule by which the first page counts sources; else silent."""
    if heard_to is None:
        return "never"
    return "listening" if heard_to >= now - SOURCE_QUIET else "silent"


def _shown(request: DeskRequest, sensor: Sensor, *, results: Sequence[Result] = (), **outcome: Any) -> HttpResponse:
    """The sensor's page; a file that the lake holds no more says what became of it without its rejected lines."""
    now, entries = frames.of(request).now, _entries([sensor.name])
    held = _by_content(entries)
    rejected = (one for one in results if one.rejects and not one.unreadable and one.sha256 in held)
    taken_back = {one.sha256: one for one in TakenBackLog.objects.filter(sensor=sensor, put_back_at=None)}
    arrivals = [_arrival(entry, taken_back) for entry in reversed(entries)]
    arrivals.sort(key=lambda arrival: arrival.received_at, reverse=True)
    context = {
        "source": _source(sensor, arrivals[0].received_at if arrivals else None, now),
        "arrivals": arrivals[:SHOWN_IMPORTS],
        "is_cut": len(arrivals) > SHOWN_IMPORTS,
        "shown": SHOWN_IMPORTS,
        "may_import": request.access.may(Act.IMPORT),
        "most_files": settings.DATA_UPLOAD_MAX_NUMBER_FILES,
        "largest_mebibytes": settings.VONGGAC_UPLOAD_BYTES // MEBIBYTE,
        "columns": imports.kind_named(COVERAGE_KINDS[sensor.silence]).columns,
        "results": results,
        "lines": [(one, lake().rejects(held[one.sha256])[:SHOWN_LINES]) for one in rejected],
        **outcome,
    }
    return render(request, "logs/sensor.html", context)


def _sources(now: datetime) -> list[Source]:
    newest: dict[str, int] = {}
    unread: dict[str, set[str]] = defaultdict(set)
    for entry in _entries():
        newest[entry.sensor] = max(newest.get(entry.sensor, entry.received_us), entry.received_us)
        if _is_unread(entry):
            unread[entry.sensor].add(entry.source_sha256)
    for sensor, sha256 in TakenBackLog.objects.filter(put_back_at=None).values_list("sensor__name", "sha256"):
        unread[sensor].discard(sha256)
    found = [
        _source(sensor, _moment(newest[sensor.name]) if sensor.name in newest else None, now, len(unread[sensor.name]))
        for sensor in queries.heard_sensors(now)
    ]
    return sorted(found, key=lambda source: (_LOUDEST_FIRST.index(source.state), source.sensor.name))


def _source(sensor: Sensor, received_at: datetime | None, now: datetime, unread: int = 0) -> Source:
    heard_to: datetime | None = getattr(sensor, "heard_to")  # noqa: B009  an annotation of the query
    told_to: datetime | None = getattr(sensor, "told_to")  # noqa: B009
    ahead = told_to - now if told_to is not None and told_to > now + CLOCKS_APART else None
    return Source(sensor, heard_to, received_at, state_of(heard_to, now), ahead, unread)


def _sensor(name: str, now: datetime) -> Sensor:
    found = queries.heard_sensors(now).filter(name=name).first()
    if found is None:
        raise Http404
    return found


def _entries(sensors: Sequence[str] | None = None) -> list[Import]:
    """What the lake holds from the sensors within the scope: the lake itself knows no person, so the range is told."""
    low, high = current().bounds
    return lake().imports(sensors=sensors, scope=Scope(low, high))


def _by_content(entries: Sequence[Import]) -> dict[str, Import]:
    """The first arrival of each content."""
    return {entry.source_sha256: entry for entry in reversed(entries)}


def _arrival(entry: Import, taken_back: Mapping[str, TakenBackLog]) -> Arrival:
    return Arrival(
        entry.file_name, _moment(entry.received_us), entry.rows, entry.rejects, entry.source_sha256,
        is_unread=_is_unread(entry), taken_back=taken_back.get(entry.source_sha256),
    )  # fmt: skip


def _is_unread(entry: Import) -> bool:
    return mistaken_log.is_unread([entry])


def _moment(microseconds: int) -> datetime:
    return _EPOCH + timedelta(microseconds=microseconds)


def _cells(source: Source) -> Sequence[export.Cell]:
    sensor = source.sensor
    return (
        sensor.name, sensor.kind, sensor.organisation.name, " ".join(sensor.networks), sensor.silence,
        source.heard_to, source.received_at, source.state,
    )  # fmt: skip


def _chosen(file: "UploadedFile[Any]", sensor: Sensor, now: datetime) -> Result:
    try:
        content, name = handing_in.read(file)
    except InputError as error:
        return Result(file.name or "log", refused=str(error))
    return _imported(content, name, sensor, now, asks=True)


def _imported(content: bytes, name: str, sensor: Sensor, now: datetime, *, asks: bool) -> Result:
    try:
        with transaction.atomic():
            report = import_log(content, name, sensor.name, received_at=now, at=now, asks=asks)
    except InputError as error:
        return Result(name, refused=str(error))
    unproves = mistaken_log.would_unprove(sensor.name, at=now) if report.is_asked else None
    return Result(
        name, report.rows, report.rejects, report.unreadable, known_before=report.known_before, sha256=report.sha256,
        unproves=unproves,
    )  # fmt: skip


def _refuse_other_sensors(planned: Plan, sensor: Sensor) -> None:
    others = sorted({change.key[0] for change in planned.changes} - {sensor.name})
    if others:
        said = {"sensor": sensor.name, "others": ", ".join(others[:5])}
        raise InputError(
            _("This page takes the lines of %(sensor)s alone, and the file also names %(others)s; take them out.")
            % said
        )
