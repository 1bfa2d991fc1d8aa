"""Acts of handing over: one list, signed by who gives and by who takes; and the things to keep an eye on."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db import transaction

from vonggac.duty.models import HandOver, Post, Shift, WatchItem
from vonggac.duty.queries import hand_overs
from vonggac.duty.queries.changes import Change, Side, Signer
from vonggac.duty.rules import may_check_in
from vonggac.duty.services.presence import check_in
from vonggac.errors import InputError, NotPermitted, OutOfScope, WrongState
from vonggac.ledger import services as ledger
from vonggac.register.models import Organisation, Person

MOST_LINES, LONGEST_LINE = 3, 300
OUT_OF_TIME = "a shift is handed over from an hour before it ends, a short one from its middle, until six hours after"


@transaction.atomic
def give(
    post_id: int,
    boundary_utc: datetime,
    note: str,
    person: Person,
    *,
    at: datetime,
    may_assign: bool = False,
    instead_of: str = "",
) -> HandOver:
    """The list of this moment, signed by who gives; given again while nobody has taken it, it is the newer list.

    `may_assign`: as `Change.signer` asks. `instead_of`: the digest of the list that another signed and this replaces.
    """
    post = _post(post_id)
    change = hand_overs.change_at(post, boundary_utc)
    _check_time(change, at)
    signer = _signer(change, Side.GIVES, person, at, may_assign=may_assign)
    hand_over = _locked(post, boundary_utc)
    if hand_over.taken_at is not None:
        raise WrongState("this hand-over was taken already; both signatures stand")
    replaced = _check_replaces(hand_over, person, signer, instead_of)
    hand_over.items = hand_overs.items(post.org_path, at)
    hand_over.note = _lines(note)
    hand_over.digest = digest_of(hand_over.items, hand_over.note)
    hand_over.given_at, hand_over.given_by, hand_over.giver = at, person.name, person
    hand_over.gave_as_stand_in = signer is Signer.STAND_IN
    hand_over.save()
    _record("hand_over.give", hand_over, at, by=person.name, **_stood_in(signer, change.ending), **replaced)
    return hand_over


@transaction.atomic
def take(hand_over_id: int, digest: str, person: Person, *, at: datetime, may_assign: bool = False) -> HandOver:
    """The hand-over with its second signature, under the very list that was shown (`digest`).

    Whoever gave cannot take. The shift that ends is relieved now, or when it ends; the taker's own is checked in.
    """
    found = HandOver.objects.select_for_update(of=("self",)).select_related("post", "giver").filter(pk=hand_over_id)
    hand_over = found.first()
    if hand_over is None or hand_over.given_at is None:
        raise OutOfScope(f"hand-over {hand_over_id} is not among those that wait for you")
    if hand_over.taken_at is not None and hand_over.taker_id == person.pk:
        return hand_over
    if hand_over.taken_at is not None:
        raise WrongState("somebody else has taken this hand-over already; say on your own shift that you are there")
    if hand_over.giver_id == person.pk:
        raise NotPermitted("two people sign a hand-over; who gives it cannot take it")
    change = hand_overs.change_at(hand_over.post, hand_over.boundary_utc)
    signer = _signer(change, Side.TAKES, person, at, may_assign=may_assign)
    if digest != hand_over.digest:
        raise WrongState("the list was given anew meanwhile; read it once more and sign then")
    # That it could be given was looked at then: a shift that was planned anew since still changes hands.
    _check_not_over(hand_over.boundary_utc, at)
    hand_over.taken_at, hand_over.taken_by, hand_over.taker = max(at, hand_over.given_at), person.name, person
    hand_over.took_as_stand_in = signer is Signer.STAND_IN
    hand_over.save()
    _relieve(hand_over, change, person, at)
    _record("hand_over.take", hand_over, at, by=person.name, digest=digest, **_stood_in(signer, change.beginning))
    return hand_over


def _signer(change: Change, side: Side, person: Person, at: datetime, *, may_assign: bool) -> Signer:
    signer = change.signer(side, person, at, may_assign=may_assign)
    if signer is not None:
        return signer
    if side is Side.GIVES:
        raise NotPermitted("whose shift ends gives it; another stands in only where none of them is there to sign")
    raise NotPermitted("whose shift begins takes it; another stands in only where none of them is there to sign")


def _check_replaces(hand_over: HandOver, person: Person, signer: Signer, instead_of: str) -> dict[str, str]:
    """Whose signature goes, for the ledger; nothing is replaced in another's place, nor without having been shown."""
    if hand_over.given_at is None or hand_over.giver_id == person.pk:
        return {}
    if signer is Signer.STAND_IN:
        raise NotPermitted("somebody has signed this list; only who gives the shift may give it anew")
    if instead_of != hand_over.digest:
        raise WrongState("another gave the list meanwhile; read it, and see whether to replace their signature")
    return {"replaces": hand_over.given_by}


