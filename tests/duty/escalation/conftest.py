"""The watch that escalations call."""

import pytest

from tests.duty import watch
from tests.duty.watch import Watch


@pytest.fixture
def duty(db) -> Watch:
    """The province's watch at noon."""
    return watch.keep()
