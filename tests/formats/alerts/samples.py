"""One small file of each format, written after the format's public definition, with the alerts it must give."""

import json
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Pair:
    """Bytes as received, the format's name, and the fields to find in each alert; `other` = (rejects, observations)."""

    name: str
    content: bytes
    expected: list[dict[str, Any]]
    other: tuple[int, int] = (0, 0)
    file_name: str = "file"


def _lines(*values: Any) -> bytes:
    return b"".join(json.dumps(value, ensure_ascii=False).encode() + b"\n" for value in values)


EVE_ALERT = {
    "timestamp": "2024-04-20T10:00:00.250000+0700", "flow_id": 1, "event_type": "alert", "host": "ids-1",
    "src_ip": "192.0.2.10", "src_port": 40000, "dest_ip": "2001:DB8::1", "dest_port": 443, "proto": "TCP",
    "alert": {"action": "blocked", "gid": 1, "signature_id": 2024792, "rev": 4, "severity": 1,
              "signature": "ET MALWARE Beacon", "category": "A Network Trojan was detected"},
}  # fmt: skip
WAZUH_ALERT = {
    "timestamp": "2024-04-20T10:00:00.123+0700",
    "rule": {"level": 10, "description": "sshd: brute force", "id": "5712", "groups": ["syslog",
             "authentication_failures"]},
    "agent": {"id": "003", "name": "web-1", "ip": "192.0.2.20"}, "manager": {"name": "wazuh"}, "id": "1713582000.1",
    "decoder": {"name": "sshd"}, "data": {"srcip": "198.51.100.7", "srcport": "50022"}, "location": "/var/log/auth.log",
}  # fmt: skip


def _rootcheck(rule: str, level: int, description: str, full_log: str, **more: Any) -> dict[str, Any]:
    """An alert of Wazuh's rootcheck, by the rules 510 to 521 of its ruleset (0015-ossec_rules.xml)."""
    return {
        "timestamp": "2024-04-20T10:00:00.123+0700", "id": "1713582000.2", "location": "rootcheck",
        "rule": {"level": level, "description": description, "id": rule, "groups": ["ossec", "rootcheck"], **more},
        "agent": {"id": "003", "name": "web-1", "ip": "192.0.2.20"}, "manager": {"name": "wazuh"},
        "decoder": {"name": "rootcheck"}, "full_log": full_log,
    }  # fmt: skip


