"""A file of alerts handed in on a page: kept as it came, shown as it would be read, then read by the worker.

The reading itself is that of `vonggac alerts import`; a file of a million lines is more than a page waits for.
"""

from contextlib import suppress
from datetime import datetime
from io import BytesIO
from typing import BinaryIO

from vonggac.alerts.models import Arrival, Source
from vonggac.alerts.services import files
from vonggac.errors import InputError, WrongState
from vonggac.flows.alert_files import take_in
from vonggac.flows.uploads import lake
from vonggac.formats.alerts import Notice, notice
from vonggac.jobs import defer, job
from vonggac.jobs.clock import now
from vonggac.kernel import addresses
from vonggac.tenancy.scope import scoped, system

TAKE_IN_JOB = "alerts.take_in"
MOST_IDENTIFIER = 150


def keep(stream: BinaryIO) -> str:
    """The SHA-256 of the file, which survives a power loss when this returns; nothing of it counts yet."""
    return lake().keep_stream(stream)


def receive(source: Source, file_name: str, sha256: str, size: int, *, at: datetime) -> Arrival:
    """The kept file as an arrival of the source, which the worker takes in; one that was taken in whole stays so."""
    arrival = files.receive(source, file_name, sha256, size, at=at)
    if arrival.finished_at is None:
        # Pressed twice, or handed in again while it is read: the second job finds what the first did.
        defer(TAKE_IN_JOB, lock=f"{TAKE_IN_JOB}:{arrival.pk}", arrival=arrival.pk)
    return arrival


def enter_notice(
    source: Source,
    said: Notice,
    title: str,
    *,
    address: str = "",
    host: str = "",
    text: str = "",
    at: datetime,
) -> Arrival:
    """What somebody read out of a coordinator's notice, kept as a file of its own and taken in as any other.

    Raises InputError for what is no identifier, no address, or tells nothing.
    """
    if not source.is_coordinator:
        raise InputError("the source is no coordinator; declare it as one first")
    if not said.identifier or len(said.identifier) > MOST_IDENTIFIER:
        raise InputError(f"a notice has an identifier of at most {MOST_IDENTIFIER} letters")
    if not title.strip():
        raise InputError("write what the notice is about")
    if address and addresses.parse(address) is None:
        raise InputError(f"{address} is not an IPv4 or IPv6 address")
    content = notice.write(said, title.strip(), address=address, host=host, text=text)
    return receive(source, f"{said.identifier}.json", keep(BytesIO(content)), len(content), at=at)


@job(TAKE_IN_JOB)
def take_in_kept(arrival: int) -> None:
    """Read the arrival from where it was left; one that cannot be read is set aside with its reason.

    One that is taken back meanwhile is left where it is.
    """
    scope = system("alerts")
    with scoped(scope):
        sha256 = Arrival.objects.values_list("sha256", flat=True).get(pk=arrival)
    with lake().opened(sha256) as stream, suppress(WrongState):
        take_in(stream, arrival, scope, at=now())