def _stood_in(signer: Signer, absent: Sequence[Shift]) -> dict[str, list[str]]:
    return {"stands_in_for": [shift.person_name for shift in absent]} if signer is Signer.STAND_IN else {}


def _relieve(hand_over: HandOver, change: Change, taker: Person, at: datetime) -> None:
    ending = Shift.objects.filter(post=hand_over.post, to_utc=hand_over.boundary_utc, checked_in_at__isnull=False)
    # Signed before the shift ends, it still ends when it ends: nobody is sent home by a pen. Nor kept by one: past the
    # time for signing nothing shows that who gives was still there, and another's pen shows nothing of them at all.
    boundary = hand_over.boundary_utc
    last = boundary if hand_over.gave_as_stand_in else change.sign_by_utc
    ending.filter(left_at__isnull=True).update(left_at=min(max(at, boundary), last))
    own = Shift.objects.filter(
        post=hand_over.post, from_utc=hand_over.boundary_utc, person=taker, checked_in_at=None, taken_off_at=None
    ).first()
    # Signed when a short shift is over already, it says nothing of having been there.
    if own is not None and may_check_in(own.from_utc, own.to_utc, at):
        check_in(own.pk, taker.name, at=at)


@transaction.atomic
def note_unsigned(*, at: datetime) -> list[HandOver]:
    """The changes of shift past their minutes without both signatures that nobody was told of; noted as told now."""
    found = []
    for change in hand_overs.changes(at - hand_overs.LATEST, at):
        if at < change.sign_by_utc:
            continue
        hand_over = _locked(change.post, change.boundary_utc)
        if hand_over.taken_at is None and hand_over.told_at is None:
            hand_over.told_at = at
            hand_over.save()
            _record("hand_over.miss", hand_over, at)
            found.append(hand_over)
    return found


@transaction.atomic
def watch_out(office: Organisation, text: str, person: Person, *, at: datetime) -> WatchItem:
    """A thing that the next shifts should keep an eye on."""
    clean = " ".join(text.split())
    if not clean or len(clean) > LONGEST_LINE:
        raise InputError(f"say in at most {LONGEST_LINE} characters what the next shift should keep an eye on")
    item = WatchItem.objects.create(
        organisation=office, org_path=office.path, text=clean, made_at=at, made_by=person.name
    )  # fmt: skip
    ledger.record("watch_item.make", "watch_item", item.pk, item.org_path, at=at, text=clean)
    return item


@transaction.atomic
def close_watch_item(item_id: int, person: Person, *, at: datetime) -> None:
    """The thing needs no eye any more; a second time changes nothing."""
    item = WatchItem.objects.select_for_update().filter(pk=item_id).first()
    if item is None:
        raise OutOfScope(f"item {item_id} is not among those you may see")
    if item.closed_at is None:
        item.closed_at, item.closed_by = at, person.name
        item.save(update_fields=["closed_at", "closed_by"])
        ledger.record("watch_item.close", "watch_item", item.pk, item.org_path, at=at, by=person.name)


def digest_of(items: Mapping[str, Any], note: str) -> str:
    """The SHA-256 of a list with its note: what both signatures stand under."""
    content = json.dumps([items, note], ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(content.encode()).hexdigest()


def _lines(note: str) -> str:
    lines = [line.strip() for line in note.splitlines() if line.strip()]
    if len(lines) > MOST_LINES or any(len(line) > LONGEST_LINE for line in lines):
        raise InputError(f"a hand-over carries at most {MOST_LINES} lines of note; what is longer belongs in a case")
    return "\n".join(lines)


def _check_time(change: Change, at: datetime) -> None:
    if not change.ending:
        raise InputError("no shift of this post ends then; open the hand-over from the first page")
    if at < change.opens_utc:
        raise WrongState(OUT_OF_TIME)
    _check_not_over(change.boundary_utc, at)


def _check_not_over(boundary_utc: datetime, at: datetime) -> None:
    if at >= boundary_utc + hand_overs.LATEST:
        raise WrongState(OUT_OF_TIME)


def _post(post_id: int) -> Post:
    post = Post.objects.select_related("organisation", "lead").filter(pk=post_id).first()
    if post is None:
        raise OutOfScope(f"post {post_id} is not among those you may see")
    return post


def _locked(post: Post, boundary_utc: datetime) -> HandOver:
    HandOver.objects.get_or_create(post=post, boundary_utc=boundary_utc, defaults={"org_path": post.org_path})
    return HandOver.objects.select_for_update(of=("self",)).select_related("post").get(
        post=post, boundary_utc=boundary_utc
    )  # fmt: skip


def _record(act: str, hand_over: HandOver, at: datetime, **detail: Any) -> None:
    ledger.record(
        act, "hand_over", hand_over.pk, hand_over.org_path, at=at,
        post=hand_over.post.name, boundary=hand_over.boundary_utc.isoformat(), **detail,
    )  # fmt: skip