_ANOMALY = "Host-based anomaly detection event (rootcheck)."
_LATERAL = {"mitre": {"id": ["T1072"], "tactic": ["Lateral Movement"]}}
ROOTCHECK = {
    "malicious-code": [
        _rootcheck("510", 7, _ANOMALY, "Trojaned version of file '/bin/passwd' detected. Signature used: "
                   "'bash|/dev/[A-Z]' (Generic)."),
        _rootcheck("510", 7, _ANOMALY, "Rootkit 't0rn' detected by the presence of file '/dev/.lib'."),
        _rootcheck("521", 11, "Possible kernel level rootkit", "Process '562' hidden from /proc. Possible kernel level "
                   "rootkit."),
        _rootcheck("510", 7, _ANOMALY, "Port '47018'(tcp) hidden. Kernel-level rootkit or trojaned version of it."),
        _rootcheck("513", 9, "Windows malware detected.", "Windows Malware: Possible Malware File. File: C:\\b.exe."),
        _rootcheck("518", 9, "Windows Adware/Spyware application found.", "Application Found: Adware/Spyware - Gator.",
                   **_LATERAL),
    ],
    "vulnerable": [
        _rootcheck("516", 3, "System Audit event.", "System Audit: CIS - Debian Linux - 1.4 - Robust partition scheme "
                   "- /tmp is not on its own partition {CIS: 1.4 Debian Linux}. File: /etc/fstab."),
        _rootcheck("512", 3, "Windows Audit event.", "Windows Audit: Malware protection is disabled. Registry: HKLM."),
        _rootcheck("519", 7, "System Audit: Vulnerable web application found.", "System Audit: Web vulnerability - "
                   "Outdated WordPress. File: /var/www/wp/version.php."),
        _rootcheck("510", 7, _ANOMALY, "File '/opt/rootkit-hunter/db' is owned by root and has written permissions to "
                   "anyone."),
    ],
    "other": [
        _rootcheck("510", 7, _ANOMALY, "File '/dev/.lxc/worm' present on /dev. Possible hidden file."),
        _rootcheck("510", 7, _ANOMALY, "Interface 'eth1' in promiscuous mode."),
        _rootcheck("514", 2, "Windows application monitor event.", "Application Found: Chat/IM - MSN."),
    ],
    "intrusions": [
        _rootcheck("516", 3, "System Audit event.", "System Audit: Web exploits (uncommon file name inside htdocs) - "
                   "Possible compromise. File: /var/www/id.gif.php."),
    ],
}  # fmt: skip
DEFENDER_EVENT = (
    "<Event xmlns='http://schemas.microsoft.com/win/2004/08/events/event'><System>"
    "<Provider Name='Microsoft-Windows-Windows Defender'/><EventID>{}</EventID><Level>3</Level>"
    "<TimeCreated SystemTime='2024-04-20T03:00:00.1234567Z'/><Computer>PC-KETOAN-02</Computer></System><EventData>"
    "<Data Name='Threat ID'>2147735503</Data><Data Name='Threat Name'>Trojan:Win32/Agent</Data>"
    "<Data Name='Severity ID'>5</Data><Data Name='Category Name'>Trojan</Data>"
    "<Data Name='Path'>file:_C:\\tam\\a.exe</Data><Data Name='Action Name'>Quarantine</Data></EventData></Event>"
)
EDXML = """<?xml version="1.0" encoding="UTF-8"?>
<edXML:edXMLEnvelope xmlns:edXML="http://www.mic.gov.vn/TBT/QCVN_102_2016">
 <edXML:edXMLHeader><edXML:MessageHeader><edXML:From><edXML:OrganId>000.00.00.H99</edXML:OrganId></edXML:From>
 </edXML:MessageHeader></edXML:edXMLHeader><edXML:edXMLBody>
 <AVReport name="AV"><Datetime>1713582000</Datetime>
  <Malware><Machine ip="192.0.2.30" name="PC-01">
   <MalwareInfo><MalwareName>W32.Mã độc</MalwareName><MalwareType>Trojan</MalwareType></MalwareInfo></Machine></Malware>
  <Connection><Machine ip="" name="PC-02"><ConnectionInfo><Program>a.exe</Program><TargetIP>203.0.113.9</TargetIP>
   </ConnectionInfo></Machine></Connection>
  <OS><Machine ip="192.0.2.30" name="PC-01"><OSName>Windows</OSName></Machine></OS>
 </AVReport></edXML:edXMLBody></edXML:edXMLEnvelope>
"""
STIX = {
    "type": "bundle", "id": "bundle--11111111-1111-4111-8111-111111111111", "objects": [
        {"type": "indicator", "spec_version": "2.1", "id": "indicator--11111111-1111-4111-8111-111111111112",
         "name": "C2", "pattern_type": "stix", "valid_from": "2024-04-20T03:00:00Z",
         "pattern": "[ipv4-addr:value = '203.0.113.7' OR domain-name:value = 'xau.example']"},
        {"type": "malware", "id": "malware--11111111-1111-4111-8111-111111111113", "name": "m", "is_family": False},
        {"type": "relationship", "id": "relationship--11111111-1111-4111-8111-111111111114",
         "source_ref": "indicator--11111111-1111-4111-8111-111111111112",
         "target_ref": "malware--11111111-1111-4111-8111-111111111113", "relationship_type": "indicates"},
        {"type": "ipv4-addr", "id": "ipv4-addr--1", "value": "192.0.2.40"},
        {"type": "ipv4-addr", "id": "ipv4-addr--2", "value": "203.0.113.7"},
        {"type": "network-traffic", "id": "network-traffic--1", "src_ref": "ipv4-addr--1", "dst_ref": "ipv4-addr--2",
         "src_port": 5000, "dst_port": 443, "protocols": ["ipv4", "tcp"]},
        {"type": "observed-data", "id": "observed-data--1", "first_observed": "2024-04-20T04:00:00Z",
         "number_observed": 3, "object_refs": ["network-traffic--1", "ipv4-addr--1", "ipv4-addr--2"]},
    ],
}  # fmt: skip
MISP = {
    "Event": {
        "info": "Chiến dịch thử", "threat_level_id": "2", "date": "2024-04-20", "timestamp": "1713582000",
        "Tag": [{"name": "tlp:green"}, {"name": 'rsit:malicious-code="c2-server"'}],
        "Attribute": [
            {"type": "ip-dst|port", "value": "203.0.113.5|8443", "timestamp": "1713582001", "uuid": "u-1"},
            {"type": "comment", "value": "x", "timestamp": "1713582001", "uuid": "u-2"},
        ],
        "Object": [{"name": "file", "Attribute": [{"type": "sha256", "value": "ab" * 32, "uuid": "u-3"}]}],
    }
}  # fmt: skip
IODEF_XML = """<?xml version="1.0"?>
<IODEF-Document version="2.00" xmlns="urn:ietf:params:xml:ns:iodef-2.0"><Incident purpose="reporting">
<IncidentID name="csirt.example">189493</IncidentID><ReportTime>2024-04-20T03:00:00+00:00</ReportTime>
<Description>Scan</Description><Assessment><SystemImpact severity="high" type="recon"/></Assessment>
<EventData><Flow><System category="source"><Node><Address category="ipv4-addr">192.0.2.50</Address></Node>
</System><System category="target"><Node><Address category="ipv4-addr">198.51.100.1</Address></Node>
<Service ip-protocol="6"><Port>22</Port></Service></System></Flow></EventData></Incident></IODEF-Document>
"""
IODEF_JSON = {
    "version": "2.0", "Incident": [{
        "purpose": "reporting", "IncidentID": {"id": "7", "name": "csirt.example"},
        "GenerationTime": "2024-04-20T03:00:00Z", "Description": ["DDoS"],
        "EventData": [{"Flow": [{"System": [{"category": "source", "Node": {
            "Address": [{"category": "ipv6-addr", "value": "2001:db8::5"}]}}]}]}],
    }],
}  # fmt: skip
XARF_4 = {
    "xarf_version": "4.0.0", "report_id": "r-1", "timestamp": "2024-04-20T03:00:00Z", "reporter": {"org": "x"},
    "source_identifier": "192.0.2.60", "source_port": 4444, "category": "connection", "type": "login_attack",
    "destination_ip": "198.51.100.2", "destination_port": 22, "protocol": "tcp",
}  # fmt: skip
XARF_3 = {
    "Version": "3", "ReporterInfo": {"ReporterOrg": "x"}, "Disclosure": True,
    "Report": {"ReportClass": "Activity", "ReportType": "Ddos", "Date": "2024-04-20T03:00:00Z",
               "SourceIp": "192.0.2.61", "SourcePort": 1, "DestinationIp": "198.51.100.3", "DestinationPort": 80},
}  # fmt: skip
ZEEK_TSV = (
    "#separator \\x09\n#set_separator\t,\n#path\tnotice\n"
    "#fields\tts\tid.orig_h\tid.orig_p\tid.resp_h\tid.resp_p\tproto\tnote\tmsg\tsrc\tdst\tp\tn\n"
    "1713582000.500000\t192.0.2.70\t1234\t198.51.100.4\t22\ttcp\tScan::Port_Scan\t192.0.2.70 scanned\t-\t-\t-\t15\n"
    "1713582000.5\tcut\n#close\t2024-04-20-10-00-01\n"
)
AV_CSV = (
    "STT,Tên máy,Địa chỉ IP,Tên mã độc,Mức độ,Thời gian phát hiện,Đường dẫn,Hành động\r\n"
    "1,PC-05,192.0.2.80,W32.Sality,Cao,20/04/2024 10:00:00,C:\\a.exe,Đã xóa\r\n"
)
SHADOWSERVER = (
    '"timestamp","protocol","src_ip","src_port","src_asn","src_geo","src_hostname","dst_ip","dst_port","infection","severity"\n'
    '"2024-04-20 03:00:00","tcp","192.0.2.90",50000,64496,"VN","pc.example","203.0.113.8",80,"andromeda","critical"\n'
    '"2024-04-20 03:00:00","tcp","",50000,64496,"VN","","203.0.113.8",80,"andromeda","critical"\n'
)
THREE = "2024-04-20T03:00:00Z"

