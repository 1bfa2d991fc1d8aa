"""Bit flips, cuts, splices and doubled stretches of real bytes, from a seed."""

import random


def damaged(content: bytes, chance: random.Random) -> bytes:
    """The content after one to six kinds of harm."""
    data = bytearray(content)
    for _ in range(chance.randint(1, 6)):
        if not data:
            break
        place, length = chance.randrange(len(data)), chance.randint(1, 40)
        kind = chance.randrange(6)
        if kind == 0:
            data[place] ^= 1 << chance.randrange(8)
        elif kind == 1:
            del data[place : place + length]
        elif kind == 2:
            data[place:place] = data[chance.randrange(len(data)) :][:length]
        elif kind == 3:
            data[place:place] = bytes(chance.randrange(256) for _ in range(length))
        elif kind == 4:
            data[place:place] = chance.choice((b"\x00", b"\r\n", b'"', b"{", b"]", b"\\", b"\xff\xfe", b"1e999", b"<"))
        else:
            data = data[:place] or data
    return bytes(data)
