"""The addresses that the rows of a botnet list name, and the rows that name none as rejects."""

import re
from collections.abc import Mapping, Sequence

from vonggac.formats import botnet_columns
from vonggac.formats.botnet_cells import NOTHING, ListCells
from vonggac.formats.records import Reject
from vonggac.formats.tables import LINE_MARK
from vonggac.kernel import addresses
from vonggac.kernel.addresses import Addresses

# An address in the column of addresses may be written as what runs there: `http://203.0.113.11/`.
_URL_AROUND = re.compile(r"(?:h\w{2}ps?|tcp|udp|ftp)\[?:\]?//(?:[^/@\s]*@)?([^/?#\s]+)", re.IGNORECASE)
_NETWORK = re.compile(r"[0-9a-f.:\[\]]+\s?/\s?\d{1,3}", re.IGNORECASE)


def read(
    cells: ListCells, rejects: list[Reject], meant: Mapping[int, Sequence[str]]
) -> tuple[Addresses, dict[int, int], list[int] | None]:
    """Addresses of the kept rows, ports written behind them, and the kept rows' places (None: all of them).

    A row that names an address in each of several columns, or that means several, is kept once for each.
    """
    if len(cells.columns("address")) > 1:
        return _read_columns(cells, rejects, meant)
    if (spot := cells.grid("address")) is not None:
        ipv4, is_plain = spot[0].ipv4(spot[1])
        if is_plain.all():
            return addresses.from_ipv4(ipv4), {}, None
        texts = [text.strip() for text in spot[0].column(spot[1])]
    else:
        texts = [text or "" for text in cells.raw("address") or ()]
        plain = addresses.parse_ipv4_column(texts)
        if plain is not None:
            return addresses.from_ipv4(plain), {}, None
    known = {text: _read_address(text, _has_remarks(cells)) for text in dict.fromkeys(texts)}
    packed: list[bytes] = []
    ports: dict[int, int] = {}
    kept: list[int] = []
    for place, text in enumerate(texts):
        parsed = known[text]
        found = _meant(cells, place, meant) if parsed is None else (parsed,)
        if not found:
            rejects.append(_reject(cells, place, text))
        for one in found:
            if one.port is not None:
                ports[len(kept)] = one.port
            packed.append(one.packed)
            kept.append(place)
    return addresses.from_packed(packed), ports, kept


def _meant(cells: ListCells, place: int, meant: Mapping[int, Sequence[str]]) -> list[addresses.Parsed]:
    """The addresses that a person found to be meant in the row, none where nobody did."""
    texts = meant.get(cells.table.line_numbers[place], ())
    return [parsed for text in texts if (parsed := addresses.parse(text)) is not None]


def _read_columns(
    cells: ListCells, rejects: list[Reject], meant: Mapping[int, Sequence[str]]
) -> tuple[Addresses, dict[int, int], list[int] | None]:
    """As `read`, of several columns; a row is a reject only where none of them holds an address."""
    columns = [cells.stripped(place) for place in cells.columns("address")]
    known = {text: _read_address(text, _has_remarks(cells)) for column in columns for text in column.values if text}
    packed: list[bytes] = []
    ports: dict[int, int] = {}
    kept: list[int] = []
    for place in range(len(cells.table.rows)):
        given = list(dict.fromkeys(text for column in columns if (text := column[place])))
        read = [(text, known[text]) for text in given]
        # Two spellings of one address are one row.
        found = {parsed.packed: parsed for _, parsed in read if parsed is not None}
        found = found or {parsed.packed: parsed for parsed in _meant(cells, place, meant)}
        if not found:
            rejects.append(_reject(cells, place, given[0] if given else ""))
        for text in (text for text, parsed in read if found and parsed is None and text.lower() not in NOTHING):
            cells.warn("address", place, "is not an IPv4 or IPv6 address", text)
        for parsed in found.values():
            if parsed.port is not None:
                ports[len(kept)] = parsed.port
            packed.append(parsed.packed)
            kept.append(place)
    return addresses.from_packed(packed), ports, kept


def _has_remarks(cells: ListCells) -> bool:
    """True for a list of bare lines, also one of whose lines has a separator somewhere."""
    return cells.table.separator is None or not cells.table.has_header


def _read_address(text: str, is_plain_list: bool) -> addresses.Parsed | None:
    """The cell's address; in a list of bare lines bullets and remarks may stand around it."""
    parsed = addresses.parse(text)
    if parsed is None and (around := _URL_AROUND.match(text)):
        return addresses.parse(around[1])
    if parsed is None and is_plain_list and not _NETWORK.match(LINE_MARK.sub("", text, count=1)):
        return botnet_columns.parse_line(text)
    return parsed


def _reject(cells: ListCells, place: int, text: str) -> Reject:
    column = cells.mapping.columns["address"][0]
    if not text:
        reason = "the row has no address"
    elif _NETWORK.fullmatch(text):
        reason = "is a network, not one address"
    else:
        reason = "is not an IPv4 or IPv6 address"
    return Reject(cells.table.line_numbers[place], column, reason, cells.row_text(place))
