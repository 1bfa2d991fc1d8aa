"""What the sensors of the story write: Suricata's EVE output with all that stands beside its alerts, and Wazuh."""

import json
from datetime import datetime, timedelta
from typing import Any

MALWARE = "ET MALWARE Win32/Agent Tesla CnC Activity"
SCAN = "ET SCAN Potential SSH Scan"
BRUTE_FORCE = "sshd: brute force trying to get access to the system."
HOST, SERVER, C2 = "10.10.1.25", "10.10.1.80", "198.51.100.66"


def _flow(at: datetime, number: int, **more: Any) -> dict[str, Any]:
    stamp = at.strftime("%Y-%m-%dT%H:%M:%S.%f+0000")
    return {"timestamp": stamp, "flow_id": 1_402_233_600_000_000 + number, "in_iface": "ens192"} | more


def _alert(
    at: datetime, number: int, rule: int, title: str, category: str, severity: int, **ends: Any
) -> dict[str, Any]:
    alert = {
        "action": "allowed", "gid": 1, "signature_id": rule, "rev": 3, "signature": title, "category": category,
        "severity": severity, "metadata": {"created_at": ["2021_03_25"], "signature_severity": ["Major"]},
    }  # fmt: skip
    flow = {
        "pkts_toserver": 5, "pkts_toclient": 4, "bytes_toserver": 812, "bytes_toclient": 640,
        "start": (at - timedelta(seconds=1)).isoformat(),
    }  # fmt: skip
    said = {"event_type": "alert", "proto": "TCP", "alert": alert, "app_proto": "http", "flow": flow}
    return _flow(at, number) | said | ends | {"payload_printable": "POST /gate.php HTTP/1.1\r\n"}


def eve(at: datetime, first: int = 0) -> list[str]:
    """Four alerts about two machines among what else a sensor sees: a name, a page, a flow, its own figures."""
    out = {"src_ip": HOST, "src_port": 49_731, "dest_ip": C2, "dest_port": 80}
    scan = {"src_ip": "203.0.113.200", "src_port": 26_078, "dest_ip": SERVER, "dest_port": 22}
    events = [
        _flow(at, first, event_type="dns", **out, proto="UDP", dns={"type": "query", "rrname": "c2.example"}),
        _alert(at, first + 1, 2_032_275, MALWARE, "Malware Command and Control Activity Detected", 1, **out),
        _flow(at, first + 1, event_type="http", **out, proto="TCP", http={"hostname": "c2.example", "status": 200}),
        _alert(at, first + 2, 2_001_219, SCAN, "Attempted Information Leak", 2, **scan),
        _alert(at, first + 3, 2_001_219, SCAN, "Attempted Information Leak", 2, **scan),
        _alert(at, first + 4, 2_001_219, SCAN, "Attempted Information Leak", 2, **scan),
        _flow(at, first + 4, event_type="flow", **scan, proto="TCP", flow={"state": "closed", "alerted": True}),
        _flow(at, first + 5, event_type="stats", stats={"uptime": 86_400, "capture": {"kernel_packets": 41_207}}),
    ]
    return [json.dumps(event) + "\n" for event in events]


def wazuh(at: datetime, number: int = 1) -> str:
    """A Wazuh alert about the server that is scanned."""
    alert = {
        "timestamp": at.strftime("%Y-%m-%dT%H:%M:%S.000+0000"),
        "rule": {
            "level": 10, "description": BRUTE_FORCE, "id": "5712", "firedtimes": number, "mail": False,
            "mitre": {"id": ["T1110"], "tactic": ["Credential Access"], "technique": ["Brute Force"]},
            "groups": ["syslog", "sshd", "authentication_failures"],
        },
        "agent": {"id": "003", "name": "cong-yt", "ip": SERVER}, "manager": {"name": "wazuh.hv.example"},
        "id": f"{int(at.timestamp())}.{number}", "decoder": {"parent": "sshd", "name": "sshd"},
        "full_log": "sshd[4821]: Failed password for invalid user admin from 203.0.113.200 port 50022 ssh2",
        "predecoder": {"program_name": "sshd", "hostname": "cong-yt"},
        "data": {"srcip": "203.0.113.200", "srcport": "50022", "srcuser": "admin"}, "location": "/var/log/auth.log",
    }  # fmt: skip
    return json.dumps(alert) + "\n"
