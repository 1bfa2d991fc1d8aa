"""The RSIT class of what products call categories: Suricata's whole table, and words for the others.

A class is taken from a field that names a category, a rule group or a malware type, never from free text of an attack.
"""

import re
from functools import lru_cache

from vonggac.formats.alerts.alert import IncidentClass
from vonggac.kernel.text import fold

_C = IncidentClass
# classification.config as Suricata 7 ships it: the description, which EVE writes as `alert.category`.
SURICATA = {
    "not suspicious traffic": _C.OTHER,
    "unknown traffic": _C.OTHER,
    "potentially bad traffic": _C.OTHER,
    "attempted information leak": _C.INFORMATION_GATHERING,
    "information leak": _C.INFORMATION_GATHERING,
    "large scale information leak": _C.INFORMATION_GATHERING,
    "attempted denial of service": _C.AVAILABILITY,
    "denial of service": _C.AVAILABILITY,
    "attempted user privilege gain": _C.INTRUSION_ATTEMPTS,
    "unsuccessful user privilege gain": _C.INTRUSION_ATTEMPTS,
    "successful user privilege gain": _C.INTRUSIONS,
    "attempted administrator privilege gain": _C.INTRUSION_ATTEMPTS,
    "successful administrator privilege gain": _C.INTRUSIONS,
    "decode of an rpc query": _C.INFORMATION_GATHERING,
    "executable code was detected": _C.INTRUSION_ATTEMPTS,
    "a suspicious string was detected": _C.OTHER,
    "a suspicious filename was detected": _C.OTHER,
    "an attempted login using a suspicious username was detected": _C.INTRUSION_ATTEMPTS,
    "a system call was detected": _C.INTRUSION_ATTEMPTS,
    "a tcp connection was detected": _C.OTHER,
    "a network trojan was detected": _C.MALICIOUS_CODE,
    "a client was using an unusual port": _C.OTHER,
    "detection of a network scan": _C.INFORMATION_GATHERING,
    "detection of a denial of service attack": _C.AVAILABILITY,
    "detection of a non-standard protocol or event": _C.OTHER,
    "generic protocol command decode": _C.OTHER,
    "access to a potentially vulnerable web application": _C.INTRUSION_ATTEMPTS,
    "web application attack": _C.INTRUSION_ATTEMPTS,
    "misc activity": _C.OTHER,
    "misc attack": _C.INTRUSION_ATTEMPTS,
    "generic icmp event": _C.OTHER,
    "inappropriate content was detected": _C.ABUSIVE_CONTENT,
    "potential corporate privacy violation": _C.OTHER,
    "attempt to login by a default username and password": _C.INTRUSION_ATTEMPTS,
    "targeted malicious activity was detected": _C.MALICIOUS_CODE,
    "exploit kit activity detected": _C.MALICIOUS_CODE,
    "device retrieving external ip address detected": _C.OTHER,
    "domain observed used for c2 detected": _C.MALICIOUS_CODE,
    "possibly unwanted program detected": _C.MALICIOUS_CODE,
    "successful credential theft detected": _C.INTRUSIONS,
    "possible social engineering attempted": _C.FRAUD,
    "crypto currency mining activity detected": _C.MALICIOUS_CODE,
    "malware command and control activity detected": _C.MALICIOUS_CODE,
}
# Words of a folded category, in the order in which they decide.
_WORDS = (
    (_C.FRAUD, r"phish|scam|fraud|lua dao|gia mao|brand|impersonat"),
    (_C.ABUSIVE_CONTENT, r"spam|thu rac|harass|csam|csem|bulk mess"),
    (_C.MALICIOUS_CODE, r"malware|malicious.?(code|software|file)|virus|trojan|troyan|ransom|worm\b|spyware|adware|"
        r"backdoor|rootkit|botnet|\bbot\b|\bc2\b|c&c|command.and.control|infected|hacktool|ma doc|keylog|rogue|dropper|"
        r"downloader|unwanted|\bpua\b|\bpup\b|crypto.?min|coin.?min|remote.?compromise"),
    (_C.AVAILABILITY, r"\bd?dos\b|denial.of.service|amplification|tu choi dich vu|\boutage|sabotage"),
    (_C.INTRUSIONS, r"compromis|intrusions?\b|privilege.escalation|lateral|persistence|credential.(theft|access)|"
        r"deface|unauthori[sz]ed.access|exfiltration|account.?takeover|\brce\b"),
    (_C.INTRUSION_ATTEMPTS, r"attack|exploit|brute.?force|login|authentication.fail|auth.?fail|injection|\bxss\b|"
        r"tan cong|do mat khau|password.guess|intrusion|\bips\b|web.?shell|initial.access|execution"),
    (_C.INFORMATION_GATHERING, r"scan|recon|discovery|sweep|sniff|quet|do quet|probe|crawl|scrap"),
    (_C.INFORMATION_CONTENT_SECURITY, r"leak|data.?loss|exposed.data|\bdlp\b|ro ri|syscheck|integrity|copyright"),
    (_C.VULNERABLE, r"vulnerab|\bcve\b|lo hong|misconfig|open.?(service|resolver|port)|patch|weak.?cipher"),
    (_C.TEST, r"^test$"),
)  # fmt: skip
_PATTERNS = tuple((kind, re.compile(pattern)) for kind, pattern in _WORDS)


def of_suricata(category: str | None) -> IncidentClass | None:
    """The class of one of Suricata's categories; of a category of one's own by its words."""
    if category is None:
        return None
    return SURICATA.get(category.strip().lower()) or of_words(category)


@lru_cache(maxsize=4_096)
def of_words(category: str | None) -> IncidentClass | None:
    """The class that the words of a category name, None when they name none; `CamelCase` and `snake_case` too."""
    if not category:
        return None
    apart = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", category[:500]).replace("_", " ").replace("-", " ")
    folded = fold(apart)
    return next((kind for kind, pattern in _PATTERNS if pattern.search(folded)), None)


def named(value: str | None) -> IncidentClass | None:
    """The class written as RSIT, MISP or IntelMQ spell it (`malicious-code`, `Malicious Code`), None for another."""
    plain = (value or "").strip().lower().replace("_", "-").replace(" ", "-")
    return next((one for one in IncidentClass if one.value == plain), None)
