"""What observation saw of a case: for the report that stands now, and apart from it for an earlier one."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from vonggac.botnet.rules import CLEAN_HOST
from vonggac.cases.models import Case, Verdict
from vonggac.cases.rules import Proof
from vonggac.desk import strip, times
from vonggac.desk.strip import Strip
from vonggac.flows.proof import duty_watch
from vonggac.kernel import intervals
from vonggac.regimes import regime

CONTACTS_SHOWN = 20


@dataclass(frozen=True, slots=True)
class Observed:
    """What one verdict saw: the time to be watched as a chart, and the first of its contacts.

    `contact_count`: how many there were in all; the verdict keeps the earliest.
    """

    verdict_id: int
    at: datetime
    looked_at: datetime
    strip: Strip | None
    contacts: Sequence[Mapping[str, Any]]
    contact_count: int
    let_pass: str
    """The gaps beside which it is proven all the same."""
    says_nothing: bool
    """It was given before verdicts kept what they looked at."""

    @property
    def is_cut(self) -> bool:
        """Whether more contacts are known than stand here."""
        return self.contact_count > len(self.contacts)

    @property
    def shows(self) -> bool:
        """True where a page has more to draw than when it was."""
        return bool(self.strip or self.contacts or self.says_nothing)


def of(case: Case) -> tuple[Observed | None, Observed | None]:
    """(what the standing verdict saw, what the newest one saw where it was about an earlier report)."""
    newest = Verdict.objects.filter(case=case).order_by("-at", "-pk").first()
    if newest is None:
        return None, None
    # A new report leaves the verdict on the one before in the history alone.
    if newest.at != case.proof_at:
        return None, _seen(newest, ())
    return _seen(newest, case.missing), None


def _seen(verdict: Verdict, missing: Sequence[Mapping[str, Any]]) -> Observed:
    looked_at = verdict.looked_at or verdict.at
    # The watch over duty posts draws every minute by itself.
    drawn = None if verdict.rule == duty_watch.NAME else strip.draw(verdict.detail, missing, looked_at)
    contacts, count = contacts_of(verdict)
    says_nothing = not drawn and verdict.rule == CLEAN_HOST and "kinds" not in verdict.detail
    return Observed(
        verdict.pk, verdict.at, looked_at, drawn, contacts[:CONTACTS_SHOWN], count, let_pass(verdict), says_nothing
    )


def let_pass(verdict: Verdict) -> str:
    """How long a proven host was not watched all the same, and how long is let pass; "" where it always was."""
    if (verdict.proof, verdict.rule) != (Proof.PROVEN, CLEAN_HOST):
        return ""
    gaps = verdict.detail.get("gaps", ())
    unwatched = intervals.spans(*((_microseconds(gap["from"]), _microseconds(gap["to"])) for gap in gaps))
    if not len(unwatched):
        return ""
    allowed = regime.on(timezone.localdate(verdict.at)).limit("gap_seconds")
    told = {"length": times.lasted(intervals.length(unwatched) / intervals.SECOND), "allowed": times.lasted(allowed)}
    return _("Not watched for %(length)s of it in all; %(allowed)s are let pass.") % told


def _microseconds(text: str) -> int:
    return round(datetime.fromisoformat(text).timestamp() * intervals.SECOND)


def contacts_of(verdict: Verdict) -> tuple[Sequence[Mapping[str, Any]], int]:
    """The contacts that a verdict keeps, the earliest first, and how many there were in all."""
    kept = verdict.detail.get("contacts") or []
    # Verdicts of before did not count them.
    return kept, verdict.detail.get("contact_count", len(kept))
