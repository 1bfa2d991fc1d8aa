"""Digits become numbers, and nothing else does."""

import pytest

from vonggac.kernel.numbers import LARGEST, whole_number


@pytest.mark.parametrize(("text", "number"), [("0", 0), ("17", 17), ("007", 7), (str(LARGEST), LARGEST)])
def test_digits_are_read(text, number):
    assert whole_number(text) == number


@pytest.mark.parametrize("text", ["", " 1", "-1", "+1", "1.0", "²", "٣", "1_000", "0x1", str(LARGEST + 1), "9" * 5_000])
def test_anything_else_is_none(text):
    assert whole_number(text) is None
