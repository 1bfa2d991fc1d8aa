"""Acts on channels: keep one, take it out of use, remove it; secrets are sealed on the way in and never come out."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings as django_settings
from django.db import transaction

from vonggac.duty.channels import templates, through_apprise, vault
from vonggac.duty.channels.gateway import Gateway
from vonggac.duty.delivery import Failure, Fault
from vonggac.duty.escalation import engine
from vonggac.duty.models import Channel, ChannelKind
from vonggac.errors import InputError, OutOfScope
from vonggac.ledger import services as ledger
from vonggac.register.models import Organisation
from vonggac.tenancy.scope import current, scoped, system

SUBJECT = "channel"
# Whoever has an address on a channel may stand duty elsewhere: other offices than those in sight call by it too.
EVERYWHERE = system("channels")
REMOVED = Failure(Fault.SERVER, "the channel was removed before it went out", is_final=True)
OUT_OF_USE = Failure(Fault.SERVER, "the channel was taken out of use before it went out", is_final=True)


@dataclass(frozen=True, slots=True)
class Draft:
    """A channel as a person enters it; `secrets` holds only those that were entered anew."""

    organisation: Organisation | None
    name: str
    kind: ChannelKind
    settings: Mapping[str, Any]
    secrets: Mapping[str, str]
    takes_phones: bool = False
    is_enabled: bool = True


@transaction.atomic
def keep(draft: Draft, *, at: datetime, channel_id: int | None = None) -> Channel:
    """The channel, made or changed; InputError for what could never send anything."""
    channel = one(channel_id) if channel_id else Channel()
    known = vault.opened(channel.secrets) if channel.secrets else {}
    settings, named = _checked(draft)
    secrets = {name: value for name, value in {**known, **draft.secrets}.items() if name in named}
    lacking = sorted(named - secrets.keys())
    if lacking:
        raise InputError(f"the channel names the secret {lacking[0]!r}; enter it as {lacking[0]}=…")
    if draft.kind == ChannelKind.APPRISE:
        through_apprise.check(settings["address"], secrets)
    channel.organisation = draft.organisation
    channel.org_path = draft.organisation.path if draft.organisation else ""
    channel.name, channel.kind, channel.settings = _name(draft, channel), draft.kind, settings
    channel.takes_phones, channel.is_enabled, channel.changed_at = draft.takes_phones, draft.is_enabled, at
    channel.secrets = vault.sealed(secrets)
    # What was tried is not what is kept now.
    channel.tried_at, channel.trouble = None, ""
    is_new = channel.pk is None
    channel.save()
    ledger.record(
        "channel.create" if is_new else "channel.change", SUBJECT, channel.pk, channel.org_path, at=at,
        name=channel.name, kind=channel.kind, settings=dict(settings), secrets_changed=sorted(draft.secrets),
        is_enabled=channel.is_enabled,
    )  # fmt: skip
    if not channel.is_enabled:
        with scoped(EVERYWHERE):
            engine.let_go(channel, OUT_OF_USE.words, at=at)
    return channel


def _name(draft: Draft, channel: Channel) -> str:
    name = " ".join(draft.name.split())
    path = draft.organisation.path if draft.organisation else ""
    if not name:
        raise InputError("give the channel a name")
    if Channel.objects.filter(org_path=path, name=name).exclude(pk=channel.pk).exists():
        raise InputError(f"there is a channel called {name} already")
    return name


def _checked(draft: Draft) -> tuple[dict[str, Any], set[str]]:
    """The settings as they are kept, and the secrets that they name."""
    if draft.kind == ChannelKind.GATEWAY:
        gateway = Gateway.from_json(draft.settings, allowed=django_settings.VONGGAC_PRIVATE_DESTINATIONS)
        return gateway.to_json(), gateway.secrets_named
    address = str(draft.settings.get("address", "")).strip()
    if "://" not in address:
        raise InputError("an Apprise address begins with its service, for example tgram://{secret:token}/{to}")
    return {"address": address}, templates.secrets_named(address)


@transaction.atomic
def note_try(channel: Channel, trouble: str, *, at: datetime) -> None:
    """Keep that the channel sent a test, or what stood in its way; `trouble` is "" where the other side took it."""
    channel.tried_at, channel.trouble = at, trouble[:300]
    channel.save(update_fields=["tried_at", "trouble"])
    ledger.record(
        "channel.try", SUBJECT, channel.pk, channel.org_path, at=at, name=channel.name, why=channel.trouble or None
    )


@transaction.atomic
def remove(channel_id: int, *, at: datetime) -> str:
    """The name of the channel that is no more, with the addresses that people had on it; who was called stays known."""
    channel = one(channel_id, is_locked=True)
    ledger.record("channel.remove", SUBJECT, channel.pk, channel.org_path, at=at, name=channel.name)
    with scoped(EVERYWHERE):
        engine.let_go(channel, REMOVED.words, at=at)
        channel.delete()
    return channel.name


def one(channel_id: int, *, is_locked: bool = False) -> Channel:
    """A channel that one may change; OutOfScope for those from above, which one may only use.

    `is_locked`: whoever writes a letter for it waits, and then finds what became of it.
    """
    rows = Channel.objects.select_for_update(of=("self",)) if is_locked else Channel.objects.all()
    found = rows.select_related("organisation").filter(pk=channel_id).first()
    if found is None or not current().covers(found.org_path):
        raise OutOfScope(f"channel {channel_id} is not among those you may change")
    return found


def usable(organisation: Organisation) -> list[Channel]:
    """The channels that serve an organisation: its own, those from above, the desk's."""
    found = Channel.objects.filter(is_enabled=True).order_by("-org_path", "name")
    return [channel for channel in found if organisation.path.startswith(channel.org_path)]


def is_room(channel: Channel) -> bool:
    """True when everything goes to one place, a group's: there is no address of a person in it."""
    return channel.kind == ChannelKind.APPRISE and "{to}" not in channel.settings["address"]
