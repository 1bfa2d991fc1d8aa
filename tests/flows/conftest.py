"""Each story has a home, and so a lake, of its own: sensors of two stories share names."""

import pytest

from tests.cast import Cast
from vonggac.register.models import Network, Organisation
from vonggac.server.home import Home
from vonggac.tenancy.scope import scoped


@pytest.fixture(autouse=True)
def home_of_the_story(own_home: Home) -> Home:
    return own_home


@pytest.fixture
def ward(people: Cast) -> Organisation:
    """The commune with 203.0.113.0/24 as its network: where the lists of the stories find their hosts."""
    owner = people.organisations["p-vinh-hai"]
    with scoped(people.scope("ha")):
        Network.objects.create(cidr="203.0.113.0/24", organisation=owner, org_path=owner.path)
    return owner
