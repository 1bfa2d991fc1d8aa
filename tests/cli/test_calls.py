"""Calls from the shell, on a desk of its own: policies as a file, answering, addresses, a look ahead."""

import json
import subprocess

import pytest

from tests.cli.test_token import home, run, set_up  # noqa: F401  the same desk
from vonggac.server.home import Home

POLICIES = """[[policy]]
organisation = "so"
name = "Ban đêm"
[[policy.steps]]
call = "head"
wait_minutes = 10
"""


def done(at: Home, *words: str) -> subprocess.CompletedProcess:
    became = run(at, *words)
    assert became.returncode == 0, became.stderr
    return became


@pytest.mark.database
def test_calls_are_tended_from_the_shell(home, tmp_path):  # noqa: F811
    set_up(home)
    file = tmp_path / "policies.toml"
    file.write_text(POLICIES, encoding="utf-8")
    assert "1 policies would be kept" in done(home, "escalation", "policy", "import", str(file), "--dry-run").stdout
    assert done(home, "escalation", "policy", "list").stdout == ""
    assert "1 policies kept, 0 were so already" in done(home, "escalation", "policy", "import", str(file)).stdout
    assert "0 policies kept, 1 were so already" in done(home, "escalation", "policy", "import", str(file)).stdout
    listed = json.loads(done(home, "escalation", "policy", "list", "--json").stdout)
    assert (listed["name"], listed["steps"]) == ("Ban đêm", ["head 10"])
    assert 'call = "head"' in done(home, "escalation", "policy", "export").stdout
    assert "Hà" in done(home, "escalation", "policy", "who", "--policy", str(listed["id"])).stdout
    assert run(home, "escalation", "policy", "who", "--policy", "99").returncode == 1

    made = done(home, "escalation", "call", "Mất điện phòng máy").stdout.split()
    number = made[0]
    assert "calling" in made
    open_one = json.loads(done(home, "escalation", "list", "--json").stdout)
    assert (open_one["reason"], open_one["state"]) == ("call", "calling")
    assert "taken" in done(home, "escalation", "acknowledge", number, "--as", "ha@example.vn").stdout
    assert "đang gọi" in done(home, "escalation", "note", number, "--text", "đang gọi điện lực").stdout
    shown = done(home, "escalation", "show", number).stdout
    assert "Mất điện phòng máy" in shown
    assert "escalation.acknowledge" in shown
    assert "ended" in done(home, "escalation", "end", number, "--why", "có điện lại").stdout
    assert done(home, "escalation", "list").stdout == ""
    assert "ended" in done(home, "escalation", "list", "--all").stdout
    assert run(home, "escalation", "end", number, "--why", "lần nữa").returncode == 1
    assert run(home, "escalation", "call", "x", "--post", "không có").returncode == 1

    assert done(home, "escalation", "preflight").stdout == "", "no roster yet, so nothing can fail"
    assert "not tested yet" in done(home, "notify", "add", "ha@example.vn", "ha.rieng@example.vn").stdout
    kept = json.loads(done(home, "notify", "list", "--json").stdout)
    assert (kept["person"], kept["channel"], kept["tested"]) == ("ha@example.vn", "mail", None)
    assert run(home, "notify", "add", "khong@example.vn", "x@example.vn").returncode == 1
    assert run(home, "notify", "add", "ha@example.vn", "0912", "--channel", "SMS").returncode == 1
    assert done(home, "notify", "channels").stdout == ""
    assert run(home, "notify", "try", "SMS", "0912345678").returncode == 1
