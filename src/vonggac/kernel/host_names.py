"""Names of hosts as registers and DHCP logs write them: other letters, or a domain behind, may be the same host's.

named = HostNames([("máy-01", 1), ("MÁY-02.so.example", 2)])
named.meant("Máy-01.so.example") == {1}
"""

import unicodedata
from collections import defaultdict
from collections.abc import Hashable, Iterable
from typing import Generic, TypeVar

from vonggac.kernel import addresses

Key = TypeVar("Key", bound=Hashable)


def normal(name: str) -> str:
    """The name as it is compared: composed (NFC), without case, single blanks, no dot at its end."""
    composed = unicodedata.normalize("NFC", unicodedata.normalize("NFC", name).casefold())
    return " ".join(composed.split()).rstrip(".")


class HostNames(Generic[Key]):
    """Known hosts, asked which of them a name may mean."""

    def __init__(self, hosts: Iterable[tuple[str, Key]]) -> None:
        """(name, key) of each; several may have one name, and a host several names."""
        self._whole: dict[str, set[Key]] = defaultdict(set)
        self._below: dict[str, set[Key]] = defaultdict(set)  # by first label, of the names with a domain
        for name, key in hosts:
            whole = normal(name)
            self._whole[whole].add(key)
            if (label := _first_label(whole)) != whole:
                self._below[label].add(key)

    def meant(self, name: str) -> frozenset[Key]:
        """The hosts that the name may mean: those of this name, and where one of the two has no domain, of its label.

        An address means nobody but the host of this very name.
        """
        whole = normal(name)
        label = _first_label(whole)
        others = self._below if label == whole else self._whole
        return frozenset(self._whole.get(whole, set()) | others.get(label, set()))


def _first_label(name: str) -> str:
    return name if addresses.parse(name) is not None else name.partition(".")[0]
