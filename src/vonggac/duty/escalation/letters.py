"""What goes out: pages due for one address become one letter, which one pager at a time has in hand until it is sent.

A letter is written, with its key, before anything is sent: tried again, it is the same letter under the same key.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeAlias
from urllib.parse import urlsplit
from uuid import UUID

from django.conf import settings
from django.db import connection, transaction
from django.db.models import Exists, Max, OuterRef, QuerySet

from vonggac.duty import links
from vonggac.duty.escalation import apart, wording
from vonggac.duty.escalation.rules import Kind
from vonggac.duty.escalation.wording import Told
from vonggac.duty.models import Channel, Concern, ContactMethod, Letter, Page, Step
from vonggac.ledger import services as ledger

SUBJECT = "escalation"
WITHDRAWN = "withdrawn"
BATCH = 500
# After this a call is stale: the ones behind it have been called, and the desk says that it did not get through.
KEEP_TRYING = timedelta(minutes=30)
# What could not be done at all is tried again after this: what stood in its way may be mended.
TRY_AGAIN = timedelta(minutes=5)
FIRST_PAUSE, LONGEST_PAUSE = timedelta(seconds=5), timedelta(minutes=1)
# A pager that gave no sign for so long is dead, and what it had in hand is taken up by another.
SILENCE_SECONDS = 12

Address: TypeAlias = tuple[str, int | None, str]
Heard: TypeAlias = Mapping[tuple[int, int | None, str], datetime]

_CLAIM = """
UPDATE duty_letter SET claimed_by = %(pager)s, attempts = attempts + 1
WHERE id = (
    SELECT id FROM duty_letter AS letter
    WHERE sent_at IS NULL AND given_up_at IS NULL AND due_at <= %(at)s
      AND NOT (coalesce(channel_id, 0) = ANY(%(resting)s))
      AND (claimed_by IS NULL OR claimed_by = %(pager)s OR NOT EXISTS (
          SELECT 1 FROM duty_pager AS pager
          WHERE pager.id = letter.claimed_by AND pager.seen_at > clock_timestamp() - make_interval(secs => %(silence)s)
      ))
    ORDER BY due_at, id LIMIT 1 FOR UPDATE SKIP LOCKED
)
RETURNING *
"""
_CARRIED = """
UPDATE duty_page SET letter_id = pair.letter FROM unnest(%s::bigint[], %s::bigint[]) AS pair (page, letter)
WHERE duty_page.id = pair.page
"""
# The address works: what was said of it before is no longer so.
_SENT = """
WITH sent AS (
    UPDATE duty_letter SET sent_at = %(at)s, given_up_at = NULL, claimed_by = NULL, failure = '' WHERE id = %(letter)s
    RETURNING person_id, channel_id, address
)
UPDATE duty_contact_method AS method SET failed_at = NULL, failure = '' FROM sent
WHERE method.person_id = sent.person_id AND method.address = sent.address
  AND method.channel_id IS NOT DISTINCT FROM sent.channel_id AND method.failed_at IS NOT NULL
