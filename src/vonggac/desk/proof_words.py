"""What a proof rule said, as a sentence in the reader's language and on Hà Nội's clock.

A verdict is kept in the rule's own English, with what is missing field by field (`cases/verdicts.py`). Pages, exports
and timelines say it in words of the catalogue; `tests/desk/test_proof_words.py` holds every sentence of the rules here.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from vonggac.cases.models import Case
from vonggac.cases.rules import Claim, Proof, State
from vonggac.desk import times, words
from vonggac.desk.words import Word
from vonggac.flows.proof.clean_host import AWAITS_LOGS, NOT_DELIVERED
from vonggac.flows.proof.registry import rule_exists

MISSING_NAMED = 3
_STAMP = re.compile(r"(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d) UTC")
_MISSING = re.compile(
    r"(?P<kind>flow|dns|nat|dhcp|list|c2|register|roster|presence)(?: log)?"
    r"(?:, sensor (?P<sensor>[^,:]+))?(?:, for (?P<subject>[^,]+?))?: "
    r"(?P<reason>.+?)(?: in (?P<number>\d+) gaps of (?P<seconds>\d+) s)?(?: until (?P<expected>\S+ \S+) UTC)?"
    r"(?: from (?P<from>\S+ \S+)(?: to (?P<to>\S+ \S+) UTC| UTC on))?"
)
_HOST_WORDS: Mapping[str, Word] = {
    "contradicted": gettext_lazy("contradicted by observation"),
    "not observable": gettext_lazy("not observable"),
    "not proven yet": gettext_lazy("not proven yet"),
}
# Sentence of a rule → the same for the catalogue; the groups of the first are the placeholders of the second.
_SENTENCES: Sequence[tuple[str, Word]] = (
    (
        r"(?P<address>\S+) contacted (?P<peer>\S+) at (?P<at>\S+ \S+ UTC), seen by (?P<sensor>.+)",
        gettext_lazy("%(address)s contacted the control server %(peer)s at %(at)s, seen by the sensor %(sensor)s"),
    ),
    (
        r"the list (?P<name>.+) saw the host at (?P<at>\S+ \S+ UTC)",
        gettext_lazy("the list %(name)s saw the host at %(at)s, after the claim"),
    ),
    (r"nobody has claimed the host clean", gettext_lazy("nobody has claimed the host clean")),
    (AWAITS_LOGS, gettext_lazy("the watch is over and its logs have not all come yet")),
    (NOT_DELIVERED, gettext_lazy("its log has not come yet and is waited for")),
    (r"the watch runs until (?P<at>\S+ \S+ UTC)", gettext_lazy("the watch runs until %(at)s")),
    (
        r"watched for (?P<days>\d+) days without a contact",
        gettext_lazy("watched for %(days)s days without a contact with a control server"),
    ),
    (r"the next list of (?P<sender>.+) has not come", gettext_lazy("the next list of %(sender)s has not come")),
    (
        r"the list (?P<name>.+) of (?P<sender>.+) still carries the host",
        gettext_lazy("the list %(name)s of %(sender)s still carries the host"),
    ),
    (
        r"a row of the list (?P<name>.+) cannot be read and may be a host of the unit",
        gettext_lazy("a row of the list %(name)s cannot be read and may be a host of the unit"),
    ),
    (
        r"a row of the list (?P<name>.+) of (?P<sender>.+) cannot be read and may be the host",
        gettext_lazy("a row of the list %(name)s of %(sender)s cannot be read and may be the host"),
    ),
    (
        r"no network of the unit is registered, so no list can name its hosts",
        gettext_lazy("no network of the unit is registered, so no list can name its hosts"),
    ),
    (
        r"the lists name a C2 that cannot be read: (?P<text>.+)",
        gettext_lazy("the lists name a control server that cannot be read: %(text)s"),
    ),
    (r"no sender's next list is known", gettext_lazy("no sender's next list is known")),
    (
        r"the lists name no C2 address and no C2 name, so there is nothing to watch for",
        gettext_lazy("the lists name no C2 address and no C2 name, so there is nothing to watch for"),
    ),
    (
        r"which host contacted (?P<peer>\S+) through (?P<address>\S+) is not known",
        gettext_lazy("which host contacted %(peer)s through %(address)s is not known"),
    ),
    (
        r"a record that may be a contact cannot be read in (?P<places>.+) and (?P<more>\d+) more",
        gettext_lazy("a record that may be a contact cannot be read: %(places)s and %(more)s more"),
    ),
    (
        r"a record that may be a contact cannot be read in (?P<places>.+)",
        gettext_lazy("a record that may be a contact cannot be read: %(places)s"),
    ),
    # As verdicts said it that did not name the file yet.
    (r"a record that may be a contact cannot be read", gettext_lazy("a record that may be a contact cannot be read")),
    (
        r"the host's address is not known, there is neither a register line nor a DHCP record",
        gettext_lazy("the host's address is not known, there is neither a register line nor a DHCP record"),
    ),
    (r"silent, or its log has not come whole", gettext_lazy("silent, or its log has not come whole")),
    (
        r"a file was taken back that may have been its log: (?P<files>.+)",
        gettext_lazy(
            "the file %(files)s was taken back, and nothing shows that it was no log of this time; hand in the right "
            "log of this time or the sensor's manifest of files, or report anew: what came before it counts no more"
        ),
    ),
    (r"no declared sensor sees the address", gettext_lazy("no declared sensor sees the address")),
    (
        r"no declared sensor sees every address that it goes out through",
        gettext_lazy("no declared sensor sees every address that it goes out through"),
    ),
    (r"the unit has claimed nothing yet", gettext_lazy("the unit has claimed nothing yet")),
    (
        r"all (?P<n>\d+) listed hosts of the unit are proven clean",
        gettext_lazy("all %(n)s listed hosts of the unit are proven clean"),
    ),
    (
        r"no botnet list has come since the directive, so nobody knows which hosts it means",
        gettext_lazy("no botnet list has come since the directive, so nobody knows which hosts it means"),
    ),
    (
        r"the (?P<n>\d+) botnet lists since the directive name no address of the unit \(botnet part only\)",
        gettext_lazy("the %(n)s botnet lists since the directive name no address of the unit (botnet part only)"),
    ),
    (
        r"(?P<n>\d+) listed hosts? (?:is|are) (?P<what>contradicted|not observable|not proven yet): "
        r"(?P<names>.+) and (?P<more>\d+) more",
        gettext_lazy("%(n)s listed hosts %(what)s: %(names)s and %(more)s more"),
    ),
    (
        r"(?P<n>\d+) listed hosts? (?:is|are) (?P<what>contradicted|not observable|not proven yet): (?P<names>.+)",
        gettext_lazy("%(n)s listed hosts %(what)s: %(names)s"),
    ),
    (
        r"people with the skills were there every minute on all (?P<n>\d+) posts",
        gettext_lazy("people with the skills were there every minute on all %(n)s posts"),
    ),
    (r"the watch was short (?P<n>\d+) times", gettext_lazy("the watch was short %(n)s times")),
    (
        r"on the post (?P<post>.+) (?P<n>\d+) people were missing from (?P<at>\S+ \S+ UTC) to (?P<until>\S+ \S+ UTC)",
        gettext_lazy("post %(post)s: %(n)s people missing from %(at)s to %(until)s"),
    ),
    (
        r"on the post (?P<post>.+) these skills were missing: (?P<skills>.+) from (?P<at>\S+ \S+ UTC)"
        r" to (?P<until>\S+ \S+ UTC)",
        gettext_lazy("post %(post)s: missing %(skills)s from %(at)s to %(until)s"),
    ),
    (r"the unit has no post on the desk", gettext_lazy("the unit has no post on the desk")),
    (r"nobody records presence on this post", gettext_lazy("nobody records presence on this post")),
    (r"no post asks for anybody", gettext_lazy("no post asks for anybody")),
)
# With the kind of log that is asked for: a NAT sensor that sees the address is no flow sensor.
_UNDECLARED: Mapping[tuple[str, str], Word] = {
    ("flow", "no declared sensor sees the address"): gettext_lazy("no flow sensor is declared that sees the address"),
    ("dns", "no declared sensor sees the address"): gettext_lazy("no DNS sensor is declared that sees the address"),
    ("flow", "no declared sensor sees every address that it goes out through"): gettext_lazy(
        "no flow sensor is declared that sees every address that the host goes out through"
    ),
    ("dns", "no declared sensor sees every address that it goes out through"): gettext_lazy(
        "no DNS sensor is declared that sees every address that the host goes out through"
    ),
}
_PATTERNS = tuple((re.compile(pattern), text) for pattern, text in _SENTENCES)


def expected(case: Case, watch: tuple[datetime, datetime] | None, now: datetime) -> str:
    """What is watched from when to when, and when a verdict comes; "" where one stands, or none is to be expected.

    `watch`: the time over which the case's rule watches; None for a rule that follows from the verdicts on hosts.
    """
    if not rule_exists(case.rule) or case.proof not in {Proof.NONE, Proof.WATCHING} or case.claim == Claim.NONE:
        return ""
    if case.state == State.CLOSED:
        return _("A person closed it; observation has concluded nothing.")
    if case.claim != Claim.DONE:
        return _("A person decides on this answer; observation is asked about work that is reported done.")
    if watch is None:
        # Once it was judged, its reason names the hosts that are waited for.
        return (
            ""
            if case.proof_reason
            else _("Each listed host of the unit is watched by itself; the verdict on the unit follows from theirs.")
        )
    start, end = watch
    said = {"start": times.minute(start), "end": times.due_full(end)}
    if now < end:
        return _("Watched from %(start)s to %(end)s; the verdict can be expected then.") % said
    return _("Watched from %(start)s to %(end)s; the verdict comes once nothing is missing any more.") % said


def sentence(proof: str, reason: str, missing: Sequence[Mapping[str, Any]] = ()) -> str:
    """What observation shows in one sentence; where logs are missing, the first of them by name and how many more."""
    awaited = [item for item in missing if item.get("expected")] if reason == AWAITS_LOGS else []
    if awaited:
        return f"{reason_text(reason)}: {_named(awaited)}"
    if proof != Proof.NOT_OBSERVABLE or not missing:
        return reason_text(reason)
    return _named(missing)


def _named(missing: Sequence[Mapping[str, Any]]) -> str:
    named = "; ".join(missing_text(item) for item in missing[:MISSING_NAMED])
    more = len(missing) - MISSING_NAMED
    return _("%(logs)s; and %(n)s more") % {"logs": named, "n": more} if more > 0 else named


def reason_text(reason: str) -> str:
    """The reasons of a rule in words; what no rule said (a person's own words) stays as it is."""
    # The parts first: a name at the end of one sentence may hold anything, even the sentence that follows.
    parts = [known(part) for part in reason.split("; ")]
    if None not in parts:
        return "; ".join(part for part in parts if part is not None)
    return known(reason) or reason


def known(text: str) -> str | None:
    """One sentence of a rule in words; None where no rule says it."""
    for pattern, message in _PATTERNS:
        if found := pattern.fullmatch(text):
            return str(message) % {name: _shown(name, value) for name, value in found.groupdict().items()}
    if found := _MISSING.fullmatch(text):
        given = found.groupdict()
        gaps = {"number": int(given["number"]), "seconds": int(given["seconds"])} if given["number"] else None
        return missing_text({**given, "gaps": gaps, **{name: _iso(found[name]) for name in ("from", "to", "expected")}})
    return None


def missing_text(missing: Mapping[str, Any]) -> str:
    """What log or list is missing, in one line: kind, sensor, subject, time and reason."""
    parts = [words.word(words.LOGS, str(missing.get("kind", "")))]
    if missing.get("sensor"):
        parts.append(_("sensor %(name)s") % {"name": missing["sensor"]})
    if missing.get("subject"):
        parts.append(str(missing["subject"]))
    start, end, until = (
        times.full(datetime.fromisoformat(str(missing[name]))) if missing.get(name) else ""
        for name in ("from", "to", "expected")
    )
    gaps = missing.get("gaps") or {}
    if gaps:
        parts.append(_gaps(gaps, lasts=not end))
    if gaps.get("first"):
        start = ""  # the times around all of them say no more than the first of them do
    if start and not end:
        parts.append(_("from %(start)s on") % {"start": start})
    elif start:
        parts.append(_("from %(start)s to %(end)s") % {"start": start, "end": end} if start != end else start)
    reason = str(missing.get("reason") or "")
    said = _UNDECLARED.get((str(missing.get("kind")), reason)) or known(reason) or reason
    if until:
        said = _("not here yet; waited for until %(time)s") % {"time": until}
    return " · ".join(parts) + (f": {said}" if reason else "")


def _gaps(gaps: Mapping[str, Any], *, lasts: bool) -> str:
    """`3 gaps, 3 h 05 min in all: …, …, …`: how many, how long, and the first of them."""
    told = {"n": gaps["number"], "length": times.lasted(gaps["seconds"])}
    said = (
        _("%(n)s gaps, those that are over %(length)s in all") if lasts else _("%(n)s gaps, %(length)s in all")
    ) % told
    first = gaps.get("first", ())
    named = ", ".join(
        times.stretch(datetime.fromisoformat(start), datetime.fromisoformat(end) if end else None)
        for start, end in first
    )
    more = gaps["number"] - len(first)
    if named and more:
        named = _("%(gaps)s and %(n)s more") % {"gaps": named, "n": more}
    return f"{said}: {named}" if named else said


def is_undeclared(missing: Mapping[str, Any]) -> bool:
    """True where a sensor that is declared would tell what is missing."""
    return (str(missing.get("kind")), str(missing.get("reason"))) in _UNDECLARED


def _at(text: str) -> str:
    found = _STAMP.fullmatch(text)
    return times.full(datetime.fromisoformat(found[1]).replace(tzinfo=UTC)) if found else text


def _skills(text: str) -> str:
    """`1 × lead, 2 × network` with the skills in words."""
    parts = (part.partition(" × ") for part in text.split(", "))
    return ", ".join(f"{count} {words.word(words.SKILLS, skill)}" for count, _sign, skill in parts)


def _places(text: str) -> str:
    """`a.csv line 3, b.csv` with the lines in words."""
    return re.sub(r" line (\d+)(?=, |$)", lambda found: " " + _("line %(n)s") % {"n": found[1]}, text)


_SHOWN: Mapping[str, Callable[[str], str]] = {
    "at": _at,
    "until": _at,
    "what": lambda text: words.word(_HOST_WORDS, text),
    "skills": _skills,
    "places": _places,
}


def _shown(name: str, value: str) -> str:
    return _SHOWN.get(name, str)(value)


def _iso(stamp: str | None) -> str | None:
    return f"{stamp}+00:00" if stamp else None
