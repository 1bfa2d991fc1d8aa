"""The fixed words that the reader matches against, handed in by the caller: types, bodies, symbols, places, days."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from vonggac.kernel.text import fold, squash


@dataclass(frozen=True)
class Vocabulary:
    """Types of documents, bodies by symbol, places and named days, with the look-ups the reader needs.

    kinds: title → kind ("Kế hoạch" → "ke_hoach"); type_symbols: abbreviation → kind ("KH" → "ke_hoach");
    bodies: symbol → name; aliases: other spelling → name; cities, provinces: names; events: words → "MM-DD".
    """

    kinds: Mapping[str, str]
    type_symbols: Mapping[str, str]
    bodies: Mapping[str, str]
    aliases: Mapping[str, str]
    cities: frozenset[str]
    provinces: frozenset[str]
    events: Mapping[str, str]

    @classmethod
    def from_mapping(cls, pack: Mapping[str, Any]) -> "Vocabulary":
        """The vocabulary of a data pack with the tables `types`, `bodies`, `aliases`, `places` and `events`."""
        types = pack["types"]
        return cls(
            kinds={entry["title"]: entry["kind"] for entry in types},
            type_symbols={symbol: entry["kind"] for entry in types for symbol in entry["symbols"]},
            bodies=dict(pack["bodies"]),
            aliases=dict(pack["aliases"]),
            cities=frozenset(pack["places"]["cities"]),
            provinces=frozenset(pack["places"]["provinces"]),
            events=dict(pack["events"]),
        )

    @cached_property
    def names(self) -> dict[str, str]:
        """Squashed spelling → official name, of every body and alias, longest spelling first."""
        pairs = {squash(name): name for name in self.bodies.values()}
        pairs |= {squash(spelling): name for spelling, name in self.aliases.items()}
        return dict(sorted(pairs.items(), key=lambda pair: -len(pair[0])))

    @cached_property
    def places(self) -> dict[str, str]:
        """Squashed name → name, of every city and province, longest first."""
        every = sorted(self.cities | self.provinces, key=lambda name: -len(name))
        return {squash(name): name for name in every}

    @cached_property
    def kind_of_symbol(self) -> dict[str, str]:
        """Folded type abbreviation → kind; abbreviations that fold alike (QĐ, QyĐ) stay apart."""
        return {fold(symbol): kind for symbol, kind in self.type_symbols.items()}

    def level_of(self, place: str) -> str | None:
        """`thành phố` or `tỉnh` for a place of the first level, None for any other."""
        name = self.places.get(squash(place).removeprefix("tp").removeprefix("thanhpho"))
        if name is None:
            return None
        return "thành phố" if name in self.cities else "tỉnh"
