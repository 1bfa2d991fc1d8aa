"""How much of an upload a reader accepts before it stops with `LimitExceeded`."""

from dataclasses import dataclass

MEBIBYTE = 1 << 20


@dataclass(frozen=True, slots=True)
class Limits:
    """The sizes above which a table is refused as a whole.

    The defaults let a national list through (120,000 rows are 30 MB in the widest report type) and keep one upload
    below a quarter of a laptop's memory. `expansion_ratio` is checked above `expansion_from_bytes` of unpacked size;
    real worksheets compress 5 to 25 times, a bomb a thousand.
    """

    content_bytes: int = 512 * MEBIBYTE
    rows: int = 5_000_000
    columns: int = 2_000
    cell_characters: int = 131_072
    expanded_bytes: int = 1_024 * MEBIBYTE
    expansion_ratio: int = 200
    expansion_from_bytes: int = MEBIBYTE
    members: int = 5_000


DEFAULT_LIMITS = Limits()