NOTICE = {
    "vonggac_notice": 1, "identifier": " DP-7  /2024", "title": "Kết nối C2", "address": "2001:DB8::7", "host": "PC-7",
    "state": "Mới", "received_at": "2024-04-20T10:00:00+07:00", "acknowledge_by": "2024-04-20T17:00:00+07:00",
}  # fmt: skip

PAIRS = [
    Pair("coordinator-notice", _lines(NOTICE, {"vonggac_notice": 1, "title": "không mã số"}), [{
        "time_utc": "2024-04-20T03:00:00Z", "source_address": "2001:db8::7", "title": "Kết nối C2", "host": "PC-7",
        "severity": "Unknown", "rule_id": None, "raw_line": 1}], (1, 0)),
    Pair("suricata-eve", _lines(EVE_ALERT, {**EVE_ALERT, "event_type": "flow"}), [{
        "time_utc": "2024-04-20T03:00:00.250000Z", "source_address": "192.0.2.10", "source_port": 40000,
        "destination_address": "2001:db8::1", "destination_port": 443, "protocol": "tcp", "severity": "High",
        "title": "ET MALWARE Beacon", "rule_id": "2024792", "class": "malicious-code", "host": "ids-1", "raw_line": 1,
        "disposition": "Blocked"}], (0, 1)),
    Pair("wazuh", _lines(WAZUH_ALERT, WAZUH_ALERT), [{
        "time_utc": "2024-04-20T03:00:00.123000Z", "source_address": "198.51.100.7", "source_port": 50022,
        "severity": "Medium", "title": "sshd: brute force", "rule_id": "5712", "host": "web-1",
        "class": "intrusion-attempts", "raw_line": line} for line in (1, 2)]),
    Pair("wazuh", json.dumps([WAZUH_ALERT, [WAZUH_ALERT]], indent=1).encode(), [
        {"rule_id": "5712", "raw_line": 2}, {"rule_id": "5712", "raw_line": 32}]),
    *(Pair("wazuh", _lines(*alerts), [{"class": kind, "host": "web-1"} for _ in alerts])
      for kind, alerts in ROOTCHECK.items()),
    # An export without the log line has rootcheck's own title.
    Pair("wazuh", _lines({**_rootcheck("510", 7, _ANOMALY, ""), "data": {"title": "Trojaned version of file."}}),
         [{"class": "malicious-code", "severity": "Medium"}]),
    Pair("cef", (
        rb"<134>Apr 20 10:00:00 fw1 CEF:0|Th\|ng|FW|1.0|100|B\|ad \\ thing|8|rt=1713582000250 src=192.0.2.11 spt=1 "
        rb"dst=198.51.100.9 dpt=80 proto=TCP act=blocked msg=a\=b and c "
        rb"request=http://x.example/?q\=1 cat=Malware" b"\n"
    ), [{"time_utc": "2024-04-20T03:00:00.250000Z", "source_address": "192.0.2.11", "destination_port": 80,
         "severity": "High", "title": "B|ad \\ thing", "rule_id": "100", "class": "malicious-code", "host": "fw1",
         "disposition": "Blocked", "observables": [{"kind": "url", "value": "http://x.example/?q=1"}]}]),
    Pair("leef", b"LEEF:2.0|IBM|X|1.0|4000|^|devTime=Apr 20 2024 10:00:00 +0700^src=192.0.2.12^dst=198.51.100.8^"
         b"srcPort=9^dstPort=53^proto=17^sev=9^cat=scan^usrName=an\n"
         b"LEEF:1.0|V|P|1|55|src=192.0.2.13\tdevTime=2024/04/20 03:00:00\tdevTimeFormat=yyyy/MM/dd HH:mm:ss\tsev=2\n", [
        {"time_utc": THREE, "source_address": "192.0.2.12", "source_port": 9, "protocol": "udp", "severity": "Critical",
         "rule_id": "4000", "class": "information-gathering"},
        {"time_utc": THREE, "source_address": "192.0.2.13", "severity": "Low", "title": "55", "raw_line": 2}]),
    Pair("zeek-notice", ZEEK_TSV.encode(), [{
        "time_utc": "2024-04-20T03:00:00.500000Z", "source_address": "192.0.2.70", "destination_port": 22,
        "severity": "Unknown", "rule_id": "Scan::Port_Scan", "class": "information-gathering", "raw_line": 5,
        "count": 15}], (1, 0)),
    Pair("zeek-notice", _lines({"_path": "notice", "ts": 1713582000, "note": "SSH::Password_Guessing", "msg": "m",
                                "src": "192.0.2.71"}, {"_path": "conn", "ts": 1, "uid": "C"}), [
        {"time_utc": THREE, "source_address": "192.0.2.71", "class": "intrusion-attempts"}], (0, 1)),
    Pair("defender", (DEFENDER_EVENT.format(1117) + "\n" + DEFENDER_EVENT.format(1001)).encode("utf-16"), [{
        "time_utc": "2024-04-20T03:00:00.123456Z", "severity": "Critical", "title": "Trojan:Win32/Agent",
        "rule_id": "2147735503", "class": "malicious-code", "host": "PC-KETOAN-02", "disposition": "Quarantined",
        "raw_line": 1, "observables": [{"kind": "file", "value": "C:\\tam\\a.exe"}]}], (0, 1)),
    Pair("defender", _lines({"Message": "Microsoft Defender Antivirus has detected malware.\r\n "
                             "\tName: HackTool:X\r\n \t"
                             "ID: 77\r\n \tSeverity: High\r\n", "Id": 1116, "TimeCreated": "/Date(1713582000000)/",
                             "ProviderName": "Microsoft-Windows-Windows Defender", "MachineName": "PC-09"}), [
        {"time_utc": THREE, "severity": "High", "title": "HackTool:X", "host": "PC-09", "rule_id": "77"}]),
    Pair("antimalware-table", AV_CSV.encode("utf-8-sig"), [{
        "time_utc": "2024-04-20T10:00:00Z", "source_address": "192.0.2.80", "severity": "High", "title": "W32.Sality",
        "class": "malicious-code", "host": "PC-05", "disposition": "Deleted", "raw_line": 2}]),
    Pair("edxml", EDXML.encode(), [
        {"time_utc": THREE, "source_address": "192.0.2.30", "title": "W32.Mã độc", "class": "malicious-code",
         "host": "PC-01", "raw_line": 7},
        {"source_address": None, "destination_address": "203.0.113.9", "host": "PC-02", "raw_line": 8}], (0, 1)),
    Pair("stix", json.dumps(STIX, indent=1).encode(), [
        {"time_utc": THREE, "source_address": "203.0.113.7", "title": "C2", "class": "malicious-code", "raw_line": 5,
         "observables": [{"kind": "domain", "value": "xau.example"}]},
        {"time_utc": "2024-04-20T04:00:00Z", "source_address": "192.0.2.40", "destination_address": "203.0.113.7",
         "source_port": 5000, "destination_port": 443, "protocol": "tcp", "count": 3}], (0, 5)),
    Pair("misp", json.dumps({"response": [MISP]}, indent=1).encode(), [
        {"time_utc": "2024-04-20T03:00:01Z", "destination_address": "203.0.113.5", "destination_port": 8443,
         "severity": "Medium", "title": "Chiến dịch thử", "class": "malicious-code", "rule_id": "u-1", "raw_line": 18},
        {"time_utc": THREE, "observables": [{"kind": "sha256", "value": "ab" * 32}], "rule_id": "u-3"}], (0, 1)),
    Pair("shadowserver", SHADOWSERVER.encode(), [{
        "time_utc": THREE, "source_address": "192.0.2.90", "source_port": 50000, "destination_address": "203.0.113.8",
        "destination_port": 80, "protocol": "tcp", "severity": "Critical", "title": "event4_sinkhole: andromeda",
        "class": "malicious-code", "host": "pc.example", "raw_line": 2}], (1, 0), "2024-04-20-event4_sinkhole-vn.csv"),
    Pair("xarf", _lines(XARF_4), [{
        "time_utc": THREE, "source_address": "192.0.2.60", "source_port": 4444, "destination_address": "198.51.100.2",
        "destination_port": 22, "class": "intrusion-attempts", "rule_id": "login_attack"}]),
    Pair("xarf", json.dumps(XARF_3, indent=2).encode(), [{
        "time_utc": THREE, "source_address": "192.0.2.61", "destination_port": 80, "class": "availability"}]),
    Pair("iodef", IODEF_XML.encode(), [{
        "time_utc": THREE, "source_address": "192.0.2.50", "destination_address": "198.51.100.1",
        "destination_port": 22, "protocol": "tcp", "severity": "High", "title": "Scan", "rule_id": "189493",
        "class": "information-gathering", "raw_line": 2}]),
    Pair("iodef-json", json.dumps(IODEF_JSON).encode(), [{
        "time_utc": THREE, "source_address": "2001:db8::5", "title": "DDoS", "rule_id": "7"}]),
    Pair("syslog", b"<34>1 2024-04-20T03:00:00Z mail.example su - ID47 - 'su root' failed for an\n"
         b"<13>Apr 20 10:00:00 host app[7]: no year\n", [
        {"time_utc": THREE, "severity": "Critical", "title": "'su root' failed for an", "host": "mail.example",
         "rule_id": "su"},
        {"time_utc": None, "severity": "Low", "title": "no year", "host": "host", "rule_id": "app"}]),
]  # fmt: skip
