"""What a list says and nobody could read, settled from the shell on a desk of its own."""

import json

from tests.cli.session import Step, held_session
from tests.cli.test_token import home  # noqa: F401  a home that is taken away again

NETWORKS = "network,organisation\n203.0.113.0/24,so\n"
PEOPLE = "email,name,organisation,role\nan@example.vn,An,so,it_officer\n"
LIST = "ip,dst_ip\n203.0.113.5,198.51.100.9?\n203.0.113.0006,198.51.100.7\n"
AS_HA, AS_AN = ("--as", "ha@example.vn"), ("--as", "an@example.vn")
MEANS = ("--means", "198.51.100.9", "--means", "C2.example.net")
# What is typed, the exit status, and what is said.
SESSION: tuple[Step, ...] = (
    (("register", "import", "networks", "NETWORKS"), 0, "1 created"),
    (("register", "import", "people", "PEOPLE"), 0, "PEOPLE: 1 rows read"),
    (("botnet", "unread"), 0, "nothing waits to be settled"),
    (("botnet", "import", "LIST", "--sender", "NCSC"), 0, "1 control servers cannot be read"),
    (("case", "claim", "1", "--text", "đã cài lại", "--by", "An"), 0, "claimed"),
    (("log", "assess"), 0, "findings placed on hosts"),
    (("case", "show", "1"), 0, "the lists name a control server that cannot be read: 198.51.100.9?"),
    (("botnet", "unread", "1"), 0, "1  control server  LIST of NCSC, line 2, dst_ip\n  198.51.100.9?\n  in: 203.0"),
    (("botnet", "unread"), 0, "2  listed address  LIST of NCSC, line 3, ip\n  203.0.113.0006,198.51.100.7"),
    (("botnet", "unread", *AS_AN), 0, "198.51.100.9?"),
    (("botnet", "settle", "1", *MEANS, *AS_AN), 1, "does not include this (import)"),
    (("botnet", "settle", "1", *MEANS, "--dry-run"), 0, "would mean 198.51.100.9, c2.example.net"),
    (("botnet", "settle", "1", "--means", "198.51.100.9?"), 1, "is neither an address nor a name"),
    (("botnet", "settle", "1"), 2, "2"),
    (("botnet", "settle", "1", *MEANS, "--nothing"), 2, "2"),
    (("botnet", "settle", "1", *MEANS, "--column"), 2, "2"),
    (("botnet", "settle", "1", "--nothing", "--column", "--reason", "nước"), 0, "means nothing: nước"),
    (("botnet", "withdraw", "1"), 0, "waits to be settled again"),
    (("botnet", "settle", "1", "--nothing"), 1, "say what was meant, or that nothing was and why"),
    (("botnet", "settle", "9", *MEANS), 1, "there is nothing unread with the number 9"),
    (("botnet", "settle", "1", *MEANS, *AS_HA), 0, "means 198.51.100.9, c2.example.net"),
    (("botnet", "settle", "1", *MEANS), 1, "this is settled already"),
    (("log", "assess"), 0, "findings placed on hosts"),
    (("case", "show", "1"), 0, "the watch runs until "),
    (("botnet", "unread", "--all"), 0, "means 198.51.100.9, c2.example.net (Hà, 20"),
    (("botnet", "unread", "--all", "--json"), 0, '"meant": [\n'),
    (("botnet", "withdraw", "1", *AS_AN), 1, "does not include this (import)"),
    (("botnet", "withdraw", "1", "--json", *AS_HA), 0, '"withdrawn": ['),
    (("botnet", "withdraw", "1"), 1, "nobody has settled this"),
    (("log", "assess"), 0, "findings placed on hosts"),
    (("case", "show", "1"), 0, "the lists name a control server that cannot be read: 198.51.100.9?"),
    (("botnet", "settle", "2", "--means", "203.0.113.6", "--json"), 0, '"settled": 1'),
    (("case", "show", "2"), 0, "203.0.113.6: on a botnet list\n  Sở · not acknowledged"),
    (("botnet", "withdraw", "2"), 0, "waits to be settled again"),
    (("case", "show", "2"), 0, "203.0.113.6: on a botnet list\n  Sở · closed"),
    (("botnet", "settle", "2", "--nothing", "--reason", "của nhà mạng khác"), 0, "means nothing: của nhà mạng khác"),
    (("botnet", "senders"), 0, "so  1  20"),
    (("botnet", "merge-senders", *AS_AN), 1, "does not include this (import)"),
    (("botnet", "merge-senders", "--dry-run"), 0, "no sender stands here under two spellings"),
    (("botnet", "unread", "--json"), 0, '"text": "198.51.100.9?"'),
)  # fmt: skip


def test_what_a_list_meant_is_settled_and_withdrawn_from_the_shell(home, tmp_path):  # noqa: F811
    files = {name: tmp_path / name for name in ("NETWORKS", "PEOPLE", "LIST")}
    for name, text in zip(files, (NETWORKS, PEOPLE, LIST), strict=True):
        files[name].write_text(text, encoding="utf-8")
    (waiting,) = json.loads(held_session(home, SESSION, files)[-1])["unread"]
    assert waiting == {
        "id": 1, "list": 1, "file": "LIST", "sender": "NCSC", "kind": "c2", "line": 2, "column": "dst_ip",
        "text": "198.51.100.9?", "row": "203.0.113.5,198.51.100.9?", "rows": 1, "settled": None,
    }  # fmt: skip
