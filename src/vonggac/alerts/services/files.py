"""Acts on files of alerts: received, taken in part by part, set aside, replayed."""

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction
from django.db.models import F, QuerySet
from django.db.models.functions import Greatest

from vonggac.alerts import queries
from vonggac.alerts.clock_lead import Lead
from vonggac.alerts.models import Arrival, SetAside, Source
from vonggac.alerts.services.absorbing import Figures, Rejected, reasons_of, set_aside
from vonggac.alerts.services.sources import SUBJECT
from vonggac.errors import InputError, OutOfScope, WrongState
from vonggac.formats.records import Reject
from vonggac.ledger import services as ledger

MOST_REASON = 300


def declared(name: str) -> Source:
    """The source of this name within the scope; InputError when nobody declared it, or it was retired."""
    source = Source.objects.filter(name=name).first()
    if source is None:
        raise InputError(f"no source called {name} is declared; declare it with `vonggac alerts source add {name}`")
    if source.retired_at is not None:
        raise InputError(f"the source {name} was retired; declare another one under a new name")
    return source


@transaction.atomic
def receive(source: Source, file_name: str, sha256: str, size: int, *, at: datetime) -> Arrival:
    """The file in the register of arrivals; the same content from the same source is the same arrival.

    One that was taken back before all of it was read counts again: whoever hands it in once more means it.
    """
    arrival, is_new = Arrival.objects.get_or_create(
        source=source,
        sha256=sha256,
        defaults={"org_path": source.org_path, "file_name": file_name[-255:], "size": size, "received_at": at},
    )
    if is_new:
        ledger.record(
            "alert.receive", SUBJECT, source.pk, source.org_path, at=at, file=file_name, sha256=sha256, size=size
        )
    else:
        arrival = Arrival.objects.select_for_update().get(pk=arrival.pk)
        parts = _of(arrival).filter(taken_back_at__isnull=False).select_for_update()
        if arrival.finished_at is None and (taken := list(parts.order_by("pk"))):
            _put_back(taken, at, by="")
    return arrival


@transaction.atomic
def advance(arrival: Arrival, first: int, batches: int, figures: Figures, lead: Lead) -> bool:
    """Say that the arrival was taken in from batch `first` on; False when another process was there before.

    WrongState when the file was taken back while it was read.
    """
    # Whoever takes a file back holds its arrival: one of the two comes first, and the other sees it.
    Arrival.objects.select_for_update().get(pk=arrival.pk)
    if _of(arrival).filter(taken_back_at__isnull=False).exists():
        raise WrongState("this file was taken back while it was read; hand it in again if it should count")
    changed = Arrival.objects.filter(pk=arrival.pk, batches=first, finished_at=None).update(
        batches=first + batches,
        records=F("records") + figures.records,
        rejects=F("rejects") + figures.rejects,
        observations=F("observations") + figures.observations,
        ahead_alerts=F("ahead_alerts") + lead.alerts,
        ahead_seconds=Greatest("ahead_seconds", lead.seconds),
    )
    return changed == 1


@transaction.atomic
def finish(arrival: Arrival, format_name: str, *, at: datetime) -> None:
    """The arrival taken in whole; a second time changes nothing."""
    open_one = Arrival.objects.filter(pk=arrival.pk, finished_at=None)
    if open_one.update(finished_at=at, format_name=format_name):
        found = Arrival.objects.select_related("source").get(pk=arrival.pk)
        # Handed in again instead of replayed: the whole waits no more.
        queries.set_aside().filter(pk__in=_of(found).filter(lines=[])).order_by().update(replayed_at=at)
        ledger.record(
            "alert.import", SUBJECT, found.source_id, found.org_path, at=at, file=found.file_name, sha256=found.sha256,
            format=format_name, records=found.records, rejects=found.rejects, observations=found.observations,
        )  # fmt: skip


@transaction.atomic
def set_aside_whole(arrival: Arrival, reason: str, *, at: datetime) -> None:
    """The file kept and set aside as a whole, because it could not be read at all."""
    source = Source.objects.get(pk=arrival.source_id)
    # Where the reading stopped, not where it began: of the parts between them, lines may be set aside already.
    stopped = Arrival.objects.values_list("batches", flat=True).get(pk=arrival.pk)
    set_aside(source, [Rejected(_raw(arrival), arrival.file_name, stopped, [Reject(0, None, reason, "")])], at)
    ledger.record("alert.set_aside", SUBJECT, source.pk, source.org_path, at=at, file=arrival.file_name, reason=reason)


@transaction.atomic
def ask_replay(source: Source, *, at: datetime) -> int:
    """How many heaps of lines of the source are to be read again; WrongState where there is none."""
    waiting = queries.set_aside().filter(source=source).count()
    if not waiting:
        raise WrongState("nothing of this source is set aside")
    ledger.record("alert.replay_asked", SUBJECT, source.pk, source.org_path, at=at, name=source.name, waiting=waiting)
    return waiting


