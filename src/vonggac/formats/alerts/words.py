"""What consoles write about severity and about what they did, in English and Vietnamese, as OCSF's captions."""

import re
from functools import lru_cache

from vonggac.formats.alerts.alert import Disposition, Severity, Status
from vonggac.kernel.text import compose, fold

_SEVERITIES = {
    Severity.FATAL: "fatal emergency emerg panic",
    Severity.CRITICAL: "critical crit severe very-high veryhigh alert nghiem-trong rat-nghiem-trong "
    "dac-biet-nghiem-trong rat-cao khan-cap nguy-hiem",
    Severity.HIGH: "high major important error err cao",
    Severity.MEDIUM: "medium moderate warning warn trung-binh vua canh-bao",
    Severity.LOW: "low minor notice thap nhe",
    Severity.INFORMATIONAL: "info information informational verbose debug none thong-tin",
}
_BY_WORD = {word: severity for severity, words in _SEVERITIES.items() for word in words.split()}
# The first that fits decides: "not deleted" and "blocked: access denied" are read from the left.
_DISPOSITIONS = (
    (Disposition.ERROR, r"\b(fail|error|unable|cannot|could not|not (deleted|cleaned|removed|quarantined|blocked)|"
        r"that bai|khong (the|thanh cong|diet|xoa))"),
    (Disposition.RESTORED, r"restor|khoi phuc"),
    (Disposition.NO_ACTION, r"\b(no ?action|ignor\w*|skip\w*|untreated|bo qua|chua xu ly|khong xu ly)\b"),
    (Disposition.QUARANTINED, r"quarantin|isolat|cach ly"),
    (Disposition.DELETED, r"delet|remov|\bxoa|\bda xoa|diet"),
    (Disposition.CORRECTED, r"clean|disinfect|repair|remediat|cured|treated|lam sach|da xu ly"),
    (Disposition.BLOCKED, r"block|den(y|ied)|drop|prevent|reject|reset|chan|ngan"),
    (Disposition.ALLOWED, r"allow|accept|permit|\bpass|cho phep"),
    (Disposition.DETECTED, r"detect|alert|monitor|\blog|audit|found|phat hien"),
)  # fmt: skip
_PATTERNS = tuple((one, re.compile(pattern)) for one, pattern in _DISPOSITIONS)
_STATUSES = {
    "new": Status.NEW, "inprogress": Status.IN_PROGRESS, "active": Status.NEW, "open": Status.NEW,
    "resolved": Status.RESOLVED, "closed": Status.RESOLVED, "suppressed": Status.SUPPRESSED,
}  # fmt: skip


@lru_cache(maxsize=1_024)
def severity(word: str | None) -> Severity | None:
    """The severity that a word names (`High`, `Very-High`, `Trung bình`), None for any other."""
    return _BY_WORD.get(re.sub(r"[\s_-]+", "-", fold(compose(word)).strip())) if word else None


@lru_cache(maxsize=1_024)
def disposition(text: str | None) -> Disposition | None:
    """What was done, of the words of an action; None when they name none of them."""
    folded = fold(compose(text[:200])) if text else ""
    return next((one for one, pattern in _PATTERNS if folded and pattern.search(folded)), None)


def status(word: str | None) -> Status:
    """OCSF's status of the source's own word; New for any other."""
    return _STATUSES.get(re.sub(r"[\s_-]+", "", (word or "").lower()), Status.NEW)


def of_scale(number: float | None) -> Severity:
    """The severity of a number from 0 to 10 as ArcSight bands it: 0–3 low, 4–6 medium, 7–8 high, 9–10 very high."""
    if number is None or not 0 <= number <= 10:
        return Severity.UNKNOWN
    bands = ((9, Severity.CRITICAL), (7, Severity.HIGH), (4, Severity.MEDIUM), (0, Severity.LOW))
    return next(severity for lowest, severity in bands if number >= lowest)
