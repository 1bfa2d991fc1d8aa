"""Secrets at rest: unreadable without the home's key, and never repeated."""

import html
import json
import re
import stat
from urllib.parse import quote, quote_plus
from xml.sax.saxutils import escape

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vonggac.duty.channels import vault
from vonggac.errors import ConfigurationError, InputError
from vonggac.server.home import Home


def test_a_sealed_secret_comes_back_and_stands_nowhere_in_what_is_kept():
    text = vault.sealed({"token": "rất-bí-mật"})
    assert vault.opened(text) == {"token": "rất-bí-mật"}
    assert "mật" not in text
    assert "token" not in text
    assert vault.sealed({"token": "rất-bí-mật"}) != text, "twice the same secret is not seen to be the same"


def test_no_secret_is_no_text():
    assert vault.sealed({}) == ""
    assert vault.opened("") == {}


def test_another_home_cannot_read_it_and_says_what_to_do(settings, tmp_path):
    text = vault.sealed({"token": "x"})
    settings.VONGGAC_HOME = Home(tmp_path / "other")
    with pytest.raises(ConfigurationError, match="channel-key is missing"):
        vault.opened(text)
    settings.VONGGAC_HOME.prepare()
    with pytest.raises(ConfigurationError, match="sealed with another key"):
        vault.opened(text)


def test_the_key_is_readable_by_its_owner_alone_and_made_once(tmp_path):
    home = Home(tmp_path / "home")
    home.prepare()
    key = home.channel_key()
    home.prepare()
    assert home.channel_key() == key
    assert stat.S_IMODE((home.secrets / "channel-key").stat().st_mode) == 0o600


def test_a_channel_is_no_store_of_files():
    with pytest.raises(InputError):
        vault.sealed({str(number): "x" for number in range(11)})
    with pytest.raises(InputError):
        vault.sealed({"a": "x" * 2_001})


def test_the_longer_secret_is_hidden_before_the_shorter_one_within_it():
    assert vault.hidden("key=abcdef", {"a": "abc", "b": "abcdef"}) == "key=•••"


WRITTEN = (
    str,
    quote,
    quote_plus,
    escape,
    html.escape,
    json.dumps,
    lambda value: quote(value, safe=""),
    lambda value: re.sub("%..", lambda found: found[0].lower(), quote(value, safe="")),
    lambda value: json.dumps(value, ensure_ascii=False),
    lambda value: json.dumps(value).replace("/", "\\/"),
)


@given(st.text("ab /+&<%\"'\\ậ", min_size=3, max_size=12), st.sampled_from(WRITTEN))
def test_a_secret_is_hidden_however_an_answer_writes_it(secret, write):
    assert vault.hidden(f"[{write(secret)}]", {"k": secret}).strip('["]') == vault.HIDDEN
