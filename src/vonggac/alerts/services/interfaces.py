"""Acts on the HTTP interfaces of coordinators: kept, removed; what waits to be sent or asked, what became of it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models.functions import Now

from vonggac.alerts.models import Interface, Reply, Source
from vonggac.alerts.services.sources import SUBJECT, note_heard
from vonggac.duty.channels import gateway, templates, vault
from vonggac.duty.channels.gateway import Gateway
from vonggac.duty.delivery import Failure, pause
from vonggac.errors import InputError
from vonggac.ledger import services as ledger

# Longer than one request may take; a sender that was killed holds its reply for so long.
LEASE = timedelta(seconds=45)
MOST_POLL_MINUTES = 24 * 60


@dataclass(frozen=True, slots=True)
class Draft:
    """An interface as a person enters it; `secrets` holds only those that were entered anew."""

    request: Mapping[str, Any]
    secrets: Mapping[str, str] = field(default_factory=dict)
    poll_url: str = ""
    poll_minutes: int = 5


@transaction.atomic
def keep(source: Source, draft: Draft, *, at: datetime) -> Interface:
    """The coordinator's interface, made or changed; InputError for one that could never work."""
    if not source.is_coordinator:
        raise InputError("the source is no coordinator; declare it as one first")
    request, poll_url = Gateway.from_json(draft.request, allowed=allowed()), draft.poll_url.strip()
    if poll_url:
        gateway.refuse_address(poll_url, allowed=allowed())
    if not 1 <= draft.poll_minutes <= MOST_POLL_MINUTES:
        raise InputError("it is asked between every minute and once a day")
    kept = Interface.objects.select_for_update().filter(source=source).first() or Interface(source=source)
    named = request.secrets_named | templates.secrets_named(poll_url)
    # Whoever sends a colleague's key somewhere else has to know it.
    before = (kept.request["url"], kept.poll_url) if kept.pk else ()
    stays = set(map(vault.host_of, filter(None, (request.url, poll_url)))) <= set(map(vault.host_of, before))
    secrets = {**(vault.opened(kept.secrets) if stays else {}), **draft.secrets}
    if lacking := sorted(named - secrets.keys()):
        if kept.secrets and not stays:
            raise InputError(f"the interface leads somewhere else now; enter {lacking[0]}=… anew")
        raise InputError(f"the interface names the secret {lacking[0]!r}; enter it as {lacking[0]}=…")
    kept.org_path, kept.request, kept.poll_url = source.org_path, request.to_json(), poll_url
    kept.secrets = vault.sealed({name: secrets[name] for name in sorted(named)})
    kept.poll_minutes, kept.trouble, kept.polled_at = draft.poll_minutes, "", None
    kept.next_poll_at = at if poll_url else None
    kept.save()
    ledger.record(
        "alert_source.interface", SUBJECT, source.pk, source.org_path, at=at, name=source.name,
        request=kept.request, poll_url=poll_url, secrets_changed=sorted(draft.secrets),
    )  # fmt: skip
    return kept


@transaction.atomic
def remove(source: Source, *, at: datetime) -> None:
    """The source without its interface; what was not sent by it yet is left to people."""
    if Interface.objects.filter(source=source).delete()[0]:
        waiting = Reply.objects.filter(notice__source=source, next_try_at__isnull=False)
        waiting.update(next_try_at=None, trouble="the interface was removed before this was sent")
        ledger.record("alert_source.interface_end", SUBJECT, source.pk, source.org_path, at=at, name=source.name)


def allowed() -> frozenset[str]:
    """The hosts inside a network that the operator named."""
    found: frozenset[str] = settings.VONGGAC_PRIVATE_DESTINATIONS
    return found


@transaction.atomic
def claim_reply() -> Reply | None:
    """The reply that waits longest, leased to the caller; None where none is due. Two senders never hold one."""
    due = Reply.objects.filter(next_try_at__lte=Now()).order_by("next_try_at", "pk")
    found = due.select_for_update(of=("self",), skip_locked=True).select_related("notice__source").first()
    if found is not None:
        Reply.objects.filter(pk=found.pk).update(next_try_at=Now() + LEASE)
    return found


@transaction.atomic
def note_failure(reply: Reply, failure: Failure) -> None:
    """It was not taken: tried again after a growing pause, or left to people where no other try would go better."""
    waiting = Reply.objects.select_for_update().filter(pk=reply.pk, sent_at=None).first()
    if waiting is not None:
        waiting.attempts += 1
        waiting.trouble = failure.words[:300]
        waiting.next_try_at = None if failure.is_final else Now() + pause(waiting.attempts)
        waiting.save(update_fields=["attempts", "trouble", "next_try_at"])


@transaction.atomic
def claim_polls(*, at: datetime) -> list[Interface]:
    """The interfaces of sources in use that are to be asked now; each is asked by one process."""
    due = Interface.objects.filter(next_poll_at__lte=at, source__retired_at=None).select_related("source")
    found = list(due.select_for_update(of=("self",), skip_locked=True).order_by("pk"))
    for one in found:
        Interface.objects.filter(pk=one.pk).update(next_poll_at=at + timedelta(minutes=one.poll_minutes))
    return found


@transaction.atomic
def note_poll(interface: Interface, trouble: str, *, at: datetime) -> None:
    """What became of a poll: an answer, also without news, is a sign of life; trouble that is new, or over, is told."""
    told = {"trouble": trouble[:300]} | ({} if trouble else {"polled_at": at})
    Interface.objects.filter(pk=interface.pk).update(**told)
    source = Source.objects.select_for_update().get(pk=interface.source_id)
    if not trouble:
        source.heard_at = max(at, source.heard_at) if source.heard_at else at
        source.save(update_fields=["heard_at"])
        note_heard(source, at=at)
    if trouble[:300] != interface.trouble:
        act = "alert_source.interface_trouble" if trouble else "alert_source.interface_well"
        ledger.record(act, SUBJECT, source.pk, source.org_path, at=at, why=trouble[:300])
