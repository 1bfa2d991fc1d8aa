"""Acts on sources: declared, changed, given keys, retired; silence noted and ended."""

import hashlib
import hmac
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field, fields, replace
from datetime import datetime, timedelta
from ipaddress import ip_network
from typing import Any

from django.db import IntegrityError, transaction

from vonggac.alerts import clocks
from vonggac.alerts.models import Finding, Source
from vonggac.alerts.rules import CLOCK_RULE, FINDING, SILENCE_RULE, WAITING, State, quiet_after
from vonggac.duty.escalation import services as calls
from vonggac.errors import InputError
from vonggac.formats import subject_pattern
from vonggac.formats.alerts import FORMATS, mapping
from vonggac.formats.alerts.detection import named
from vonggac.formats.times import find_zone
from vonggac.ledger import services as ledger
from vonggac.register.models import Organisation

SUBJECT = "alert_source"
PREFIX = "vga_"
SECRET_PREFIX = "vgh_"  # noqa: S105  the begin of every secret, none itself
MOST_SECONDS = 366 * 24 * 3600


@dataclass(frozen=True, slots=True)
class Declaration:
    """What is said of a source; empty: told by the content, or not used."""

    format_name: str = ""
    mapping: str = ""
    time_zone: str = "UTC"
    folder: str = ""
    senders: Sequence[str] = field(default=())
    expected_seconds: int | None = None
    is_signed: bool = False
    is_coordinator: bool = False
    subject_pattern: str = ""
    acknowledge_minutes: int | None = None


def declaration_of(source: Source) -> Declaration:
    """What is said of the source now."""
    return Declaration(**{one.name: getattr(source, one.name) for one in fields(Declaration)})


@transaction.atomic
def declare(name: str, organisation: Organisation, declaration: Declaration, *, at: datetime) -> Source:
    """The new source, which is heard from now on; InputError for a name in use or a declaration that cannot be read."""
    values = _checked(declaration)
    if not name or not all(letter.isalnum() or letter in "-_" for letter in name) or len(name) > 64:
        raise InputError("name the source with letters, digits and hyphens, at most 64 of them")
    try:
        with transaction.atomic():
            made = Source.objects.create(
                name=name, organisation=organisation, org_path=organisation.path, declared_at=at, **values
            )
    except IntegrityError:
        raise InputError(f"the name {name} is used by another source; choose another name") from None
    ledger.record("alert_source.declare", SUBJECT, made.pk, made.org_path, at=at, name=name, **values)
    return made


@transaction.atomic
def change(source: Source, declaration: Declaration, *, at: datetime) -> Source:
    """The source with another declaration; what came before stays as it was read."""
    values = _checked(declaration)
    for name, value in values.items():
        setattr(source, name, value)
    source.save(update_fields=list(values))
    ledger.record("alert_source.change", SUBJECT, source.pk, source.org_path, at=at, name=source.name, **values)
    return source


@transaction.atomic
def give_token(source: Source, *, at: datetime) -> str:
    """The new token of the source, told this once; the one before opens nothing any more."""
    token = PREFIX + secrets.token_urlsafe(32)
    source.token_digest = digest(token)
    source.save(update_fields=["token_digest"])
    ledger.record("alert_source.token", SUBJECT, source.pk, source.org_path, at=at, name=source.name)
    return token


@transaction.atomic
def renew_secret(source: Source, *, at: datetime) -> Source:
    """The source whose messages are signed with another secret from now on."""
    source.secret_number += 1
    source.save(update_fields=["secret_number"])
    ledger.record("alert_source.secret", SUBJECT, source.pk, source.org_path, at=at, name=source.name)
    return source


def secret_of(source_id: int, secret_number: int, desk_key: str) -> str:
    """The secret with which a source signs: derived from the desk's own key, so that no database or backup holds it."""
    told = f"alerts:{source_id}:{secret_number}".encode()
    return SECRET_PREFIX + hmac.new(desk_key.encode(), told, hashlib.sha256).hexdigest()


def digest(token: str) -> str:
    """What is kept of a token."""
    return hashlib.sha256(token.encode()).hexdigest()


@transaction.atomic
def retire(source: Source, *, at: datetime, reason: str = "") -> Source:
    """The source, heard no more and missed no more; its findings stay, and its name is taken."""
    if source.retired_at is None:
        source.retired_at, source.silent_since, source.token_digest = at, None, ""
        source.ahead_at, source.ahead_seconds = None, 0
        source.save(update_fields=["retired_at", "silent_since", "token_digest", "ahead_at", "ahead_seconds"])
        ledger.record(
            "alert_source.retire", SUBJECT, source.pk, source.org_path, at=at, name=source.name, reason=reason
        )
        for rule in (SILENCE_RULE, CLOCK_RULE):
            settle_told(source, rule, "nguồn đã ngừng", at)
    return source