"""


@transaction.atomic
def write(*, at: datetime) -> int:
    """The number of letters written for the pages that are due: one an address, whatever it is called for."""
    due = Page.objects.filter(letter__isnull=True, withdrawn_at__isnull=True, due_at__lte=at)
    pages = list(
        due.select_for_update(skip_locked=True, of=("self",))
        .select_related("escalation__organisation", "step")
        .order_by("due_at", "pk")[:BATCH]
    )
    by_address: dict[Address, list[Page]] = defaultdict(list)
    for page in pages:
        by_address[page.org_path, page.channel_id, page.address].append(page)
    groups = list(by_address.items())
    return apart.each(groups, lambda some: _write_all(some, at), lambda group, why: _put_off(group[1], why, at))


def _write_all(groups: Sequence[tuple[Address, Sequence[Page]]], at: datetime) -> int:
    pages = [page for _, group in groups for page in group]
    concerns, heard = _concerns(pages), _heard(pages)
    made = [_letter(address, group, concerns, heard, at) for address, group in groups]
    Letter.objects.bulk_create(made)
    pairs = [(page.pk, letter.pk) for letter, (_, group) in zip(made, groups, strict=True) for page in group]
    with connection.cursor() as cursor:
        cursor.execute(_CARRIED, [[page for page, _ in pairs], [letter for _, letter in pairs]])
    if mended := {page.step_id for page in pages if page.step.failure}:
        Step.objects.filter(pk__in=mended).update(failure="")
    return len(made)


def _put_off(pages: Sequence[Page], why: str, at: datetime) -> None:
    """No letter can be written for these pages now: it is tried again in a while.

    The timeline says it once, and health as long as it lasts.
    """
    failure = why[:300]
    Page.objects.filter(pk__in=[page.pk for page in pages]).update(due_at=at + TRY_AGAIN)
    said = {"to": pages[0].name, "why": failure, "next": (at + TRY_AGAIN).isoformat()}
    about = {page.escalation_id: page.org_path for page in pages if page.step.failure != failure}
    Step.objects.filter(pk__in={page.step_id for page in pages}).update(failure=failure)
    ledger.record_many("escalation.fail", SUBJECT, ((pk, path, said) for pk, path in about.items()), at=at)


def _letter(
    to: Address, pages: Sequence[Page], concerns: Mapping[int, Sequence[Concern]], heard: Heard, at: datetime
) -> Letter:
    """The letter for one address: each escalation once, one link for all that it calls for, one for each note asked."""
    calls = {page.escalation_id: page for page in pages if page.step.kind != Kind.REMIND}
    asked = {page.escalation_id: page for page in pages if page.step.kind == Kind.REMIND}
    links_ = [_link("page", list(calls))] if calls else []
    told = [_one(page, concerns, heard, place_of(0)) for page in calls.values()]
    for identifier, page in asked.items():
        about = concerns.get(identifier, ())
        told.append(Told(page.escalation, about, None, asks_for_note=True, link=place_of(len(links_))))
        links_.append(_link("note", [identifier]))
    org_path, channel_id, address = to
    first = pages[0]
    text = wording.letter(told, first.name, first.language)
    return Letter(
        org_path=org_path, person_id=first.person_id, name=first.name, channel_id=channel_id, address=address,
        subject=text.subject, body=text.body, brief=text.brief, about=[one.escalation.pk for one in told],
        links=links_, key=key_of("page", first.pk, at), made_at=at, due_at=at,
    )  # fmt: skip


def _one(page: Page, concerns: Mapping[int, Sequence[Concern]], heard: Heard, link: str) -> Told:
    since = heard.get((page.escalation_id, page.channel_id, page.address))
    # Whoever has taken it on is told what is new; there is nothing to answer.
    is_update = page.step.kind == Kind.UPDATE
    about = concerns.get(page.escalation_id, ())
    return Told(page.escalation, about, since, is_update=is_update, link="" if is_update else link)


def _link(purpose: links.Purpose, escalations: Sequence[int]) -> dict[str, object]:
    return {"purpose": purpose, "subjects": {"escalation": list(escalations)}}


def place_of(number: int) -> str:
    """What stands in a kept letter where a link will be."""
    return f"{{link:{number}}}"


def key_of(kind: str, number: int, at: datetime) -> str:
    """Different from that of any other desk, and of this one before it was wiped: mailboxes drop what they had."""
    host = urlsplit(settings.VONGGAC_ORIGIN).hostname or "localhost"
    return f"{kind}-{number}-{at:%Y%m%d%H%M%S%f}@{host}"


def _concerns(pages: Iterable[Page]) -> Mapping[int, Sequence[Concern]]:
    """What the escalations are still about, the oldest first."""
    found: dict[int, list[Concern]] = defaultdict(list)
    open_ones = Concern.objects.filter(escalation__in={page.escalation_id for page in pages}, settled_at__isnull=True)
    for concern in open_ones.order_by("added_at", "pk"):
        found[concern.escalation_id].append(concern)
    return found


def _heard(pages: Sequence[Page]) -> Heard:
    """When each address last got a letter about each escalation."""
    before = Page.objects.filter(
        escalation__in={page.escalation_id for page in pages},
        address__in={page.address for page in pages},
        letter__sent_at__isnull=False,
    )
    rows = before.values_list("escalation_id", "channel_id", "address").annotate(at=Max("letter__made_at"))
    return {(escalation, channel, address): at for escalation, channel, address, at in rows}


def withdraw(pages: QuerySet[Page], *, at: datetime) -> None:
    """Take back pages that have not gone out, and letters in which nothing is left; what is in hand goes out."""
    waiting = pages.filter(withdrawn_at__isnull=True, letter__sent_at__isnull=True)
    taken_back = Page.objects.filter(pk__in=list(waiting.values_list("pk", flat=True)))
    # First the pages: whoever is making a letter of one has kept it then.
    taken_back.update(withdrawn_at=at)
    touched = set(taken_back.exclude(letter=None).values_list("letter_id", flat=True))
    if touched:
        left = Page.objects.filter(letter=OuterRef("pk"), withdrawn_at__isnull=True)
        empty = Letter.objects.filter(~Exists(left), pk__in=touched, claimed_by__isnull=True, sent_at__isnull=True)
        empty.filter(given_up_at__isnull=True).update(given_up_at=at, failure=WITHDRAWN)


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A letter as it goes out, with fresh links in its words; they are kept nowhere, so no reader of a copy answers."""

    row: Letter
    body: str
    brief: str


def claim(pager: UUID, *, at: datetime, resting: Collection[int] = ()) -> Outgoing | None:
    """The next letter, in this pager's hand: nobody else sends it while the pager lives.

    `resting`: channels that just failed, 0 for mail; their letters wait.
    """
    given = {"pager": pager, "at": at, "resting": list(resting), "silence": SILENCE_SECONDS}
    for letter in Letter.objects.raw(_CLAIM, given):
        # Read now: whoever sends it does so outside of any scope.
        if letter.channel_id is not None:
            letter.channel = Channel.objects.get(pk=letter.channel_id)
        return _with_links(letter, at)
    return None


