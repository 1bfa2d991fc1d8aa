"""What was handed in is kept as it came, once, on the desk's own disk."""

import hashlib

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from vonggac.errors import IntegrityFailure
from vonggac.flows import uploads
from vonggac.server.home import Home

in_one_home = settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])


@in_one_home
@given(st.lists(st.binary(max_size=300), max_size=5))
def test_every_upload_comes_back_as_it_came_however_often_it_comes(own_home: Home, contents):
    digests = [uploads.keep_raw(content) for content in contents + contents]
    assert digests == [hashlib.sha256(content).hexdigest() for content in contents + contents]
    assert [uploads.raw(digest) for digest in digests] == contents + contents


def test_the_same_bytes_are_kept_once_and_nothing_is_left_beside_them(own_home: Home):
    for _ in range(3):
        uploads.keep_raw(b"a list")
    assert [path.name for path in (own_home.lake / "raw").iterdir()] == [f"{hashlib.sha256(b'a list').hexdigest()}.zst"]


def test_bytes_that_were_never_handed_in_are_an_error_with_the_mend(own_home: Home):
    with pytest.raises(IntegrityFailure, match="restore the lake from a backup"):
        uploads.raw("0" * 64)


@in_one_home
@given(st.binary(min_size=1, max_size=200), st.data())
def test_a_changed_byte_on_the_disk_is_never_handed_out(own_home: Home, content, data):
    digest = uploads.keep_raw(content)
    path = own_home.lake / "raw" / f"{digest}.zst"
    whole = path.read_bytes()
    place, flip = data.draw(st.integers(0, len(whole) - 1)), data.draw(st.integers(1, 255))
    path.write_bytes(whole[:place] + bytes([whole[place] ^ flip]) + whole[place + 1 :])
    try:
        assert uploads.raw(digest) == content
    except IntegrityFailure:
        pass
    finally:
        path.write_bytes(whole)
