"""A verdict in the form that is stored: the reason in one text, what is missing, and what the strip chart draws."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from vonggac.cases.proof import Missing, Verdict, VerdictState
from vonggac.cases.rules import Proof

MOST_STORED = 200
# Of the gaps of one log; how many there were, and how long, is kept of all.
GAPS_STORED = 3
# A host that calls every few minutes for the week of the watch; a beacon of seconds keeps its earliest.
MOST_CONTACTS = 1_000


def proof_of(verdict: Verdict) -> Proof:
    """The case's proof state for a verdict; an open one means that the watch is still running."""
    return Proof.WATCHING if verdict.state is VerdictState.OPEN else Proof(verdict.state.value)


def reason_of(verdict: Verdict) -> str:
    """The first three reasons in one text."""
    return "; ".join(verdict.reasons[:3])


def missing_of(verdict: Verdict) -> list[dict[str, Any]]:
    """What is missing, field by field and as a sentence."""
    return [_missing(missing) for missing in verdict.missing[:MOST_STORED]]


def detail_of(verdict: Verdict) -> dict[str, Any]:
    """The watched kinds of log and time, gaps and contacts with their number.

    Of many gaps the longest are kept, of contacts the earliest. A gap without an end lasts: it ended where the looking
    did, before the watch was over.
    """
    until = verdict.watched_to_utc
    lasts_from = None if until == verdict.ends_utc else until
    gaps = sorted(verdict.gaps, key=lambda gap: -gap.seconds)[:MOST_STORED]
    return {
        "kinds": list(verdict.kinds),
        "watched": {
            "from": _text(verdict.watched_from_utc),
            "to": _text(until),
            "ends": _text(verdict.ends_utc),
        },
        "gaps": [
            {
                "kind": gap.kind,
                "from": _text(gap.from_utc),
                "to": None if gap.to_utc == lasts_from else _text(gap.to_utc),
                **({"awaited": True} if gap.is_awaited else {}),
            }
            for gap in gaps
        ],
        "contact_count": len(verdict.contacts),
        "contacts": [
            {
                "at": _text(contact.at_utc),
                "kind": contact.kind,
                "sensor": contact.sensor,
                "address": contact.address,
                "peer": contact.peer,
            }
            for contact in verdict.contacts[:MOST_CONTACTS]
        ],
    }


def shows_the_same(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """True when two details differ in nothing but how far was looked."""
    both = ({**detail, "watched": {**detail.get("watched", {}), "to": None}} for detail in (one, other))
    return next(both) == next(both)


def keeps_contacts(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """True when every contact that one detail shows stands in the other too, beside what came since."""
    shown, known = ({frozenset(seen.items()) for seen in detail.get("contacts") or ()} for detail in (one, other))
    return shown <= known


def firm(missing: Iterable[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """What is missing without what is on its way: that changes with every delivery, and says nothing of the claim."""
    return [one for one in missing if not one.get("expected")]


def _missing(missing: Missing) -> dict[str, Any]:
    return {
        "kind": missing.kind,
        "sensor": missing.sensor,
        "subject": missing.subject,
        "from": _text(missing.from_utc),
        "to": _text(missing.to_utc),
        "expected": _text(missing.expected_utc),
        "reason": missing.reason,
        "text": str(missing),
    } | ({"gaps": _gaps(missing)} if missing.gaps else {})


def _gaps(missing: Missing) -> dict[str, Any]:
    return {
        "number": missing.gap_number,
        "seconds": missing.gap_seconds,
        "first": [[_text(start), _text(end)] for start, end in missing.gaps[:GAPS_STORED]],
    }


def _text(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None
