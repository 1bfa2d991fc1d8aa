"""A throwaway desk is nobody else's to stop."""

import subprocess
import sys

import pytest

LOOK = """
from vonggac.server import opening, postgres
from vonggac.server.throwaway import throwaway

with throwaway() as home:
    cluster = postgres.cluster_of(home)
    with opening.served(home):
        pass
    print(cluster.is_running())
print(cluster.is_running())
"""


@pytest.mark.slow
def test_a_command_that_ends_leaves_the_server_of_a_throwaway_desk_up():
    seen = subprocess.run([sys.executable, "-c", LOOK], capture_output=True, text=True, timeout=120, check=True)
    assert seen.stdout.split() == ["True", "False"]
