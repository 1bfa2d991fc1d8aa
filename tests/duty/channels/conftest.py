"""A provider of short messages on this machine."""

from collections.abc import Iterator

import pytest

from tests.duty.http_gateway import HttpGateway


@pytest.fixture
def provider() -> Iterator[HttpGateway]:
    made = HttpGateway()
    yield made
    made.close()
