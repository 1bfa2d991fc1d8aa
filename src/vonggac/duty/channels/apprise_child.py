"""A process of its own that hands one message to Apprise: a JSON object on its input, one on its output.

Apprise opens its connections itself, in more than a hundred plug-ins. Here every one of them goes through a socket that
judges the address it is about to reach, and redirects are not followed; nothing of that touches the desk's own process.
"""

import json
import socket
import sys
from collections.abc import Iterable
from typing import Any, TypeAlias

from vonggac.duty.channels import destinations

# Plug-ins that reach this machine, or that run what a file says.
LOCAL = frozenset({"dbus", "glib", "gnome", "kde", "macosx", "qt", "windows", "syslog", "custom"})
WATCHED = frozenset({"socket.connect", "socket.sendto", "socket.sendmsg"})
MOST_SAID = 20_000
ON_THIS_MACHINE = "connections on this machine are not allowed"
# (address, port or None for all)
Named: TypeAlias = set[tuple[str, int | None]]


def main() -> None:
    """Send what stands on the input, and print what became of it."""
    order = json.load(sys.stdin)
    guard(order["allowed"])
    sys.stdout.write(json.dumps(send(order)))


def guard(allowed: Iterable[str]) -> None:
    """Let this process reach public addresses and the hosts that the operator named, and nothing else.

    Names are resolved here, once, and the connection goes to the address that was judged. Under that an audit hook
    sees every connection of every kind of socket, and lets through judged addresses alone.
    """
    named = _addresses(allowed)

    class Guarded(socket.socket):
        def connect(self, address: Any) -> None:
            super().connect(_resolved(address, self.family, named))

        def connect_ex(self, address: Any) -> int:
            return super().connect_ex(_resolved(address, self.family, named))

        def sendto(self, data: Any, *rest: Any) -> int:
            *flags, address = rest
            return super().sendto(data, int(flags[0]) if flags else 0, _resolved(address, self.family, named))

    socket.socket = Guarded  # type: ignore[misc]
    sys.addaudithook(lambda event, given: _judge(given[1], named) if event in WATCHED else None)


def _addresses(allowed: Iterable[str]) -> Named:
    """The addresses of the named hosts, as they resolve before anything else may."""
    found: Named = set()
    for name in allowed:
        host, _, port = name.rpartition(":") if name.rpartition(":")[2].isdigit() else (name, "", "")
        try:
            infos = socket.getaddrinfo(host, None)
        except OSError:
            continue
        found |= {(str(info[4][0]), int(port) if port else None) for info in infos}
    return found


def _resolved(address: Any, family: int, named: Named) -> Any:
    """The address with its name resolved, every answer judged: a name that later answers otherwise gains nothing."""
    if not isinstance(address, tuple):
        raise PermissionError(ON_THIS_MACHINE)
    found = [info[4] for info in socket.getaddrinfo(str(address[0]), int(address[1]), family)]
    for place in found:
        _judge(place, named)
    return found[0]


def _judge(address: Any, named: Named) -> None:
    """Raise PermissionError unless this is a numeric address that may be reached."""
    if address is None:
        return  # a message on a connection that was judged when it was made
    if not isinstance(address, tuple):
        raise PermissionError(ON_THIS_MACHINE)
    place, port = str(address[0]), int(address[1])
    try:
        may_be_reached = bool({(place, None), (place, port)} & named) or destinations.is_public(place)
    except ValueError:
        raise PermissionError(f"{place} is a name that was not resolved here") from None
    if not may_be_reached:
        raise PermissionError(
            f"{place} is an address inside a network; whoever runs the desk allows its host in "
            "VONGGAC_PRIVATE_DESTINATIONS"
        )


def send(order: dict[str, Any]) -> dict[str, Any]:
    """What became of it: `sent`, and the last words of the plug-in where it failed."""
    import logging  # noqa: PLC0415
    from io import StringIO  # noqa: PLC0415

    try:
        import apprise  # noqa: PLC0415
        import requests  # noqa: PLC0415
    except ImportError:
        return {"sent": False, "is_missing": True}
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
    return {"sent": bool(sent), "said": said.getvalue()[-MOST_SAID:]}


if __name__ == "__main__":
    main()