@transaction.atomic
def note_silence(source_id: int, *, at: datetime) -> Finding | None:
    """The finding that the source is silent, once its time is over; None while it is not, or it stands already."""
    source = Source.objects.select_for_update().get(pk=source_id)
    quiet = quiet_after(source.expected_seconds, source.pauses)
    last = source.unheard_since
    if source.retired_at or source.silent_since or quiet is None or at - last < quiet:
        return None
    source.silent_since = last + quiet
    source.save(update_fields=["silent_since"])
    wait = clocks.of(source.org_path, at)[1]
    made = Finding.objects.create(
        source=source, org_path=source.org_path, rule=SILENCE_RULE, subject=source.name, severity="High",
        title=f"Nguồn {source.name} im lặng", first_seen_utc=last, last_seen_utc=at, first_received_at=at,
        last_received_at=at, priority=1, priority_reason=_silence_reason(quiet),
        acknowledge_by=at + wait.acknowledge, handle_by=at + wait.handle,
    )  # fmt: skip
    ledger.record("alert_source.silent", SUBJECT, source.pk, source.org_path, at=at, name=source.name)
    return made


def note_heard(source: Source, *, at: datetime) -> None:
    """End the silence of a source that was heard again: its finding is handled by itself."""
    if source.silent_since is not None:
        source.silent_since = None
        source.save(update_fields=["silent_since"])
        ledger.record("alert_source.heard", SUBJECT, source.pk, source.org_path, at=at, name=source.name)
        settle_told(source, SILENCE_RULE, "nguồn đã có lại", at)


def settle_told(source: Source, rule: str, why: str, at: datetime) -> None:
    """End what the desk itself tells of the source under the rule; what people settled stays as they settled it."""
    over = list(Finding.objects.filter(source=source, rule=rule, is_current=True).values_list("pk", flat=True))
    ended = Finding.objects.filter(pk__in=over)
    ended.filter(state__in=WAITING).update(state=State.MERGED, handled_at=at, note=why)
    ended.update(is_current=False, last_seen_utc=at)
    calls.settle(FINDING, over, at=at)


def _silence_reason(quiet: timedelta) -> str:
    hours, minutes = divmod(int(quiet.total_seconds()) // 60, 60)
    if not hours:
        minutes = max(minutes, 1)
        return f"quá {minutes} phút không có gì gửi về: trong lúc đó không giám sát được"
    return f"quá {hours} giờ {minutes:02d} phút không có gì gửi về: trong lúc đó không giám sát được"


def checked(declaration: Declaration) -> Declaration:
    """The declaration with its format by its own name, once all of it can be read; InputError otherwise."""
    return replace(declaration, format_name=_checked(declaration)["format_name"])


def _checked(declaration: Declaration) -> dict[str, Any]:
    """The fields of the declaration, once all of them can be read."""
    chosen = mapping.from_toml(declaration.mapping) if declaration.mapping else None
    if names := mapping.guessed(declaration.mapping):
        raise InputError(
            f"of the mapping these are guesses that nobody confirmed: {', '.join(names)}; look at each, mend it or "
            "take its line out, then confirm them"
        )
    if not declaration.is_coordinator and chosen and "notice" in chosen.columns:
        raise InputError("the mapping names the field 'notice': declare the source as a coordinator first")
    find_zone(declaration.time_zone)
    format_name = named(FORMATS, declaration.format_name).name if declaration.format_name else ""
    seconds = declaration.expected_seconds
    if seconds is not None and not 1 <= seconds <= MOST_SECONDS:
        raise InputError("the expected rhythm goes from one second to a year")
    if declaration.folder and not declaration.folder.startswith("/"):
        raise InputError(f"{declaration.folder} is no full path; watch a pattern such as /var/log/suricata/eve*.json")
    return {
        "format_name": format_name,
        "mapping": declaration.mapping,
        "time_zone": declaration.time_zone,
        "folder": declaration.folder,
        "senders": [_block(one) for one in declaration.senders if one.strip()],
        "expected_seconds": seconds,
        "is_signed": declaration.is_signed,
        **_as_coordinator(declaration),
    }


def _as_coordinator(declaration: Declaration) -> dict[str, Any]:
    """What is said of a coordinator; of another source nothing of it is kept."""
    if not declaration.is_coordinator:
        return {"is_coordinator": False, "subject_pattern": "", "acknowledge_minutes": None}
    pattern, minutes = declaration.subject_pattern.strip(), declaration.acknowledge_minutes
    if pattern:
        subject_pattern.check(pattern)
    if minutes is not None and not 1 <= minutes <= MOST_SECONDS // 60:
        raise InputError("the time to acknowledge goes from one minute to a year")
    return {"is_coordinator": True, "subject_pattern": pattern, "acknowledge_minutes": minutes}


def _block(text: str) -> str:
    try:
        return str(ip_network(text.strip(), strict=False))
    except ValueError:
        raise InputError(f"{text} is no address and no block of addresses") from None
