"""The one record that every alert of every product becomes, in the words of OCSF and RSIT.

Severity, status and disposition are the captions of OCSF 1.x "Detection Finding" (class 2004). `IncidentClass` is the
first level of the Reference Security Incident Taxonomy (RSIT v1), as MISP and IntelMQ spell it.
docs/reference/alert-formats.md lists the source of every mapping.
"""

from datetime import datetime
from enum import StrEnum

import msgspec


class Severity(StrEnum):
    """OCSF `severity`; Unknown where the source does not say."""

    UNKNOWN = "Unknown"
    INFORMATIONAL = "Informational"
    LOW = "Low"
    MEDIUM = "Medium"
    HIGH = "High"
    CRITICAL = "Critical"
    FATAL = "Fatal"


class Status(StrEnum):
    """OCSF `status` of a finding: what the source itself says became of it."""

    NEW = "New"
    IN_PROGRESS = "In Progress"
    SUPPRESSED = "Suppressed"
    RESOLVED = "Resolved"


class Disposition(StrEnum):
    """OCSF `disposition`: what the product did about what it saw."""

    ALLOWED = "Allowed"
    BLOCKED = "Blocked"
    QUARANTINED = "Quarantined"
    DELETED = "Deleted"
    CORRECTED = "Corrected"
    DETECTED = "Detected"
    NO_ACTION = "No Action"
    ERROR = "Error"
    RESTORED = "Restored"


class IncidentClass(StrEnum):
    """RSIT's first level."""

    ABUSIVE_CONTENT = "abusive-content"
    MALICIOUS_CODE = "malicious-code"
    INFORMATION_GATHERING = "information-gathering"
    INTRUSION_ATTEMPTS = "intrusion-attempts"
    INTRUSIONS = "intrusions"
    AVAILABILITY = "availability"
    INFORMATION_CONTENT_SECURITY = "information-content-security"
    FRAUD = "fraud"
    VULNERABLE = "vulnerable"
    OTHER = "other"
    TEST = "test"


class Observable(msgspec.Struct, frozen=True, gc=False):
    """A thing the alert names beside its two ends: `kind` is `domain`, `url`, `md5`, `sha256`, `file`, `user` …"""

    kind: str
    value: str


class Notice(msgspec.Struct, frozen=True, gc=False):
    """What an upstream coordinator, such as the national platform, calls the matter that it sends, and says of it.

    `state` is in its own word, `is_closed` by the words of the mapping. Times are UTC, None where it says none.
    """

    identifier: str
    state: str = ""
    is_closed: bool = False
    received_at: datetime | None = None
    acknowledge_by: datetime | None = None

    @staticmethod
    def named(text: str | None) -> str:
        """An identifier as it is compared: without breaks and doubled blanks; "" where there is none."""
        return " ".join((text or "").replace("\0", " ").split())


class Alert(msgspec.Struct, frozen=True, gc=False):
    """One alert.

    `time_utc` has the zone UTC, or is None where the source gives no time that can be read. Addresses are canonical
    text without zone; source is the side that the source format calls so, or the machine or network that is reported.
    `host` is the machine concerned where the format names it, else the one that reported. `rule_id` is stable across
    revisions of a rule. `raw_line` counts from 1 in the unpacked file; the record's bytes are `raw_length` from
    `raw_offset` of its text in UTF-8 without byte order mark.
    """

    time_utc: datetime | None
    source_address: str | None
    source_port: int | None
    destination_address: str | None
    destination_port: int | None
    protocol: str | None
    severity: Severity
    title: str | None
    rule_id: str | None
    incident_class: IncidentClass | None = msgspec.field(name="class")
    host: str | None
    raw_line: int
    raw_offset: int
    raw_length: int
    status: Status = Status.NEW
    disposition: Disposition | None = None
    count: int = 1
    observables: tuple[Observable, ...] = ()
    notice: Notice | None = None
