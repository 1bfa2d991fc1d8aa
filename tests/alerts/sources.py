"""EVE lines and declared sources for tests about alerts."""

import json
from datetime import datetime, timedelta

from tests.cast import NOON, Cast
from vonggac.alerts.models import Finding, Source
from vonggac.alerts.services import sources
from vonggac.alerts.services.sources import Declaration
from vonggac.tenancy.scope import scoped, system

MALWARE = "A Network Trojan was detected"


def declare(people: Cast, name: str = "suricata", office: str = "hai-van", **said: object) -> Source:
    with scoped(system("tests")):
        declared_at = NOON - timedelta(days=1)
        declaration = Declaration(**{"format_name": "suricata-eve", **said})
        return sources.declare(name, people.organisations[office], declaration, at=declared_at)


def eve(number: int = 0, **changes: object) -> dict[str, object]:
    """An EVE alert; `rule`, `severity` and `category` go into its alert object."""
    moment: datetime = NOON - timedelta(minutes=10) + timedelta(milliseconds=number)
    rule = changes.pop("rule", 2_100_498)
    alert = {
        "action": "allowed", "gid": 1, "signature_id": rule, "rev": 7,
        "signature": changes.pop("signature", f"GPL ATTACK_RESPONSE {rule}"),
        "category": changes.pop("category", "Potentially Bad Traffic"), "severity": changes.pop("severity", 2),
    }  # fmt: skip
    event = {
        "timestamp": moment.isoformat(), "flow_id": 1_000 + number, "event_type": "alert", "src_ip": "10.1.0.5",
        "src_port": 51_000, "dest_ip": "203.0.113.9", "dest_port": 443, "proto": "TCP", "host": "sensor-1",
        "alert": alert,
    }  # fmt: skip
    return event | changes


def lines(*events: dict[str, object] | str) -> bytes:
    return "".join((one if isinstance(one, str) else json.dumps(one)) + "\n" for one in events).encode()


def findings(**wanted: object) -> list[Finding]:
    with scoped(system("tests")):
        return list(Finding.objects.filter(**wanted).select_related("source").order_by("pk"))


def count() -> int:
    return sum(one.count for one in findings())
