"""Acts on requests to pass shifts on: asked, withdrawn, noted as taken or as told to the lead."""

from datetime import datetime, timedelta
from typing import Any

from django.db import transaction

from vonggac.duty.models import Exchange, Member, Shift
from vonggac.duty.planning import slot_of
from vonggac.duty.queries import exchanges as queries
from vonggac.errors import InputError, OutOfScope, WrongState
from vonggac.ledger import services as ledger

LONGEST_NOTE = 300
# A shift that nobody took over by then is the lead's business.
LATE = timedelta(hours=4)


@transaction.atomic
def ask(shift: Shift, note: str = "", *, wanted: Shift | None = None, at: datetime) -> Exchange:
    """The request that a shift is taken over, or swapped for a colleague's; asked again, it is the same request."""
    _check(shift, at)
    slot, asker = slot_of(shift), shift.member
    if asker is None:
        raise InputError("this shift is nobody's of the duty list; who makes the rosters changes it")
    filled: dict[str, Any] = {}
    if wanted is not None:
        _check(wanted, at)
        if wanted.member is None or wanted.member_id == shift.member_id:
            raise InputError("a shift is swapped for one of a colleague")
        if wanted.person is None or not wanted.person.is_active:
            raise InputError(f"{wanted.person_name} has no account to answer with; ask who makes the rosters")
        filled = {
            "colleague": wanted.member, "wanted_post": wanted.post, "wanted_from_utc": wanted.from_utc,
            "wanted_to_utc": wanted.to_utc,
        }  # fmt: skip
    found, is_new = Exchange.objects.get_or_create(
        asker=asker, slot=slot, wanted_slot=slot_of(wanted) if wanted else "", taken_at=None, withdrawn_at=None,
        defaults={
            "org_path": shift.org_path, "post": shift.post, "from_utc": shift.from_utc, "to_utc": shift.to_utc,
            "note": " ".join(note.split())[:LONGEST_NOTE], "asked_at": at, **filled,
        },
    )  # fmt: skip
    if is_new:
        _record("exchange.ask", found, at)
    return found


def _check(shift: Shift, at: datetime) -> None:
    if shift.from_utc <= at:
        raise WrongState("this shift has begun; call your lead")


@transaction.atomic
def withdraw(exchange_id: int, *, at: datetime) -> None:
    """The request, taken back; a second time changes nothing."""
    found = locked(exchange_id)
    if found.taken_at is not None:
        raise WrongState("this shift was taken over already")
    if found.withdrawn_at is None:
        found.withdrawn_at = at
        found.save(update_fields=["withdrawn_at"])
        _record("exchange.withdraw", found, at)


@transaction.atomic
def end_for(asker: Member, slot: str, *, at: datetime) -> None:
    """End what somebody asked about a shift that is no longer theirs: who plans put another person there."""
    waiting = Exchange.objects.select_for_update(of=("self",)).select_related("asker")
    for one in waiting.filter(asker=asker, slot=slot, taken_at__isnull=True, withdrawn_at__isnull=True):
        one.withdrawn_at = at
        one.save(update_fields=["withdrawn_at"])
        _record("exchange.withdraw", one, at)


@transaction.atomic
def note_taken(exchange: Exchange, taker: Member, *, at: datetime) -> None:
    """Keep who took a request on."""
    exchange.colleague, exchange.taken_at = taker, at
    exchange.save(update_fields=["colleague", "taken_at"])
    _record("exchange.take", exchange, at, by=taker.name)
    end_for(exchange.asker, exchange.slot, at=at)


@transaction.atomic
def note_untaken(*, at: datetime) -> list[Exchange]:
    """The requests whose shift is near and that nobody took; noted as told to the lead now."""
    near = queries.open_ones(at).filter(told_at__isnull=True, from_utc__lte=at + LATE)
    found = list(near.select_for_update(of=("self",)))
    for one in found:
        one.told_at = at
        one.save(update_fields=["told_at"])
        _record("exchange.miss", one, at)
    return found


def locked(exchange_id: int) -> Exchange:
    """The request, locked; OutOfScope when it is not among those one may see."""
    rows = Exchange.objects.select_for_update(of=("self",)).filter(pk=exchange_id)
    found = rows.select_related("post__organisation", "post__lead", "asker__person", "colleague", "wanted_post").first()
    if found is None:
        raise OutOfScope(f"request {exchange_id} is not among those you may see")
    return found


def _record(act: str, exchange: Exchange, at: datetime, **detail: Any) -> None:
    ledger.record(
        act, "exchange", exchange.pk, exchange.org_path, at=at, person=exchange.asker.name,
        from_utc=exchange.from_utc.isoformat(), is_swap=exchange.is_swap, **detail,
    )  # fmt: skip
