"""A coordinator's HTTP interface: what it is told goes out until it is taken, and what it says is asked for.

A reply is a row until the other side took it. Killed between the two, it is sent once more under the same key
(`Idempotency-Key`), by which the other side knows it. What is asked for comes in as a file: an answer counts once.
"""

from datetime import datetime
from io import BytesIO

from vonggac.alerts.models import Interface, Reply
from vonggac.alerts.services import interfaces, notices
from vonggac.duty.channels import gateway, vault
from vonggac.duty.channels.gateway import Gateway
from vonggac.duty.delivery import Failure, Fault
from vonggac.errors import ConfigurationError, InputError
from vonggac.flows import alert_hand_in
from vonggac.jobs import job
from vonggac.jobs.clock import now
from vonggac.tenancy.scope import scoped, system

MOST_AT_ONCE = 100
LARGEST_ANSWER_BYTES = 8 << 20
_SCOPE = system("alerts")


@job("alerts.send_replies", periodic="* * * * * */10", attempts=1)
def send_replies() -> None:
    """Send what waits, six times a minute."""
    send_waiting()


@job("alerts.poll_interfaces", periodic="* * * * * 30", attempts=1)
def poll_interfaces() -> None:
    """Ask the interfaces that are due, once a minute."""
    poll_due(at=now())


def send_waiting() -> int:
    """How many replies were taken by the other side now."""
    sent = 0
    for _ in range(MOST_AT_ONCE):
        with scoped(_SCOPE):
            reply = interfaces.claim_reply()
        if reply is None:
            break
        failure = _handed_over(reply)
        with scoped(_SCOPE):
            if failure is None:
                notices.note_sent(reply, at=now())
                sent += 1
            else:
                interfaces.note_failure(reply, failure)
    return sent


def _handed_over(reply: Reply) -> Failure | None:
    """None when the coordinator took it."""
    notice = reply.notice
    with scoped(_SCOPE):
        interface = Interface.objects.filter(source=notice.source_id).first()
    if interface is None:
        return Failure(Fault.LETTER, "the source has no interface any more", is_final=True)
    values = {
        "to": notice.identifier, "name": reply.kind, "subject": notice.title, "text": reply.text, "body": reply.text,
        "key": reply.key,
    }  # fmt: skip
    try:
        request = Gateway.from_json(interface.request, allowed=interfaces.allowed())
        return gateway.send(request, values, vault.opened(interface.secrets), allowed=interfaces.allowed())
    except ConfigurationError as error:
        return Failure(Fault.SERVER, str(error), is_outage=True)
    except InputError as error:
        return Failure(Fault.LETTER, str(error), is_final=True)


def poll_due(*, at: datetime) -> int:
    """How many interfaces answered now; what stands in the way of one is kept with it, not raised."""
    with scoped(_SCOPE):
        due = interfaces.claim_polls(at=at)
    return sum(_polled(interface, at) for interface in due)


def _polled(interface: Interface, at: datetime) -> bool:
    try:
        answer = gateway.fetch(
            interface.poll_url, interface.request["headers"], vault.opened(interface.secrets),
            most_bytes=LARGEST_ANSWER_BYTES, allowed=interfaces.allowed(),
        )  # fmt: skip
    except ConfigurationError as error:
        answer = Failure(Fault.SERVER, str(error))
    is_told = not isinstance(answer, Failure)
    with scoped(_SCOPE):
        if not isinstance(answer, Failure) and answer.strip():
            name = f"{interface.source.name}-{at:%Y%m%d-%H%M%S}.json"
            sha256 = alert_hand_in.keep(BytesIO(answer))
            alert_hand_in.receive(interface.source, name, sha256, len(answer), at=at)
        interfaces.note_poll(interface, answer.words if isinstance(answer, Failure) else "", at=at)
    return is_told
