"""What `vonggac up` refuses before it makes anything."""

import socket

import pytest
from click.testing import CliRunner

from vonggac.cli.__main__ import vonggac
from vonggac.errors import ConfigurationError


@pytest.mark.parametrize("more", [[], ["--exercise"]])
def test_a_port_that_is_taken_is_refused_before_a_home_is_made(tmp_path, monkeypatch, more):
    home = tmp_path / "home"
    # Both are set by the command for the processes that it starts.
    monkeypatch.setenv("VONGGAC_ORIGIN", "")
    monkeypatch.setenv("VONGGAC_HOME", str(home))
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        result = CliRunner().invoke(vonggac, ["up", "--home", str(home), "--port", port, *more])
    assert isinstance(result.exception, ConfigurationError)
    assert f"127.0.0.1:{port}" in str(result.exception)
    assert not home.exists()
