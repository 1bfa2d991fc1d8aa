"""Alerts of a desk from the shell: sources declared and changed, files taken in, set aside, replayed, retired."""

import json

from tests.cli.session import Step, held_session
from tests.cli.test_token import home  # noqa: F401  a home that is taken away again
from tests.formats.alerts.samples import EVE_ALERT, PAIRS
from vonggac.cli import alert_sources

CONTENT = {pair.name: pair.content for pair in reversed(PAIRS)}
# A product of which nobody knows the names, and what they mean; the first try has the severity's word wrong.
PRODUCT = (
    {"at": "2024-04-20T10:00:00+07:00", "threat": {"name": "Sâu mạng"}, "level": "Mức 1", "ip": "192.0.2.44"},
    {"at": "2024-04-20T10:05:00+07:00", "threat": {"name": "Sâu mạng"}, "level": "Mức 1", "ip": "192.0.2.44"},
    {"at": "20/04", "threat": {"name": "Mã độc"}, "level": "Mức 1", "ip": "không rõ"},
)
MAPPING = """[fields]
time = "at"
title = "threat.name"
severity = "level"
source_address = "ip"
[severity]
"Mức 1" = "Critical"
"""
ADD, IMPORT = ("alerts", "source", "add"), ("alerts", "import")
BOX, MAIL = ("alerts", "source", "mailbox"), ("--host", "mail.example.vn", "--user", "a@example.vn")
TOLD = ("alerts", "notice-told", "dieu-phoi")
NOTICE = {
    "vonggac_notice": 1, "identifier": "DP-7", "title": "Kết nối C2", "host": "PC-7",
    "received_at": "2026-04-20T08:00:00+07:00",
}  # fmt: skip
SESSION: tuple[Step, ...] = (
    (("alerts", "source", "list"), 0, ""),
    ((*ADD, "ids", "--format-name", "eve", "--expect", "1h", "--folder", "/var/log/suricata/eve.json*"), 0, "for Sở"),
    ((*ADD, "ids"), 1, "the name ids is used by another source"),
    ((*ADD, "x", "--format-name", "nothing"), 1, "nothing"),
    ((*ADD, "x", "--expect", "soon"), 1, "soon is no duration; write 90s, 15m, 6h or 1d"),
    ((*ADD, "x", "--folder", "eve.json"), 1, "eve.json is no full path"),
    ((*ADD, "x", "--sender", "router"), 1, "router is no address and no block of addresses"),
    ((*ADD, "ids", "--change", "--format-name", "suricata-eve", "--expect", "6h"), 0, "ids is declared"),
    (
        (*ADD, "ids", "--change", "--folder", "/no/such/place/eve.json*"),
        0,
        "note: the folder /no/such/place is not there",
    ),
    ((*ADD, "ids", "--change", "--folder", "/usr/no-such-file-*"), 0, "note: no file matches /usr/no-such-file-* yet"),
    ((*ADD, "ids", "--change", "--folder", "/var/log/suricata/eve.json*"), 0, "ids is declared"),
    ((*ADD, "wazuh", "--office", "so", "--sender", "192.0.2.9"), 0, "wazuh is declared for Sở"),
    (("alerts", "source", "list"), 0, "never heard  syslog from 192.0.2.9/32; rhythm learnt"),
    (("alerts", "source", "list", "--json"), 0, '"format": "suricata-eve"'),
    (("alerts", "source", "token", "wazuh"), 0, "vga_"),
    (("alerts", "source", "secret", "wazuh"), 0, "vgh_"),
    (("alerts", "source", "secret", "wazuh", "--renew"), 0, "vgh_"),
    (("alerts", "source", "token", "nobody"), 1, "no source called nobody is declared"),
    ((*BOX, "ids"), 1, "name the mail server as a host and a port"),
    ((*BOX, "ids", "--host", "192.168.1.9", "--user", "a"), 1, "192.168.1.9 is an address inside a network"),
    ((*BOX, "ids", "--host", "mail.example.vn", "--user", "a"), 1, "enter the mailbox's password"),
    ((*BOX, "ids", *MAIL, "--password-file", "PASSWORD"), 0, "the mailbox of ids is read within a minute"),
    ((*BOX, "ids", *MAIL, "--folder", "Cảnh báo"), 0, "the mailbox of ids is read within a minute"),
    ((*BOX, "ids", "--remove"), 0, "the mailbox of ids is read no more"),
    ((*IMPORT, "EVE", "--source", "ids"), 0, "eve.json: 1 alerts (suricata-eve), 1 rejects, 1 observations; 1 new"),
    ((*IMPORT, "EVE", "--source", "ids"), 0, "was taken in before, counts once: 1 alerts"),
    ((*IMPORT, "WAZUH", "--source", "wazuh", "--json"), 0, '"format": "wazuh"'),
    ((*IMPORT, "EVE", "--source", "nobody"), 1, "no source called nobody is declared"),
    (("alerts", "findings"), 0, "ET MALWARE Beacon  [ids, new]"),
    (("alerts", "findings", "--source", "wazuh", "--json"), 0, '"rule": "5712"'),
    (("alerts", "findings", "--rows", "1", "--json"), 0, '"more": true'),
    ((*ADD, "console", "--format-name", "json"), 0, "console is declared"),
    ((*IMPORT, "PRODUCT", "--source", "console"), 1, "kept and set aside; it could not be read"),
    (("alerts", "set-aside"), 0, "console  the whole of product.json: product.json: generic JSON needs a mapping"),
    ((*ADD, "console", "--change", "--format-name", "json", "--mapping", "MAPPING"), 0, "console is declared"),
    ((*ADD, "console", "--change", "--signed", "--expect", "1d"), 0, "console is declared for Sở"),
    ((*ADD, "wazuh", "--change", "--expect", "1d"), 0, "wazuh is declared for Sở"),
    ((*ADD, "wazuh", "--change", "--expect", "learnt", "--time-zone", "UTC"), 0, "wazuh is declared"),
    (("alerts", "source", "list", "--json"), 0, '"name": "console"'),
    (("alerts", "replay", "2"), 0, "3 alerts read from 1 that were set aside"),
    (("alerts", "findings", "--source", "console"), 0, "2×  192.0.2.44  Sâu mạng"),
    (("alerts", "set-aside", "--json"), 0, '"file": "eve.json"'),
    ((*IMPORT, "PHOTO", "--source", "ids"), 0, "photo.png: 0 alerts (suricata-eve), 3 rejects"),
    (("alerts", "take-back", "1", "--reason", "nhầm"), 0, "eve.json is taken back; `vonggac alerts put-back 1`"),
    (("alerts", "replay", "1"), 0, "0 alerts read from 0 that were set aside"),
    (("alerts", "put-back", "1"), 0, "eve.json waits again to be read"),
    (("alerts", "take-back", "3", "--reason", " "), 1, "write why this file was handed in by mistake"),
    (("alerts", "take-back", "9", "--reason", "nhầm"), 1, "there is nothing set aside with the number 9"),
    (("alerts", "put-back", "3"), 1, "this file is not taken back"),
    (("alerts", "take-back", "3", "--reason", "nhầm"), 0, "photo.png is taken back; `vonggac alerts put-back 3`"),
    (("alerts", "take-back", "3", "--reason", "nhầm"), 1, "this waits no more"),
    (("alerts", "put-back", "3"), 0, "photo.png waits again to be read"),
    (("alerts", "take-back", "3", "--reason", "nhầm"), 0, "photo.png is taken back"),
    (("alerts", "put-back", "3", "--json"), 0, '"put_back": 3'),
    (("alerts", "take-back", "3", "--reason", "nhầm", "--json"), 0, '"taken_back": 3'),
    (("alerts", "set-aside", "--all"), 0, ": nhầm)"),
    (("alerts", "set-aside", "--all", "--json"), 0, '"reason": "nhầm"'),
    (("alerts", "replay", "3"), 0, "0 alerts read from 0 that were set aside"),
    (("alerts", "replay", "--json"), 0, '"replayed": 1'),
    (("alerts", "replay"), 0, "still set aside: 1  ids  1 lines of eve.json: "),
    (("alerts", "replay", "--json"), 0, '"reason": "is not JSON from byte 1 on"'),
    ((*ADD, "dieu-phoi", "--subject-pattern", "DP", "--coordinator"), 1, "one pair of round brackets"),
    ((*ADD, "dieu-phoi", "--coordinator", "--acknowledge-within", "2h"), 0, "dieu-phoi is declared"),
    ((*IMPORT, "NOTICE", "--source", "dieu-phoi"), 0, "notice.json: 1 alerts (coordinator-notice)"),
    (("alerts", "notices", "--waiting"), 0, "DP-7  dieu-phoi  received  by 2026-04-20 03:00 UTC  Kết nối C2"),
    ((*TOLD, "DP-8", "--kind", "answer", "--way", "mail"), 1, "there is no notice DP-8 of dieu-phoi"),
    ((*TOLD, "DP-7", "--kind", "answer", "--way", "mail"), 1, "write what is answered"),
    ((*TOLD, "DP-7", "--kind", "answer", "--way", "mail", "--sent", "8 giờ"), 1, "8 giờ is no time with its offset"),
    (
        (*TOLD, "DP-7", "--kind", "answer", "--way", "paper", "--sent", "2026-04-20T09:30+07:00", "--text", "Đã xử lý"),
        0,
        "DP-7 is answered",
    ),
    (("alerts", "notices", "--json"), 0, '"acknowledged_at_utc": "2026-04-20T02:30:00+00:00"'),
    (("alerts", "source", "retire", "wazuh"), 0, "wazuh is retired"),
    ((*IMPORT, "WAZUH", "--source", "wazuh"), 1, "the source wazuh was retired"),
    (("alerts", "source", "list"), 0, "ids  so  suricata-eve  1 alerts, 4 rejects"),
    ((*ADD, "gio-lech"), 0, "gio-lech is declared"),
    ((*IMPORT, "AHEAD", "--source", "gio-lech"), 0, "\n  1 alerts have a time ahead of the file's reception, by "),
    ((*IMPORT, "AHEAD", "--source", "gio-lech", "--json"), 0, '"ahead": 1,'),
    (("alerts", "findings", "--source", "gio-lech"), 0, "Đồng hồ nguồn gio-lech chạy trước "),
    (("alerts", "source", "list"), 0, "MINUTES AHEAD"),
)


