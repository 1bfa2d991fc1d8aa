"""A kept message goes out."""

from vonggac.duty import messages
from vonggac.jobs import job
from vonggac.jobs.clock import now
from vonggac.tenancy.scope import scoped, system


@job(messages.SEND_JOB, queue="messages")
def send_message(message_id: int) -> None:
    """Send one message; an error of the mail server makes the job try again later."""
    with scoped(system("messages")):
        messages.send(message_id, at=now())
