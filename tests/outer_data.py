"""Finds the real data kept outside the repository, or skips the test with the reason."""

import os
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[1]


def outer_data(relative: str) -> Path:
    """The path of one file or folder of the outer data; skips the calling test where it is absent."""
    root = Path(os.environ.get("VONGGAC_TEST_DATA", REPOSITORY.parent / "shared" / "data"))
    path = root / relative
    if not path.exists():
        pytest.skip(f"outer data absent: {relative} (set VONGGAC_TEST_DATA)")
    return path