@transaction.atomic
def take_back(number: int, reason: str, *, by: str, at: datetime) -> SetAside:
    """What waits of a file, taken back: nothing of it is to be read again. Alerts that were read from it stay counted.

    Raises WrongState for a message and for a file that is being read, InputError without a reason.
    """
    said = reason.strip()[:MOST_REASON]
    if not said:
        raise InputError("write why this file was handed in by mistake: somebody will have to answer for it")
    arrival, found, parts = _locked(number)
    if found.replayed_at is not None or found.taken_back_at is not None:
        raise WrongState("this waits no more: it was read or taken back meanwhile")
    if arrival is None:
        raise WrongState("this came as a message; only a file is taken back")
    if arrival.finished_at is None and not any(_is_whole(part) for part in parts):
        raise WrongState("this file is still being read; wait until it is read, then take it back")
    taken = [part for part in parts if part.replayed_at is None]
    for part in taken:
        part.taken_back_at, part.taken_back_by, part.taken_back_for = at, by[:200], said
    _moved("alert.take_back", taken, at, by, said)
    return found


@transaction.atomic
def put_back(number: int, *, by: str, at: datetime, undone: str = "") -> SetAside:
    """A file that was taken back, waiting for a replay again.

    `undone` is when it was, in ISO 8601, of the taking back that is undone: WrongState where it was taken back anew.
    """
    _arrival, found, parts = _locked(number)
    if found.taken_back_at is None:
        raise WrongState("this file is not taken back, so there is nothing to put back")
    if undone not in {"", found.taken_back_at.isoformat()}:
        raise WrongState("this file was put back since and taken back anew, so nothing was undone; look at it again")
    _put_back([part for part in parts if part.taken_back_at is not None], at, by)
    return found


def _locked(number: int) -> tuple[Arrival | None, SetAside, list[SetAside]]:
    """What has this number, all that was set aside of the same file or message, and the arrival if it is a file.

    All of them as they stand once they are locked. The arrival first, as an import does, so that none waits in a ring.
    """
    asked = SetAside.objects.filter(pk=number).first()
    arrival, parts = None, list[SetAside]()
    if asked is not None:
        arrivals = Arrival.objects.filter(source=asked.source_id, sha256=asked.raw.removeprefix("file/"))
        arrival = arrivals.select_for_update().first()
        same = SetAside.objects.filter(source=asked.source_id, raw=asked.raw)
        parts = list(same.select_for_update().order_by("pk"))
    found = next((part for part in parts if part.pk == number), None)
    if found is None:
        raise OutOfScope(f"there is nothing set aside with the number {number} among what you may see")
    return arrival, found, parts


def _is_whole(part: SetAside) -> bool:
    """True when the file stands aside from here on, and no replay has begun to read it."""
    return not part.lines and part.replayed_at is None


def _raw(arrival: Arrival) -> str:
    """How the bytes of the arrival are named where lines of it are set aside."""
    return f"file/{arrival.sha256}"


def _of(arrival: Arrival) -> QuerySet[SetAside]:
    return SetAside.objects.filter(source=arrival.source_id, raw=_raw(arrival))


def _put_back(parts: Sequence[SetAside], at: datetime, by: str) -> None:
    reason = parts[0].taken_back_for
    for part in parts:
        part.taken_back_at, part.taken_back_by, part.taken_back_for = None, "", ""
    _moved("alert.put_back", parts, at, by, reason)


def _moved(act: str, parts: Sequence[SetAside], at: datetime, by: str, reason: str) -> None:
    SetAside.objects.bulk_update(parts, ["taken_back_at", "taken_back_by", "taken_back_for"])
    one = parts[0]
    ledger.record(
        act, SUBJECT, one.source_id, one.org_path, at=at, file=one.file_name, raw=one.raw, reason=reason, by=by
    )


@transaction.atomic
def replayed(aside: SetAside, read: int, rejects: Sequence[Reject], *, at: datetime) -> Figures:
    """How many lines were read this time; those that still cannot be stay set aside with their new reasons."""
    locked = SetAside.objects.select_for_update().get(pk=aside.pk)
    if locked.taken_back_at is not None:
        raise WrongState("this file was taken back meanwhile; put it back before it is read again")
    if locked.replayed_at is not None or locked.lines != aside.lines:
        raise WrongState("these lines were replayed meanwhile; look at what is still set aside")
    locked.lines = [reject.line for reject in rejects]
    locked.reasons = reasons_of(rejects)
    locked.replayed_at = None if rejects else at
    locked.save(update_fields=["lines", "reasons", "replayed_at"])
    ledger.record(
        "alert.replay", SUBJECT, aside.source_id, aside.org_path, at=at, file=aside.file_name, records=read,
        rejects=len(rejects),
    )  # fmt: skip
    return Figures(read, 0, 0)


@transaction.atomic
def replay_begun(aside: SetAside, *, at: datetime) -> None:
    """The file that was set aside as a whole is read again from where it stopped; WrongState where it waits no more."""
    waiting = queries.set_aside().filter(pk=aside.pk).order_by()
    if not waiting.update(replayed_at=at):
        raise WrongState("this waits no more: it was read or taken back meanwhile")
    ledger.record("alert.replay", SUBJECT, aside.source_id, aside.org_path, at=at, file=aside.file_name)
