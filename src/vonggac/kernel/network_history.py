"""Whose was an address at a time: blocks that change hands, compiled for each stretch of time that is asked for.

history = History.of(["192.0.2.0/24", "192.0.2.0/24"], ["A", "B"], begins=[ALWAYS, 14], ends=[14, EVER])
prefix = history.owners(addresses, moments)     # (n,) int32, −1 where nobody answers
[history.organisations[i] for i in prefix]
"""

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from vonggac.kernel import networks
from vonggac.kernel.addresses import Addresses
from vonggac.kernel.networks import NOBODY, Register

ALWAYS, EVER = int(np.iinfo(np.int64).min), int(np.iinfo(np.int64).max)
# A list speaks of few stretches; 100,000 blocks take some megabytes compiled.
_KEPT_TABLES = 8

Moments = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class History:
    """Blocks in force from `begins` until before `ends`, (n,) int64 each: days or seconds, the caller's choice.

    `borders` (b,) int64 ascending: the moments at which a block begins or ends.
    """

    networks: list[str]
    organisations: list[str]
    begins: Moments
    ends: Moments
    borders: Moments
    _tables: OrderedDict[int, Register] = field(default_factory=OrderedDict, compare=False, repr=False)

    @classmethod
    def of(
        cls,
        blocks: Sequence[str],
        organisations: Sequence[str],
        begins: Sequence[int] | Moments,
        ends: Sequence[int] | Moments,
    ) -> "History":
        """The history of canonical blocks; `ALWAYS` and `EVER` stand for no beginning and no end."""
        begins, ends = np.asarray(begins, np.int64), np.asarray(ends, np.int64)
        borders = np.unique(np.concatenate([begins[begins != ALWAYS], ends[ends != EVER]]))
        return cls(list(blocks), list(organisations), begins, ends, borders)

    def at(self, moment: int) -> Register:
        """The blocks in force at a moment, compiled once a stretch; a prefix index points into this history's lists."""
        return self._table(int(np.searchsorted(self.borders, moment, side="right")))

    def owners(self, addresses: Addresses, moments: Moments) -> NDArray[np.int32]:
        """(n,) int32: the index of the longest block around each address at its moment, −1 for nobody.

        One look-up for all at the commonest stretch, another only for those inside a block that changed since or until.
        """
        if not len(moments):
            return np.zeros(0, np.int32)
        stretches = np.searchsorted(self.borders, moments, side="right")
        usual = int(np.bincount(stretches).argmax())
        found = networks.owners_mixed(self._table(usual), addresses)
        others = np.flatnonzero(stretches != usual)
        if len(others):
            changed = self._among(self._is_changed(int(moments.min()), int(moments.max())))
            others = others[networks.owners_mixed(changed, addresses.take(others)) != NOBODY]
        for stretch in np.unique(stretches[others]).tolist():
            places = others[stretches[others] == stretch]
            found[places] = networks.owners_mixed(self._table(stretch), addresses.take(places))
        return found

    def _is_changed(self, after: int, until: int) -> NDArray[np.bool_]:
        return ((self.begins > after) & (self.begins <= until)) | ((self.ends > after) & (self.ends <= until))

    def _table(self, stretch: int) -> Register:
        if stretch not in self._tables:
            moment = self.borders[stretch - 1] if stretch else ALWAYS
            self._tables[stretch] = self._among((self.begins <= moment) & (moment < self.ends))
            while len(self._tables) > _KEPT_TABLES:
                self._tables.popitem(last=False)
        self._tables.move_to_end(stretch)
        return self._tables[stretch]

    def _among(self, is_meant: NDArray[np.bool_]) -> Register:
        places = np.flatnonzero(is_meant).astype(np.int32)
        part = networks.compile([self.networks[i] for i in places], [self.organisations[i] for i in places])
        back = np.append(places, np.int32(NOBODY))  # −1, for nobody, is the last place
        return replace(
            part,
            networks=self.networks,
            organisations=self.organisations,
            ipv4_owner=back[part.ipv4_owner],
            ipv6_owner=back[part.ipv6_owner],
        )
