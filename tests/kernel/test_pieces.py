from random import Random

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from vonggac.kernel import pieces


@given(st.binary(max_size=400), st.data())
def test_pieces_arrive_at_their_places_as_slicing_would_put_them(source: bytes, data: st.DataObject) -> None:
    cuts = st.tuples(st.integers(0, len(source)), st.integers(0, len(source)))
    spans = [sorted(cut) for cut in data.draw(st.lists(cuts, max_size=20))]
    wanted = [source[begin:end] for begin, end in spans]
    gaps = data.draw(st.lists(st.integers(0, 5), min_size=len(spans), max_size=len(spans)))
    expected = b"".join(b"." * gap + piece for gap, piece in zip(gaps, wanted, strict=True))

    lengths = np.array([len(piece) for piece in wanted], np.intp)
    places = np.cumsum(lengths + np.array(gaps, np.intp)) - lengths
    target = np.full(len(expected), ord("."), np.uint8)
    begins = np.array([begin for begin, _ in spans], np.intp)
    pieces.copy(np.frombuffer(source, np.uint8), begins, lengths, target, places)

    assert target.tobytes() == expected


def test_pieces_of_very_different_length_are_copied_whole() -> None:
    source = np.arange(100_000, dtype=np.int64).astype(np.uint8)
    lengths = np.array([0, 1, 3, 70_000, 64, 65, 2], np.intp)
    places = np.cumsum(lengths) - lengths
    target = np.zeros(int(lengths.sum()), np.uint8)
    pieces.copy(source, np.arange(7) * 11, lengths, target, places)
    assert target.tobytes() == b"".join(
        source[11 * n : 11 * n + length].tobytes() for n, length in enumerate(lengths.tolist())
    )


COLUMN = st.lists(st.one_of(st.binary(max_size=5), st.binary(max_size=200)).map(lambda text: text + b"."), min_size=1)


@given(st.lists(COLUMN, min_size=1, max_size=6), st.integers(0, 30), st.randoms(use_true_random=False))
def test_columns_are_joined_row_by_row(columns: list[list[bytes]], rows: int, random: Random) -> None:
    numbers = [[random.randrange(len(texts)) for _ in range(rows)] for texts in columns]
    joined = pieces.join(
        [(pieces.Repeated(texts), np.array(chosen, np.intp)) for texts, chosen in zip(columns, numbers, strict=True)]
    )
    assert joined.tobytes() == b"".join(
        texts[chosen[row]] for row in range(rows) for texts, chosen in zip(columns, numbers, strict=True)
    )