def test_nothing_is_noted_of_a_pattern_that_a_file_matches(tmp_path):
    assert str(tmp_path / "no") in alert_sources._missing(str(tmp_path / "no" / "*.json"))
    assert alert_sources._missing(str(tmp_path / "*.json")).startswith("no file matches")
    (tmp_path / "a.json").touch()
    assert alert_sources._missing(str(tmp_path / "*.json")) == ""


def test_alerts_are_taken_in_from_the_shell(home, tmp_path):  # noqa: F811
    files = {name: tmp_path / f"{name.lower()}.json" for name in ("EVE", "WAZUH", "PRODUCT", "MAPPING", "PASSWORD")}
    files["NOTICE"] = tmp_path / "notice.json"
    files["NOTICE"].write_text(json.dumps(NOTICE), encoding="utf-8")
    files["PHOTO"] = tmp_path / "photo.png"
    files["PHOTO"].write_bytes(b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR")
    files["AHEAD"] = tmp_path / "ahead.json"
    files["AHEAD"].write_text(json.dumps({**EVE_ALERT, "timestamp": "2199-04-20T10:00:00+0700"}), encoding="utf-8")
    files["EVE"].write_bytes(CONTENT["suricata-eve"] + b"{broken\n")
    files["WAZUH"].write_bytes(CONTENT["wazuh"])
    files["PRODUCT"].write_text("".join(json.dumps(one) + "\n" for one in PRODUCT), encoding="utf-8")
    files["PASSWORD"].write_text("bí mật\n", encoding="utf-8")
    files["MAPPING"].write_text(MAPPING, encoding="utf-8")
    answers = dict(zip((words for words, _, _ in SESSION), held_session(home, SESSION, files), strict=True))
    first, renewed = (answers["alerts", "source", "secret", "wazuh", *more] for more in ((), ("--renew",)))
    assert first != renewed
    assert "photo.png" in answers["alerts", "set-aside", "--all"]
    assert "wazuh" not in answers["alerts", "source", "list"]
    assert "  files /var/log/suricata/eve.json*; expected within 6h\n" in answers["alerts", "source", "list"]
    # A change leaves what it does not name: the mapping, the signature, the zone, the folder.
    standing = {one["name"]: one for one in json.loads(answers["alerts", "source", "list", "--json"])["sources"]}
    said = ("format", "has_mapping", "is_signed", "time_zone", "expected_seconds", "folder", "senders")
    assert {name: [standing[name][one] for one in said] for name in standing} == {
        "console": ["json", True, True, "Asia/Ho_Chi_Minh", 86_400, None, []],
        "ids": ["suricata-eve", False, False, "Asia/Ho_Chi_Minh", 21_600, "/var/log/suricata/eve.json*", []],
        "wazuh": [None, False, False, "UTC", None, None, ["192.0.2.9/32"]],
    }
