import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from vonggac.kernel import name_set
from vonggac.kernel.name_set import NameSet

LABELS = st.sampled_from(["a", "b", "evil", "xn--vit-5kz", "x" * 63, "vn", "com", "-", "_dmarc"])
NAMES = st.lists(LABELS, min_size=1, max_size=5).map(".".join)
TEXTS = st.lists(NAMES | st.sampled_from(["", ".", "a..b", "evil.", ".evil", "evil-com"]), max_size=3).map(" ".join)


def matches(listed: list[str], texts: list[str]) -> list[tuple[int, int]]:
    encoded = [text.encode() for text in texts]
    offsets = np.append(0, np.cumsum([len(one) for one in encoded])).astype(np.int64)
    found = NameSet.of(listed).matches(np.frombuffer(b"".join(encoded), np.uint8), offsets)
    return list(zip(*(one.tolist() for one in found), strict=True))


def expected(listed: list[str], texts: list[str]) -> set[tuple[int, int]]:
    first = {name: place for place, name in reversed(list(enumerate(listed)))}
    return {
        (row, place)
        for row, text in enumerate(texts)
        for name in text.split(" ")
        for place in [first[one] for one in first if name == one or name.endswith(f".{one}")]
    }


@given(st.lists(NAMES, max_size=8), st.lists(TEXTS, max_size=12))
@example(["evil"], ["", "", "evil", ""])
@example(["a.b"], ["a.b a.b", "x.a.b b", "aa.b"])
def test_the_matches_are_those_of_comparing_every_name_with_every_suffix(listed: list[str], texts: list[str]) -> None:
    found = matches(listed, texts)
    assert set(found) == expected(listed, texts)
    assert len(found) == len(set(found))
    assert [row for row, _ in found] == sorted(row for row, _ in found)


@pytest.mark.parametrize("size", [1, 7, 40])
def test_parts_do_not_cut_names(size: int, monkeypatch: pytest.MonkeyPatch) -> None:
    listed = ["evil.example", "example", "b.evil.example"]
    texts = ["a.b.evil.example", "evil.example x.example", "other", "", "b.evil.example"] * 9
    whole = matches(listed, texts)
    monkeypatch.setattr(name_set, "_CHUNK_BYTES", size)
    assert matches(listed, texts) == whole
    assert set(whole) == expected(listed, texts)


def test_names_of_one_hash_are_told_apart_by_their_bytes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(name_set, "_hashes", lambda _, starts, __: np.full(len(starts), 7, np.uint64))
    assert matches(["a.b", "c.d"], ["x.a.b", "c.d", "e.f"]) == [(0, 0), (1, 1)]


def test_an_empty_set_matches_nothing() -> None:
    assert matches([], ["a.b"]) == []
    assert matches(["a.b"], []) == []
    assert len(NameSet.of(["a", "b", "a"])) == 2
