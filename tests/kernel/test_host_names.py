"""Names of hosts in other letters and with domains, against a definition by pairs."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vonggac.kernel.host_names import HostNames, normal

SPELLINGS = [str, str.upper, str.title, lambda name: unicodedata.normalize("NFD", name), lambda name: f" {name}. "]
NAMES = st.sampled_from(["máy-01", "may-01", "máy-01.so.example", "máy-01.xa.example", "may-02.so.example", "10.0.0.5"])


@pytest.mark.parametrize("spell", SPELLINGS)
@pytest.mark.parametrize("name", ["máy-01", "đội-02.so.example", "pc"])
def test_a_name_in_other_letters_is_the_same_name(name, spell):
    assert normal(spell(name)) == normal(name)


def test_accents_and_marks_make_other_names():
    assert len({normal(name) for name in ("may-1", "máy-1", "may_1", "may1", "may-01")}) == 5


def may_be_one(one: str, other: str) -> bool:
    """What the index answers, for two names in their normal form."""
    if one == other:
        return True
    if "10.0.0.5" in {one, other} or ("." in one) == ("." in other):
        return False
    return one.partition(".")[0] == other.partition(".")[0]


@given(known=st.lists(NAMES, max_size=6), asked=NAMES, spell=st.sampled_from(SPELLINGS))
def test_a_name_means_all_hosts_that_it_may_be(known, asked, spell):
    found = HostNames((spell(name), place) for place, name in enumerate(known)).meant(asked)
    assert found == {place for place, name in enumerate(known) if may_be_one(name, asked)}
