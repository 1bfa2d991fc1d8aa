"""Sensor files: which networks a source of logs sees, and how its silence shows."""

from collections.abc import Sequence

from vonggac.register.imports import values, words
from vonggac.register.imports.columns import Column
from vonggac.register.imports.kind import Kind, owned
from vonggac.register.imports.parts import Attribute, Part, plain
from vonggac.register.models import Sensor, SensorCoverage, TakenBackLog

COLUMNS = (
    Column("name", values.code, ("tên cảm biến", "tên nguồn", *words.NAME, *words.CODE), is_needed=True),
    Column("kind", words.sensor_kind, ("loại cảm biến", "loại nguồn", *words.KIND), is_needed=True),
    Column("organisation", values.code, words.ORGANISATION, is_needed=True),
    Column(
        "networks", values.several(values.block, " ,;\t\n"), ("dải IP", "các dải IP", "dải mạng"),
        must_stand=True, empty=[],
    ),
    Column("silence", words.silence, ("cách biết im lặng",), empty="heartbeat"),
    Column("heartbeat_seconds", values.whole(1, 86_400), ("nhịp tim (giây)", "chu kỳ nhịp"), empty=60),
    Column("max_quiet_seconds", values.whole(1, 31_536_000), ("im lặng tối đa (giây)",), empty=None),
    Column("clock_offset_seconds", values.decimal, ("lệch đồng hồ (giây)", "lệch giờ"), empty=0.0),
)  # fmt: skip


def _move_coverage(sensors: Sequence[Sensor]) -> None:
    """What a sensor vouches for, and what was taken back of it, is seen where the sensor is."""
    for sensor in sensors:
        for model in (SensorCoverage, TakenBackLog):
            model.objects.filter(sensor=sensor).exclude(org_path=sensor.org_path).update(org_path=sensor.org_path)


PART = Part(
    noun="sensor",
    rows=Sensor.objects.all,
    model=Sensor,
    key=(plain("name"),),
    fields=(
        plain("kind"),
        Attribute("organisation", "organisation__code"),
        plain("networks"),
        plain("silence"),
        plain("heartbeat_seconds"),
        plain("max_quiet_seconds"),
        plain("clock_offset_seconds"),
    ),
    place=owned(),
    after_change=_move_coverage,
)

KIND = Kind("sensors", COLUMNS, (PART,))
