"""Wazuh alerts: `alerts.json` a line, an array, or what its indexer exports; every one of them is an alert."""

import re
from collections.abc import Iterator
from typing import Any

from vonggac.formats.alerts import json_pieces, rsit, values
from vonggac.formats.alerts.alert import Alert, IncidentClass, Observable, Severity
from vonggac.formats.alerts.detection import Format, Options, Sample
from vonggac.formats.alerts.outcome import Batch, Piece, Unreadable, each
from vonggac.formats.alerts.source import Source

# The bands of Wazuh's own dashboard: low up to 6, medium 7 to 11, high 12 to 14, critical from 15.
_BANDS = ((15, Severity.CRITICAL), (12, Severity.HIGH), (7, Severity.MEDIUM), (0, Severity.LOW))
# Of what rootcheck says: signatures of rootkits and trojans, and policies (CIS and such) that a machine does not keep.
_MALICIOUS = re.compile(r"rootkit|trojan|malware|adware|spyware|backdoor|\bworm\b", re.IGNORECASE)
_AUDIT = re.compile(r"(system|windows) audit\b", re.IGNORECASE)
_QUOTED = re.compile(r"'[^']*'")
_SOURCE_NAMES = ("srcip", "src_ip", "source_ip", "remote_ip")
_OBSERVABLES = {
    "url": "url", "srcuser": "user", "dstuser": "user", "md5": "md5", "sha1": "sha1", "sha256": "sha256",
    "file": "file", "hostname": "domain", "query": "domain",
}  # fmt: skip


def score(sample: Sample) -> float:
    """The share of objects that have a rule with a level, and an agent, a manager or a decoder."""
    return sample.share_of_objects(is_alert)


def is_alert(value: dict[str, Any]) -> bool:
    """True for an object that a Wazuh manager wrote."""
    rule = value.get("rule")
    marks = {"agent", "manager", "decoder", "full_log", "location"}
    return isinstance(rule, dict) and bool({"level", "id"} & rule.keys()) and bool(marks & value.keys())


def read(source: Source, options: Options) -> Iterator[Batch]:
    """The alerts of a Wazuh file."""
    yield from each(json_pieces.objects(source), lambda piece, batch: take(piece, batch, options))


def take(piece: Piece, batch: Batch, options: Options) -> None:
    """Add one alert to the batch."""
    value = piece.value
    rule = value.get("rule")
    if not isinstance(rule, dict):
        raise Unreadable("has no rule: no alert of Wazuh's")
    data = _object(value.get("data"))
    inside = _object(_object(data.get("win")).get("eventdata"))
    fields = values.Fields(piece, batch, options.zone)
    batch.alerts.append(
        Alert(
            fields.time("timestamp", value.get("timestamp"), value.get("@timestamp")),
            fields.address("data.srcip", *(data.get(name) for name in _SOURCE_NAMES), inside.get("ipAddress"),
                           inside.get("sourceIp")),
            fields.port("data.srcport", data.get("srcport"), data.get("src_port"), inside.get("sourcePort")),
            fields.address("data.dstip", data.get("dstip"), data.get("dest_ip"), inside.get("destinationIp")),
            fields.port("data.dstport", data.get("dstport"), data.get("dest_port"), inside.get("destinationPort")),
            values.protocol(values.first([data.get("protocol"), data.get("proto"), inside.get("protocol")])),
            _severity(values.whole(rule.get("level"))),
            values.text(rule.get("description")) or values.text(value.get("full_log")),
            values.text(rule.get("id")),
            _class(rule, value),
            _host(value),
            piece.line,
            piece.offset,
            len(piece.raw),
            observables=_observables(data, _object(value.get("syscheck")), _object(value.get("agent"))),
        )
    )  # fmt: skip


def _severity(level: int | None) -> Severity:
    if level is None:
        return Severity.UNKNOWN
    return next((severity for lowest, severity in _BANDS if level >= lowest), Severity.UNKNOWN)


def _class(rule: dict[str, Any], value: dict[str, Any]) -> IncidentClass | None:
    """The class that one of the rule's groups names, else what rootcheck says, else the class of its MITRE tactics."""
    groups = rule.get("groups")
    found = _named(groups)
    if found is None and isinstance(groups, list) and "rootcheck" in groups:
        said = (value.get("full_log"), _object(value.get("data")).get("title"), rule.get("description"))
        return _of_rootcheck([text for one in said if (text := values.text(one))])
    return found or _named(_object(rule.get("mitre")).get("tactic"))


def _named(names: Any) -> IncidentClass | None:
    told = names if isinstance(names, list) else []
    return next((found for name in told if (found := rsit.of_words(values.text(name)))), None)


def _of_rootcheck(said: list[str]) -> IncidentClass:
    """The class of what rootcheck found (rules 510 to 521): one group for rootkits, configuration and mere oddities."""
    told = [_QUOTED.sub("", one) for one in said]  # what a file is called says nothing of what was found
    if any(_AUDIT.match(one) for one in told):
        is_broken_into = any("possible compromise" in one.lower() for one in told)
        return IncidentClass.INTRUSIONS if is_broken_into else IncidentClass.VULNERABLE
    if any(_MALICIOUS.search(one) for one in told):
        return IncidentClass.MALICIOUS_CODE
    is_open = any("permissions to anyone" in one for one in told)
    return IncidentClass.VULNERABLE if is_open else IncidentClass.OTHER


def _host(value: dict[str, Any]) -> str | None:
    """The agent that saw it; for what came by syslog, the host that syslog names."""
    agent = values.text(_object(value.get("agent")).get("name"))
    return agent or values.text(_object(value.get("predecoder")).get("hostname"))


def _observables(*parts: dict[str, Any]) -> tuple[Observable, ...]:
    data, syscheck, agent = parts
    found = [Observable(kind, text) for name, kind in _OBSERVABLES.items() if (text := values.text(data.get(name)))]
    found += [
        Observable(kind, text)
        for name, kind in (("path", "file"), ("md5_after", "md5"), ("sha1_after", "sha1"), ("sha256_after", "sha256"))
        if (text := values.text(syscheck.get(name)))
    ]
    if address := values.address(agent.get("ip")):
        found.append(Observable("host-address", address))
    return tuple(found)


def _object(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


FORMAT = Format("wazuh", "Wazuh alerts (alerts.json)", score, read, ("wazuh-alerts", "ossec"))
