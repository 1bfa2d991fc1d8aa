"""Damage done to the text of a document as scanners, text layers and sites do it; nothing of the reader is used here.

Each damage takes the lines, the truth and a `random.Random`, returns lines, and sets to None (or changes) whatever the
damaged text no longer says. Unlike `congvan_generator`, which lays damage into the document as it writes it, this
works on any finished text.
"""

from __future__ import annotations

import random
import re
import unicodedata
from collections.abc import Callable

Truth = dict[str, object]
Damage = Callable[[list[str], Truth, random.Random], list[str]]

BANNERS = [
    "Trang chủ > Văn bản > Công nghệ thông tin", "Đăng nhập", "Tải về  In  Gửi thư", "Lượt xem: 1.204",
    "Chia sẻ: Facebook Zalo", "Hiệu lực: Đã biết", "Tiếng Việt | English",
]  # fmt: skip
RELATED = [
    "- 1 Luật Công nghệ thông tin 2006", "- 2 Luật Giao dịch điện tử 2005", "- 3 Luật An toàn thông tin mạng 2015",
]  # fmt: skip


def _plain(line: str) -> str:
    """The line without accents, in lower case, with single blanks."""
    bare = "".join(c for c in unicodedata.normalize("NFD", line) if not unicodedata.combining(c))
    return " ".join(bare.lower().strip("*").split())


def banner(lines: list[str], truth: Truth, rng: random.Random) -> list[str]:
    """What a site prints above and below."""
    return [*rng.sample(BANNERS, rng.randint(1, 4)), "", *lines, "", *rng.sample(BANNERS, 2)]


def related(lines: list[str], truth: Truth, rng: random.Random) -> list[str]:
    """A list of related laws above the header."""
    return [*RELATED[: rng.randint(1, 3)], *lines]


def one_break_per_word(lines: list[str], truth: Truth, rng: random.Random) -> list[str]:
    """Header lines broken after their first word, as narrow table cells are."""
    return [
        part for line in lines
        for part in (line.split(" ", 1) if line.isupper() and " " in line and rng.random() < 0.4 else [line])
    ]  # fmt: skip


def cell_bars(lines: list[str], truth: Truth, rng: random.Random) -> list[str]:
    """A bar alone on the line after a blank of the header, as tables come out of converters."""
    return [part for index, line in enumerate(lines) for part in ([line, "|"] if not line and index < 14 else [line])]


def no_blanks(lines: list[str], truth: Truth, rng: random.Random) -> list[str]:
    """All empty lines lost."""
    return [line for line in lines if line.strip()]


def double_blanks(lines: list[str], truth: Truth, rng: random.Random) -> list[str]:
    """Every line its own paragraph."""
    return [part for line in lines for part in (line, "", "")]


def decomposed(lines: list[str], truth: Truth, rng: random.Random) -> list[str]:
    """Accents as combining marks (NFD), as macOS and some PDF writers put them."""
    return [unicodedata.normalize("NFD", line) for line in lines]


def odd_blanks(lines: list[str], truth: Truth, rng: random.Random) -> list[str]:
    """Some blanks as no-break spaces, some doubled."""
    return [re.sub(" ", lambda _: rng.choice([" ", " ", " ", "\u00a0", "  "]), line) for line in lines]


def stars(lines: list[str], truth: Truth, rng: random.Random) -> list[str]:
    """Capitals and labels set bold in Markdown."""
    return [f"**{line}**" if line.isupper() or re.match(r"\d\. ", line) else line for line in lines]


def lost_number_line(lines: list[str], truth: Truth, rng: random.Random) -> list[str]:
    """The number line gone: nothing may be made up for it."""
    truth["number"] = truth["symbol"] = None
    return [line for line in lines if not _plain(line).startswith("so")]


def lost_date_line(lines: list[str], truth: Truth, rng: random.Random) -> list[str]:
    """The line of place and date gone."""
    truth["date"] = truth["place"] = None
    return [line for line in lines if not re.search(r", ngay .{1,40}\d$", _plain(line))]


def lost_motto(lines: list[str], truth: Truth, rng: random.Random) -> list[str]:
    """The national title gone."""
    return [line for line in lines if not re.search("chu nghia viet nam|hanh phuc", _plain(line))]


def typist(lines: list[str], truth: Truth, rng: random.Random) -> list[str]:
    """Blanks around the marks of number and date, as typed by hand."""
    spaced = [re.sub(r"^Số: (\d+)/", lambda match: f"Số : {match[1]} / ", line) for line in lines]
    return [line.replace(", ngày ", " , ngày  ") for line in spaced]


def confused_letters(lines: list[str], truth: Truth, rng: random.Random) -> list[str]:
    """Letters that recognition takes for others in capitals of the header (Ư for U, Ô for O)."""
    swaps = {"Ô": "O", "Ơ": "O", "Ư": "U", "Ă": "A", "Â": "A", "Ê": "E"}
    return [
        "".join(swaps.get(c, c) if rng.random() < 0.3 else c for c in line) if line.isupper() and not line.startswith("Số") else line  # noqa: E501  # test data
        for line in lines
    ]  # fmt: skip


def tail_cut(lines: list[str], truth: Truth, rng: random.Random) -> list[str]:
    """Only the opening left, as previews give it."""
    truth["signer"] = truth["recipients"] = None
    cut = max(index for index, line in enumerate(lines) if line.startswith(("1.", "Thực hiện", "Trước")))
    truth["labels"] = truth["references"] = "unknown"
    return lines[: cut + 1]


DAMAGES: dict[str, Damage] = {
    function.__name__: function
    for function in (
        banner, related, one_break_per_word, cell_bars, no_blanks, double_blanks, decomposed, odd_blanks, stars,
        lost_number_line, lost_date_line, lost_motto, typist, confused_letters, tail_cut,
    )
}  # fmt: skip
# Two of these together would leave nothing that makes a document of it.
_EXCLUSIVE = {"lost_number_line", "lost_motto", "lost_date_line"}


def spoil(text: str, truth: Truth, rng: random.Random, count: int) -> tuple[str, list[str]]:
    """The text after `count` random damages (at most one loss), and their names; `truth` is changed to match."""
    names = rng.sample(sorted(DAMAGES), count)
    losses = [name for name in names if name in _EXCLUSIVE]
    names = [name for name in names if name not in losses[1:]]
    lines = text.split("\n")
    for name in names:
        lines = DAMAGES[name](lines, truth, rng)
    return "\n".join(lines), names
