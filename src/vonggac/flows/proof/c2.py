"""The C2s of a case's lists, and whether an address or a name is one of them."""

from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, IPv6Network

from vonggac.flows.proof.host_evidence import Address
from vonggac.formats.columns import split_address
from vonggac.formats.traffic_tables import normal_name

NAT64 = IPv6Network("64:ff9b::/96")


@dataclass(frozen=True, slots=True)
class C2:
    """The C2 addresses and names of all lists of a case's senders, in any spelling."""

    addresses: frozenset[str] = frozenset()
    names: frozenset[str] = frozenset()

    def normal(self) -> "C2":
        """Addresses in canonical form, names as they are compared; a name that is an address becomes one."""
        found = {text: address_of(text) for text in self.addresses | self.names}
        plain = {normal_name(text) for text in self.names if found[text] is None}
        return C2(frozenset(str(a) for a in found.values() if a is not None), frozenset(plain - {""}))

    def is_named(self, name: str) -> bool:
        """True when the name, in its normal form, is one of the names or a child of one."""
        labels = name.split(".")
        return any(".".join(labels[start:]) in self.names for start in range(len(labels)))


def address_of(text: str) -> Address | None:
    """The address that the text is, an IPv4 one where an IPv6 one only wraps it; None when it is none."""
    v4, v6 = split_address(text)
    if v4 is not None:
        return IPv4Address(v4)
    return unwrapped(IPv6Address(v6)) if v6 is not None else None


def unwrapped(address: Address) -> Address:
    """The IPv4 address that a flow through NAT64 leads to (RFC 6052, 2.1), any other address as it is."""
    return IPv4Address(int(address) & 0xFFFF_FFFF) if address in NAT64 else address


def wrapped(address: IPv4Address) -> IPv6Address:
    """As `unwrapped`, the other way."""
    return IPv6Address(int(NAT64.network_address) | int(address))