def _with_links(letter: Letter, at: datetime) -> Outgoing:
    body, brief = letter.body, letter.brief
    for number, link in enumerate(letter.links):
        address = links.to_person(link["purpose"], letter.org_path, link["subjects"], person_id=letter.person_id, at=at)
        body, brief = (text.replace(place_of(number), address) for text in (body, brief))
    return Outgoing(letter, body, brief)


def note_sent(letter: Letter, *, at: datetime) -> None:
    """The letter is out: the timelines of all it tells about say so."""
    with connection.cursor() as cursor:
        cursor.execute(_SENT, {"at": at, "letter": letter.pk})
    letter.sent_at, letter.claimed_by, letter.failure = at, None, ""
    _record("escalation.tell", letter, at)


def note_later(letter: Letter, failure: str, *, at: datetime) -> None:
    """The letter did not go out now: it is tried again, but not once it was taken back, nor after half an hour."""
    if _is_withdrawn(letter):
        _give_up(letter, WITHDRAWN, at)
    elif at >= letter.made_at + KEEP_TRYING:
        note_refused(letter, failure, at=at)
    else:
        pause = min(FIRST_PAUSE * 2 ** (letter.attempts - 1), LONGEST_PAUSE)
        letter.due_at, letter.claimed_by, letter.failure = at + pause, None, failure[:300]
        _open(letter).update(due_at=letter.due_at, claimed_by=None, failure=letter.failure)


def note_refused(letter: Letter, failure: str, *, at: datetime) -> None:
    """The letter will never go out this way; the address is marked, so that its owner sees it."""
    if _miss(letter, failure, at):
        _methods(letter).update(failed_at=at, failure=letter.failure)


def note_barely(letter: Letter, *, is_out: bool, at: datetime) -> None:
    """What became of a letter and nothing else, where all of it cannot be kept: it is not sent again and again."""
    _open(letter).update(claimed_by=None, **({"sent_at": at} if is_out else {"given_up_at": at}))


def give_up_channel(channel: Channel, why: str, *, at: datetime) -> None:
    """Give up what has not gone out by a channel, also what is in hand: out after all, it counts as sent.

    No address is marked: there is nothing wrong with them.
    """
    # First the pages: whoever is making a letter of one has kept it then.
    Page.objects.filter(channel=channel, letter__isnull=True, withdrawn_at__isnull=True).update(withdrawn_at=at)
    for letter in Letter.objects.filter(channel=channel, sent_at__isnull=True, given_up_at__isnull=True).order_by("pk"):
        _miss(letter, why, at)


def _open(letter: Letter) -> QuerySet[Letter]:
    """The letter's row, none where it was given up, sent or removed while it was in hand."""
    return Letter.objects.filter(pk=letter.pk, sent_at__isnull=True, given_up_at__isnull=True)


def _give_up(letter: Letter, why: str, at: datetime) -> bool:
    letter.given_up_at, letter.claimed_by, letter.failure = at, None, why[:300]
    return _open(letter).update(given_up_at=at, claimed_by=None, failure=letter.failure) > 0


def _miss(letter: Letter, why: str, at: datetime) -> bool:
    """True where the letter is given up by this; the timelines of all it tells about say so."""
    is_new = _give_up(letter, why, at)
    if is_new:
        _record("escalation.miss", letter, at, why=letter.failure)
    return is_new


def _is_withdrawn(letter: Letter) -> bool:
    """True when all that it tells was taken back; a test of an address tells nothing."""
    taken_back = set(letter.pages.values_list("withdrawn_at", flat=True))
    return bool(taken_back) and None not in taken_back


def _methods(letter: Letter) -> QuerySet[ContactMethod]:
    return ContactMethod.objects.filter(person=letter.person_id, channel=letter.channel_id, address=letter.address)


def _record(act: str, letter: Letter, at: datetime, **detail: object) -> None:
    said = {"to": letter.name, "way": letter.channel.name if letter.channel else "mail", "letter": letter.pk, **detail}
    if letter.about:
        ledger.record_many(act, SUBJECT, ((pk, letter.org_path, said) for pk in letter.about), at=at)


def unheard_steps(pages: QuerySet[Page]) -> list[int]:
    """The escalations whose last call was by these pages, and reached nobody at all now that they were given up.

    What tells those who have answered calls nobody.
    """
    found = []
    calls = Page.objects.filter(step__kind=Kind.CALL)
    for step_id, escalation_id in set(pages.filter(step__kind=Kind.CALL).values_list("step_id", "escalation_id")):
        alive = Page.objects.filter(step=step_id, withdrawn_at__isnull=True).exclude(letter__given_up_at__isnull=False)
        newer = calls.filter(escalation=escalation_id, step__gt=step_id)
        if not alive.exists() and not newer.exists():
            found.append(escalation_id)
    return sorted(found)
