"""Where the desk may connect to on behalf of a configuration: public addresses, and the hosts its operator named.

A gateway's address is entered by a person and may be changed by whoever answers for its name. So names are resolved
here, every address is judged, and the connection goes to the judged address itself: a name that answers differently the
second time (DNS rebinding) gains nothing. Redirects are never followed. No Django: the child that runs Apprise uses it.
"""

import contextlib
import socket
import threading
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from urllib.parse import urlsplit

from vonggac.errors import InputError, Refused

# Addresses that `is_global` calls public and that lead to machines beside or inside ours.
_INNER = tuple(
    ip_network(block)
    for block in (
        "168.63.129.16/32",  # Azure's own services on every virtual machine
        "192.88.99.0/24",  # relays of 6to4
        "::/96",  # IPv4 in IPv6, deprecated form
        "2001::/32",  # Teredo
        "64:ff9b:1::/48",  # NAT64 of the local network
        "fec0::/10",  # site-local, deprecated
    )
)
_NAT64 = ip_network("64:ff9b::/96")
_SIX_TO_FOUR = ip_network("2002::/16")
Allowed = Collection[str]


@dataclass(frozen=True, slots=True)
class Destination:
    """Scheme, host and port of an address that may be connected to."""

    scheme: str
    host: str
    port: int


def is_public(text: str) -> bool:
    """True when an IP address is one of the internet's: not private, loopback, link-local, metadata or a way there."""
    address: IPv4Address | IPv6Address = ip_address(text.partition("%")[0])
    if isinstance(address, IPv6Address):
        inner = _embedded(address)
        if inner is not None:
            return is_public(str(inner))
    if any(address in block for block in _INNER if block.version == address.version):
        return False
    return address.is_global and not address.is_multicast and not address.is_reserved


def _embedded(address: IPv6Address) -> IPv4Address | None:
    """The IPv4 address that an IPv6 address is another spelling of or leads to."""
    if address.ipv4_mapped is not None:
        return address.ipv4_mapped
    if address in _NAT64:
        return IPv4Address(int(address) & 0xFFFFFFFF)
    return address.sixtofour if address in _SIX_TO_FOUR else None


def parsed(url: str, *, allowed: Allowed = ()) -> Destination:
    """The destination of an address; InputError unless it is https to a plain host, or http to one that is allowed."""
    try:
        parts = urlsplit(url)
        host, port = (parts.hostname or "").lower(), parts.port or (80 if parts.scheme == "http" else 443)
    except ValueError:
        raise InputError(f"{url!r} is no address; write it as https://host/path") from None
    if parts.scheme not in {"http", "https"} or not host:
        raise InputError("the address begins with https:// and a host")
    if parts.username is not None or parts.password is not None:
        raise InputError("keys do not stand in the address; enter them as secrets")
    if parts.scheme == "http" and not is_allowed(host, port, allowed):
        raise InputError(
            "http is not encrypted; use https, or have whoever runs the desk allow the host: "
            f"VONGGAC_PRIVATE_DESTINATIONS={host}"
        )
    if _is_inner_number(host) and not is_allowed(host, port, allowed):
        raise InputError(
            f"{host} is an address inside a network; whoever runs the desk allows it by "
            f"VONGGAC_PRIVATE_DESTINATIONS={host}"
        )
    return Destination(parts.scheme, host, port)


def _is_inner_number(host: str) -> bool:
    """True for an address written in numbers that is refused whenever it is connected to; names are judged then."""
    try:
        return not is_public(host)
    except ValueError:
        return False


def is_allowed(host: str, port: int, allowed: Allowed) -> bool:
    """True when the operator named this host, with this port or with none."""
    return host in allowed or f"{host}:{port}" in allowed


def connected(host: str, port: int, *, timeout_seconds: float, allowed: Allowed = ()) -> socket.socket:
    """A connection to a host whose every address is public; Refused otherwise, OSError when nobody answers.

    A host that the operator named may be anywhere.
    """
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    if not is_allowed(host.lower(), port, allowed):
        inner = next((info[4][0] for info in found if not is_public(str(info[4][0]))), None)
        if inner is not None:
            raise Refused(
                f"{host} is at {inner}, an address inside a network; whoever runs the desk allows it by "
                f"VONGGAC_PRIVATE_DESTINATIONS={host}"
            )
    failure: OSError = OSError(f"{host} has no address")
    for family, kind, protocol, _, place in found:
        link = socket.socket(family, kind, protocol)
        link.settimeout(timeout_seconds)
        try:
            link.connect(place)
        except OSError as error:
            link.close()
            failure = error
        else:
            return link
    raise failure


@contextlib.contextmanager
def cut_after(link: socket.socket, seconds: float) -> Iterator[None]:
    """The connection is cut when the work inside has taken so long: a timeout bounds each answer, not their number."""

    def cut() -> None:
        with contextlib.suppress(OSError):
            link.shutdown(socket.SHUT_RDWR)

    timer = threading.Timer(seconds, cut)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
