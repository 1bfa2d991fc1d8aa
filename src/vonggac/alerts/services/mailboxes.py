"""Acts on mailboxes: kept for a source, read by one process at a time, its trouble told, removed."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import Q

from vonggac.alerts.imap import TLS_PORT, Place
from vonggac.alerts.models import Mailbox, Source
from vonggac.alerts.services.sources import SUBJECT
from vonggac.duty.channels import destinations, vault
from vonggac.errors import InputError
from vonggac.ledger import services as ledger

# Longer than a session may last: a reader that died lets go after this.
LEASE = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Draft:
    """A mailbox as a person enters it; an empty password keeps the one that is known to that server."""

    host: str
    username: str
    password: str = ""
    folder: str = "INBOX"
    port: int = TLS_PORT


@transaction.atomic
def keep(source: Source, draft: Draft, *, at: datetime) -> Mailbox:
    """The source's mailbox, made or changed; InputError for one that could never be read.

    Another folder, account or server is read from its beginning.
    """
    host, username, folder = draft.host.strip().lower(), draft.username.strip(), draft.folder.strip() or "INBOX"
    _refuse(host, draft.port, username, folder)
    box = Mailbox.objects.select_for_update().filter(source=source).first() or Mailbox(source=source)
    if box.secret and not draft.password and box.host != host:
        raise InputError("another mail server gets the password only from whoever knows it; enter it anew")
    if not (draft.password or box.secret):
        raise InputError("enter the mailbox's password; it is sealed, and never shown again")
    if (box.host, box.port, box.username, box.folder) != (host, draft.port, username, folder):
        box.uid_validity, box.last_uid = 0, 0
    box.org_path = source.org_path
    box.host, box.port, box.username, box.folder = host, draft.port, username, folder
    if draft.password:
        box.secret = vault.sealed({"password": draft.password})
    box.trouble, box.read_at = "", None
    box.save()
    ledger.record(
        "alert_source.mailbox", SUBJECT, source.pk, source.org_path, at=at, name=source.name, host=host,
        port=draft.port, username=username, folder=folder, password_changed=bool(draft.password),
    )  # fmt: skip
    return box


def _refuse(host: str, port: int, username: str, folder: str) -> None:
    if not 0 < port < 65_536 or not host or any(letter in host for letter in "/ @\\"):
        raise InputError("name the mail server as a host and a port, for example mail.example.vn and 993")
    destinations.parsed(f"https://{f'[{host}]' if ':' in host else host}:{port}", allowed=_allowed())
    if not username or any(ord(letter) < 32 for letter in username + folder):
        raise InputError("name the account and the folder without line breaks")


def _allowed() -> frozenset[str]:
    found: frozenset[str] = settings.VONGGAC_PRIVATE_DESTINATIONS
    return found


@transaction.atomic
def remove(source: Source, *, at: datetime) -> None:
    """The source without its mailbox; what came from it stays."""
    if Mailbox.objects.filter(source=source).delete()[0]:
        ledger.record("alert_source.mailbox_end", SUBJECT, source.pk, source.org_path, at=at, name=source.name)


def waiting(at: datetime) -> list[int]:
    """The mailboxes of sources in use that nobody reads right now."""
    free = Mailbox.objects.filter(Q(leased_until=None) | Q(leased_until__lt=at), source__retired_at=None)
    return list(free.order_by("pk").values_list("pk", flat=True))


def claim(box_id: int, *, at: datetime) -> Mailbox | None:
    """The mailbox, this process's to read for a while; None where another one has it."""
    free = Mailbox.objects.filter(Q(leased_until=None) | Q(leased_until__lt=at), pk=box_id)
    if not free.update(leased_until=at + LEASE):
        return None
    return Mailbox.objects.select_related("source").get(pk=box_id)


def read_to(box: Mailbox, uid_validity: int, uid: int) -> None:
    """Keep how far the folder was read: called once what it held survives a power loss."""
    Mailbox.objects.filter(pk=box.pk, host=box.host, username=box.username, folder=box.folder).update(
        uid_validity=uid_validity, last_uid=uid
    )


@transaction.atomic
def let_go(box: Mailbox, trouble: str, *, at: datetime) -> None:
    """The mailbox, for the next reader; trouble that is new, or over, stands in the ledger."""
    told = {"trouble": trouble[:300], "leased_until": None} | ({} if trouble else {"read_at": at})
    Mailbox.objects.filter(pk=box.pk).update(**told)
    if trouble[:300] != box.trouble:
        ledger.record(
            "alert_source.mailbox_trouble" if trouble else "alert_source.mailbox_well", SUBJECT, box.source_id,
            box.org_path, at=at, why=trouble[:300],
        )  # fmt: skip


def place_of(box: Mailbox) -> Place:
    """Where it is read."""
    return Place(box.host, box.port, box.username, box.folder)


def password_of(box: Mailbox) -> str:
    """Its password; ConfigurationError when this home's key is not the one that sealed it."""
    return vault.opened(box.secret)["password"]
