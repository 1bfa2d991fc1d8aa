"""The words of the pages about alerts, and what of a finding is said by more than one of them."""

from collections.abc import Mapping
from datetime import datetime
from typing import NamedTuple

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from vonggac.alerts.models import Finding, Notice
from vonggac.alerts.rules import NO_SUBJECT, Standing, State, Told, Way
from vonggac.desk.marks import Mark
from vonggac.desk.retelling import retold
from vonggac.desk.words import Word, word
from vonggac.formats.alerts import FORMATS
from vonggac.register.lookup import Host

SEVERITIES: Mapping[str, Word] = {
    "Unknown": gettext_lazy("severity unknown"),
    "Informational": gettext_lazy("informational"),
    "Low": pgettext_lazy("severity", "low"),
    "Medium": pgettext_lazy("severity", "medium"),
    "High": pgettext_lazy("severity", "high"),
    "Critical": pgettext_lazy("severity", "critical"),
    "Fatal": pgettext_lazy("severity", "fatal"),
}
CLASSES: Mapping[str, Word] = {
    "abusive-content": gettext_lazy("abusive content"),
    "malicious-code": gettext_lazy("malicious code"),
    "information-gathering": gettext_lazy("information gathering"),
    "intrusion-attempts": gettext_lazy("intrusion attempt"),
    "intrusions": gettext_lazy("intrusion"),
    "availability": gettext_lazy("attack on availability"),
    "information-content-security": gettext_lazy("information leaked or changed"),
    "fraud": gettext_lazy("fraud"),
    "vulnerable": gettext_lazy("vulnerability"),
    "other": gettext_lazy("other class"),
    "test": gettext_lazy("a test"),
}
FINDING_STATES: Mapping[str, Word] = {
    State.NEW: gettext_lazy("not acknowledged"),
    State.ACKNOWLEDGED: gettext_lazy("acknowledged"),
    State.CASE: gettext_lazy("became a case"),
    State.MERGED: gettext_lazy("merged"),
    State.FALSE: gettext_lazy("false alarm"),
    State.SUPPRESSED: gettext_lazy("suppressed"),
}
STANDINGS: Mapping[str, Word] = {
    Standing.RECEIVED: gettext_lazy("received, not acknowledged to the sender"),
    Standing.ACKNOWLEDGED: gettext_lazy("acknowledged to the sender"),
    Standing.ANSWERED: gettext_lazy("answered to the sender"),
    Standing.CLOSED: gettext_lazy("closed by the sender"),
    Standing.REOPENED: gettext_lazy("opened again by the sender: to be acknowledged and answered anew"),
}
TOLD: Mapping[str, Word] = {
    Told.ACKNOWLEDGEMENT: gettext_lazy("acknowledgement of receipt"),
    Told.ANSWER: gettext_lazy("answer with the result"),
    Told.CLOSURE: gettext_lazy("the sender closed it"),
}
WAYS: Mapping[str, Word] = {
    Way.MAIL: gettext_lazy("by mail"),
    Way.PAPER: gettext_lazy("on paper"),
    Way.PHONE: gettext_lazy("by telephone"),
    Way.PORTAL: gettext_lazy("on the sender's own page"),
    Way.HTTP: gettext_lazy("by the desk, over HTTPS"),
}
# Formats that are called by what they are come after the others, which are called by their product or standard.
FORMAT_WORDS: Mapping[str, Word] = {
    **{one.name: one.title for one in FORMATS},
    "": gettext_lazy("any format, told by the content"),
    "wazuh": gettext_lazy("Wazuh alerts (alerts.json)"),
    "zeek-notice": gettext_lazy("Zeek notice log"),
    "antimalware-table": gettext_lazy("table of an anti-malware console"),
    "edxml": gettext_lazy("anti-malware report of 2290/BTTTT-CATTT (edXML)"),
    "misp": gettext_lazy("MISP event"),
    "shadowserver": gettext_lazy("Shadowserver report"),
    "xarf": gettext_lazy("XARF report"),
    "syslog": gettext_lazy("syslog lines (RFC 5424, RFC 3164)"),
    "coordinator-notice": gettext_lazy("notice of a coordinator, entered by hand"),
    "json": gettext_lazy("JSON through a mapping"),
}


def urgency(finding: Finding) -> Mark:
    """The shape at the head of a row: abnormal only where the priority is."""
    if finding.state not in {State.NEW, State.ACKNOWLEDGED}:
        return Mark("none", word(FINDING_STATES, finding.state))
    shape = {1: "against", 2: "late"}.get(finding.priority, "wait")
    return Mark(shape, _("priority %(n)d") % {"n": finding.priority})


class Running(NamedTuple):
    """The clock of a finding that runs now: what has to be done, and by when."""

    text: str
    due_at: datetime


def clock_of(finding: Finding) -> Running | None:
    """The clock that runs: to acknowledge, then to handle; None where none does."""
    if finding.state == State.NEW and finding.acknowledge_by:
        return Running(_("to acknowledge"), finding.acknowledge_by)
    if finding.state == State.ACKNOWLEDGED and finding.handle_by:
        return Running(_("to handle"), finding.handle_by)
    return None


def machine(finding: Finding, hosts: Mapping[str, Host]) -> str:
    """The finding's machine as the register calls it, with the address under which it was told of."""
    if finding.subject == NO_SUBJECT:
        return _("no machine named")
    host = hosts.get(finding.subject)
    if host is None or host.asset_id is None or host.name == finding.subject:
        return finding.subject
    return f"{host.name} ({finding.subject})"


def rule_of(finding: Finding) -> str:
    """What its rule is called, with the rule's number where that is another."""
    title = retold(finding.title)
    return title if finding.rule == finding.title else f"{title} ({finding.rule})"


def notice_mark(notice: Notice) -> Mark:
    """The shape at the head of a notice: abnormal only where it waits for its acknowledgement, or got it late."""
    if notice.is_waiting:
        return Mark("late" if notice.acknowledge_by else "wait", word(STANDINGS, notice.standing))
    return Mark("late" if notice.is_late else "none", word(STANDINGS, notice.standing))


def severity_word(code: str) -> str:
    """How grave the source calls it."""
    return word(SEVERITIES, code)


def class_word(code: str) -> str:
    """What kind of incident it is (RSIT's first level)."""
    return word(CLASSES, code)


def finding_word(code: str) -> str:
    """Where a finding stands."""
    return word(FINDING_STATES, code)


def standing_word(code: str) -> str:
    """Where a notice stands with its coordinator."""
    return word(STANDINGS, code)


def told_word(code: str) -> str:
    """What was said about a notice."""
    return word(TOLD, code)


def told_way_word(code: str) -> str:
    """How it was said."""
    return word(WAYS, code)


def format_word(name: str) -> str:
    """What a source writes."""
    return word(FORMAT_WORDS, name)
