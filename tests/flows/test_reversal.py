"""A contradiction that a later log takes back: the contact turns out to have been another host's."""

from datetime import timedelta

import pytest

from tests import cast
from tests.flows.test_proof_story import C2, CLAIMED, DAY, END, LISTED, claim, flow_log, judged, nat_log, row, send_list
from vonggac.flows import traffic_log
from vonggac.ledger.models import Entry
from vonggac.register.models import Asset, AssetAddress, Network, Sensor, SensorCoverage
from vonggac.tenancy.scope import scoped, system

pytestmark = pytest.mark.django_db


@pytest.fixture
def people(people) -> cast.Cast:
    """A host under a flow sensor, and a DHCP sensor whose log is not there yet."""
    health = people.organisations["so-y-te"]
    with scoped(system("tests")):
        for cidr in ("203.0.113.0/24", "10.2.0.0/16"):
            Network.objects.create(cidr=cidr, organisation=health, org_path=health.path)
        for n in (7, 8):
            asset = Asset.objects.create(
                organisation=health, org_path=health.path, name=f"yt-pc-{n}", nat_pool="203.0.113.200"
            )
            AssetAddress.objects.create(asset=asset, org_path=health.path, address=f"10.2.0.{n}")
        for name in ("flow", "nat", "dhcp"):
            sensor = Sensor.objects.create(
                name=f"{name}-1", kind=name, organisation=health, org_path=health.path,
                networks=["10.2.0.0/16", "203.0.113.0/24"] if name == "nat" else ["10.2.0.0/16"],
            )  # fmt: skip
            SensorCoverage.objects.create(
                sensor=sensor, org_path=health.path, from_utc=LISTED - DAY, to_utc=END + 30 * DAY
            )
    return people


def lease_log(people: cast.Cast, host: str, at) -> None:
    lines = ["from_utc,to_utc,address,host"]
    lines.append(f"{CLAIMED + DAY:%Y-%m-%dT%H:%M:%SZ},{CLAIMED + 3 * DAY:%Y-%m-%dT%H:%M:%SZ},10.2.0.7,{host}")
    with scoped(people.scope("ha")):
        traffic_log.import_log("\n".join(lines).encode(), "dhcp.csv", "dhcp-1", received_at=at, at=at)


def test_a_lease_that_arrives_late_takes_a_contradiction_back_and_says_so(people):
    nat_log(people, LISTED - timedelta(hours=1))
    send_list(people, LISTED, row(7100))
    claim(people, "yt-pc-7")
    send_list(people, CLAIMED + 3 * DAY)
    flow_log(people, CLAIMED + 4 * DAY, ("10.2.0.7", C2, CLAIMED + 2 * DAY))
    assert judged(CLAIMED + 4 * DAY)["yt-pc-7"] == ("in_progress", "done", "contradicted")
    lease_log(people, "yt-pc-8", CLAIMED + 5 * DAY)
    assert judged(CLAIMED + 5 * DAY)["yt-pc-7"][:2] == ("claimed", "done")
    assert judged(CLAIMED + 5 * DAY)["yt-pc-7"][2] != "contradicted"
    with scoped(people.scope("tam")):
        turned = [e.detail["reversed_from"] for e in Entry.objects.filter(act="case.verdict").order_by("id")]
    assert turned[-1] == "contradicted"
