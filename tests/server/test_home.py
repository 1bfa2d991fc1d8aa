"""The home folder."""

import stat

import pytest

from vonggac.server.home import Home, default_path, write_secret


def mode(path):
    return stat.S_IMODE(path.stat().st_mode)


def test_the_environment_names_the_home(tmp_path):
    assert default_path({"VONGGAC_HOME": str(tmp_path)}) == tmp_path


def test_root_has_the_system_folder_and_a_person_his_own(monkeypatch):
    monkeypatch.setattr("os.geteuid", lambda: 0)
    assert str(default_path({})) == "/var/lib/vonggac"
    monkeypatch.setattr("os.geteuid", lambda: 1000)
    assert str(default_path({"XDG_DATA_HOME": "/srv/data"})) == "/srv/data/vonggac"


def test_nobody_else_may_look_into_a_new_home(tmp_path):
    home = Home(tmp_path / "desk")
    home.prepare()
    assert {mode(folder) for folder in home.path.iterdir()} == {0o700}
    assert mode(home.secrets / "secret-key") == 0o600


def test_preparing_again_keeps_the_key_and_the_permissions(tmp_path):
    home = Home(tmp_path / "desk")
    home.prepare()
    key = home.secret_key()
    home.lake.chmod(0o750)
    home.prepare()
    assert home.secret_key() == key
    assert mode(home.lake) == 0o750


def test_asking_for_the_key_creates_nothing(tmp_path):
    home = Home(tmp_path / "desk")
    assert len(home.secret_key()) > 60
    assert not home.path.exists()


def test_two_homes_have_two_keys(tmp_path):
    homes = [Home(tmp_path / name) for name in ("a", "b")]
    for home in homes:
        home.prepare()
    assert homes[0].secret_key() != homes[1].secret_key()


@pytest.mark.parametrize("before", [None, "old text, longer than the new one"])
def test_a_secret_is_written_whole_and_for_its_owner_alone(tmp_path, before):
    path = tmp_path / "secret"
    if before:
        path.write_text(before)
    write_secret(path, "new")
    assert path.read_text() == "new"
    assert mode(path) == 0o600
    assert list(tmp_path.iterdir()) == [path]


def test_commands_beside_the_desk_write_links_to_where_it_listens(tmp_path):
    home = Home(tmp_path / "home")
    assert home.origin({}) == "http://127.0.0.1:8000"
    home.keep_origin("http://127.0.0.1:8177")
    assert home.origin({}) == "http://127.0.0.1:8177"
    assert home.origin({"VONGGAC_ORIGIN": "https://truc.example.vn/"}) == "https://truc.example.vn"
