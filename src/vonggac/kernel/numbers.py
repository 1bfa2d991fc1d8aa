"""Numbers as people and programs write them into addresses and forms."""

# What a database's bigint holds.
LARGEST = 2**63 - 1


def whole_number(text: str) -> int | None:
    """The number that ASCII digits alone spell, at most 2^63 - 1; None for anything else.

    `str.isdigit` is true of "²" too, which `int` then refuses.
    """
    if not (text.isascii() and text.isdigit() and len(text) <= len(str(LARGEST))):
        return None
    number = int(text)
    return number if number <= LARGEST else None
