from datetime import UTC, datetime

import numpy as np
import pytest

from vonggac.errors import MappingNeeded
from vonggac.formats import networks_csv
from vonggac.formats.networks_csv import NetworksReading
from vonggac.kernel import networks
from vonggac.kernel.network_history import History


def read(text: str) -> NetworksReading:
    return networks_csv.read(text.encode(), "networks.csv")


def test_networks_and_their_organisations_are_read_by_name() -> None:
    reading = read('note,organisation,network\n,"Health, province",192.0.2.5/24\n,Hospital,2001:DB8::/32\n')
    assert reading.networks == ["192.0.2.0/24", "2001:db8::/32"]
    assert reading.organisations == ["Health, province", "Hospital"]


def test_rows_that_name_no_network_or_no_organisation_are_rejects() -> None:
    reading = read("network,organisation\nx,A\n192.0.2.0/24,\n192.0.2.0/24,B\n192.0.2.0/24,C\n192.0.2.0/24,B\n")
    assert reading.networks == ["192.0.2.0/24"]
    assert [(one.line, one.column) for one in reading.rejects] == [(2, "network"), (3, "organisation"), (5, "network")]
    assert "already belongs to B" in reading.rejects[2].reason


def test_each_block_holds_for_its_own_time_and_days_begin_in_vietnam() -> None:
    reading = read(
        "network,organisation,valid_from,valid_to\n"
        "192.0.2.0/24,A,,2024-04-14\n"
        "192.0.2.0/24,B,2024-04-14,\n"
        "192.0.2.0/24,C,2024-05-01T00:00:00Z,\n"
    )
    assert [(one.line, one.reason) for one in reading.rejects] == [(4, "the network already belongs to B")]
    history = reading.compile()
    assert isinstance(history, History)
    turn = int(datetime(2024, 4, 13, 17, tzinfo=UTC).timestamp())
    tables = [history.at(turn - 1), history.at(turn)]
    address = np.array([0xC0000205], np.uint32)
    assert [table.organisations[networks.owners(table, address)[0]] for table in tables] == ["A", "B"]


def test_a_table_without_the_two_columns_says_which_is_missing() -> None:
    with pytest.raises(MappingNeeded, match="organisation is missing"):
        read("network,name\n192.0.2.0/24,A\n")
    with pytest.raises(MappingNeeded, match="header"):
        read("192.0.2.0/24,A\n")
