"""Chats and push services through Apprise, an extra: Telegram, Zalo, Mattermost, Teams, ntfy and a hundred more."""

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from typing import Any

from vonggac.duty.channels import templates, vault
from vonggac.duty.channels.destinations import Allowed
from vonggac.duty.delivery import Failure, Fault
from vonggac.errors import InputError

SECONDS, LONGEST_SAID = 20, 400
# What a child needs to find its libraries; no password of the desk goes along.
PASSED_ON = ("PATH", "LANG", "LC_ALL", "PYTHONPATH", "SSL_CERT_FILE", "SSL_CERT_DIR", "VIRTUAL_ENV")


def check(address: str, secrets: Mapping[str, str]) -> None:
    """Raise InputError unless Apprise understands the address; nothing is sent."""
    values = {**dict.fromkeys(templates.PLACES, "1"), **_named(secrets)}
    became = _run({"url": templates.filled(address, values, "address"), "is_check": True, "allowed": []})
    if became.get("refused"):
        raise InputError(vault.hidden(str(became["refused"]), secrets))


def send(
    address: str, values: Mapping[str, str], secrets: Mapping[str, str], *, allowed: Allowed = ()
) -> Failure | None:
    """None when the service of an Apprise address took the message."""
    try:
        url = templates.filled(address, {**values, **_named(secrets)}, "address")
        words = {"title": values["subject"], "body": values["body"]}
        became = _run({"url": url, **words, "allowed": list(allowed), "is_check": False})
    except InputError as error:
        return Failure(Fault.LETTER, vault.hidden(str(error), secrets), is_final=True)
    except (OSError, ValueError, subprocess.TimeoutExpired) as error:
        return Failure(Fault.SERVER, f"Apprise: {type(error).__name__}", is_outage=True)
    if became.get("refused"):
        return Failure(Fault.LETTER, vault.hidden(str(became["refused"]), secrets), is_final=True)
    if became["sent"]:
        return None
    # Cut behind the secrets: the half of one would be known by nothing.
    said = " ".join(vault.hidden(str(became.get("said", "")), secrets).split())[-LONGEST_SAID:]
    return Failure(Fault.SERVER, f"Apprise: {said}")


def _named(secrets: Mapping[str, str]) -> dict[str, str]:
    return {f"secret:{name}": value for name, value in secrets.items()}


def _run(order: dict[str, Any]) -> dict[str, Any]:
    environment = {name: os.environ[name] for name in PASSED_ON if name in os.environ}
    done = subprocess.run(
        [sys.executable, "-m", "vonggac.duty.channels.apprise_child"],
        input=json.dumps(order), capture_output=True, text=True, timeout=SECONDS, check=False, env=environment,
    )  # fmt: skip
    if done.returncode:
        raise OSError(f"the child ended with status {done.returncode}")
    became = dict(json.loads(done.stdout))
    if became.get("is_missing"):
        raise InputError("Apprise is not installed on the desk's machine; install it there with `./vg install apprise`")
    return became
