"""A process of its own that hands one message to Apprise: a JSON object on its input, one on its output.

Apprise opens its connections itself, in more than a hundred plug-ins. Here every one of them goes through a socket that
judges the address it is about to reach, and redirects are not followed; nothing of that touches the desk's own process.
"""

import json
import socket
import sys
from collections.abc import Iterable
from typing import Any

from vonggac.duty.channels import destinations

# Plug-ins that reach this machine, or that run what a file says.
LOCAL = frozenset({"dbus", "glib", "gnome", "kde", "macosx", "qt", "windows", "syslog", "custom"})
GUARDED_METHODS = ("connect", "connect_ex")


def main() -> None:
    """Send what stands on the input, and print what became of it."""
    order = json.load(sys.stdin)
    guard(order["allowed"])
    sys.stdout.write(json.dumps(send(order)))


def guard(allowed: Iterable[str]) -> None:
    """Let this process reach public addresses and the hosts that the operator named, and nothing else."""
    named = _addresses(allowed)

    class Guarded(socket.socket):
        def connect(self, address: Any) -> None:
            _judge(address, named)
            super().connect(address)

        def connect_ex(self, address: Any) -> int:
            _judge(address, named)
            return super().connect_ex(address)

        def sendto(self, data: Any, *rest: Any) -> int:
            _judge(rest[-1], named)
            return super().sendto(data, *rest)

    socket.socket = Guarded  # type: ignore[misc]


def _addresses(allowed: Iterable[str]) -> set[tuple[str, int | None]]:
    """(address, port or None for all) of the named hosts, as they resolve before anything else may."""
    found: set[tuple[str, int | None]] = set()
    for name in allowed:
        host, _, port = name.rpartition(":") if name.rpartition(":")[2].isdigit() else (name, "", "")
        try:
            infos = socket.getaddrinfo(host, None)
        except OSError:
            continue
        found |= {(str(info[4][0]), int(port) if port else None) for info in infos}
    return found


def _judge(address: Any, named: set[tuple[str, int | None]]) -> None:
    if not isinstance(address, tuple):
        raise PermissionError("connections on this machine are not allowed")
    host, port = str(address[0]), int(address[1])
    # A name is resolved here and now, so that what is judged is what is reached.
    for info in socket.getaddrinfo(host, port):
        place = str(info[4][0])
        if not ({(place, None), (place, port)} & named or destinations.is_public(place)):
            raise PermissionError(f"{place} is an address inside a network; the operator has to allow the host by name")


def send(order: dict[str, Any]) -> dict[str, Any]:
    """What became of it: `sent`, and the last words of the plug-in where it failed."""
    import logging  # noqa: PLC0415
    from io import StringIO  # noqa: PLC0415

    try:
        import apprise  # noqa: PLC0415
        import requests  # noqa: PLC0415
    except ImportError:
        return {"sent": False, "refused": "Apprise is not installed on this machine: pip install 'vonggac[apprise]'"}
    requests.Session.resolve_redirects = lambda *_, **__: iter(())  # type: ignore[assignment, method-assign]
    said = StringIO()
    logging.getLogger("apprise").addHandler(logging.StreamHandler(said))
    asset = apprise.AppriseAsset(secure_logging=True, plugin_paths=[], storage_mode=apprise.PersistentStoreMode.MEMORY)
    plugin = apprise.Apprise.instantiate(order["url"], asset=asset)
    if plugin is None:
        return {"sent": False, "refused": "Apprise does not understand this address"}
    if type(plugin).__module__.split(".")[2] in LOCAL:
        return {"sent": False, "refused": "this kind of address stays on this machine"}
    if order["is_check"]:
        return {"sent": False}
    sent = plugin.notify(body=order["body"], title=order["title"], body_format=apprise.NotifyFormat.TEXT)
    return {"sent": bool(sent), "said": said.getvalue()[-400:]}


if __name__ == "__main__":
    main()
