"""What tests ask about messages: made, read again, and the link that a person gets for one."""

from datetime import datetime
from urllib.parse import urlsplit

from tests import cast
from vonggac.duty import messages
from vonggac.duty.messages import Draft
from vonggac.duty.models import Message
from vonggac.flows import messages as flow
from vonggac.ledger.models import Entry
from vonggac.tenancy.scope import scoped, system

# Importing the flow is what makes its job known to `run_waiting`.
send_due = flow.send_due


def kept(people: cast.Cast, to: str = "truc@vinh-hai.example", *, code: str = "p-vinh-hai", **given: object) -> Message:
    """A message to an organisation of the cast."""
    with scoped(system("tests")):
        draft = Draft(people.organisations[code], **({"subject": "Nhắc", "body": "Hai việc", "to": to} | given))
        return messages.notify(draft, at=cast.NOON)


def again(message: Message) -> Message:
    """The message as it is now."""
    with scoped(system("tests")):
        return Message.objects.get(pk=message.pk)


def secret_for(message: Message, *, at: datetime) -> str:
    """The secret of a fresh link that acknowledges what the message asks."""
    with scoped(system("tests")):
        return urlsplit(messages.fresh_link(message.pk, at=at)).path.rpartition("/")[2]


def acts() -> list[str]:
    """The acts on messages, in order."""
    with scoped(system("tests")):
        return list(Entry.objects.filter(subject_kind="message").order_by("id").values_list("act", flat=True))
