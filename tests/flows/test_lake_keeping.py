"""The nightly tending of the lake: limits from the regime, deletions in the ledger, what the desk needs stays."""

import io
import os
import time
from datetime import timedelta

import pytest

from tests import cast
from tests.alerts.sources import declare
from tests.lake.making import flow, hand_in
from vonggac.alerts.services import files
from vonggac.botnet.models import BotnetList, Sender
from vonggac.directives.models import Document
from vonggac.flows import lake_keeping, lake_questions, uploads
from vonggac.flows.uploads import lake
from vonggac.formats.traffic_tables import Kind
from vonggac.jobs import registry
from vonggac.lake import query
from vonggac.ledger import services as ledger
from vonggac.ledger.models import Entry
from vonggac.regimes import regime
from vonggac.tenancy.scope import scoped, system

pytestmark = pytest.mark.django_db
AT = cast.NOON
DAYS = regime.on(AT.date()).limit("monitoring_keep_days")
OLD = AT - timedelta(days=DAYS + 1)


def entries(act: str) -> list[Entry]:
    with scoped(system("tests")):
        return list(Entry.objects.filter(act=act).order_by("org_path"))


def test_what_is_older_than_the_regime_keeps_ends_and_the_ledger_says_what(people):
    unit, other = people.organisations["p-vinh-hai"].path, people.organisations["hai-van"].path
    store = lake()
    old_day = f"{OLD - timedelta(days=1):%Y-%m-%d}"
    hand_in(store, flow(1, day=old_day), flow(2, day=old_day), organisation=unit, received=OLD)
    hand_in(store, flow(1, day=f"{AT:%Y-%m-%d}"), organisation=other, received=AT)
    due = lake_keeping.retain(at=AT, is_dry_run=True)
    assert [(one.organisation_path, one.rows) for one in due] == [(unit, 2)]
    assert entries("lake.retire") == []
    assert lake_keeping.retain(at=AT) == due
    (entry,) = entries("lake.retire")
    assert (entry.org_path, entry.detail["rows"], entry.detail["keep_days"], entry.detail["first_day"]) == (
        unit, 2, DAYS, old_day,
    )  # fmt: skip
    assert [one.organisation_path for one in store.imports()] == [other]
    assert lake_keeping.retain(at=AT + timedelta(days=2)) == []
    assert len(entries("lake.retire")) == 1
    assert len(list((store.root / "raw").iterdir())) == 1


def test_every_kind_has_a_limit_with_its_rule():
    kept = {one.kind: one for one in lake_keeping.limits(AT)}
    assert set(kept) == set(Kind)
    assert all(one.days >= 30 and one.citation for one in kept.values())
    assert kept[Kind.NAT].days >= 365


def test_small_segments_become_one_at_night(people):
    unit = people.organisations["p-vinh-hai"].path
    for minute in range(3):
        hand_in(lake(), flow(minute), organisation=unit, received=AT)
    assert lake_keeping.compact(at=AT) == []
    steps: list[int] = []
    assert len(lake_keeping.compact(at=AT + timedelta(days=2), advance=steps.append)) == 1
    assert steps == [1]
    assert len(lake().paths(lake().imports())) == 1


def test_the_worker_does_both_every_night():
    assert {registry.known[name].periodic for name in ("lake.retain", "lake.compact")} == {"50 19 * * *", "5 20 * * *"}


def test_a_question_sees_the_asking_persons_part_and_stands_in_the_ledger(people):
    unit, other = people.organisations["p-vinh-hai"], people.organisations["hai-van"]
    hand_in(lake(), flow(1), organisation=unit.path)
    hand_in(lake(), flow(2), organisation=other.path)
    with scoped(people.scope("lan")):
        ground = lake_questions.note_question("SELECT * FROM flows", at=AT)
        assert Entry.objects.get(act="lake.query").detail == {"sql": "SELECT * FROM flows"}
    sql = "SELECT code, name FROM flows JOIN organisations ON path = organisation"
    with query.ask(ground.lake, sql, ground.scope, tables=ground.tables) as answer:
        assert answer.table().to_pylist() == [{"code": unit.code, "name": unit.name}]


def test_bytes_of_a_document_of_the_desk_are_kept(people):
    unit = people.organisations["p-vinh-hai"]
    log, both = (
        hand_in(lake(), flow(minute, day=f"{OLD - timedelta(days=2):%Y-%m-%d}"), organisation=unit.path, received=OLD)
        for minute in (1, 2)
    )
    with scoped(system("tests")):
        Document.objects.create(
            org_path=unit.path, sha256=both.source_sha256, name="log.csv", received_at=OLD, size=1, text=""
        )
    lake_keeping.retain(at=AT)
    lake_keeping.retain(at=AT + timedelta(days=2))
    assert lake().raw(both.source_sha256)
    assert not lake().raw_path(log.source_sha256).exists()


def kept_two_days_ago(content: bytes) -> str:
    """The digest of bytes that were handed in the day before yesterday, by the clock of the machine."""
    sha256 = uploads.keep_raw(content)
    long_ago = time.time() - 2 * 86_400
    os.utime(lake().raw_path(sha256), (long_ago, long_ago))
    return sha256


def test_what_was_handed_in_and_never_taken_in_goes_a_day_later_and_the_ledger_says_so(people):
    never, today = kept_two_days_ago(b"never taken in"), uploads.keep_raw(b"handed in today")
    size = lake().raw_path(never).stat().st_size
    lake_keeping.retain(at=AT)
    assert not lake().raw_path(never).exists()
    assert lake().raw(today) == b"handed in today"
    (entry,) = entries("lake.clear")
    assert entry.detail == {"sha256": never, "bytes": size}
    lake_keeping.retain(at=AT)
    assert len(entries("lake.clear")) == 1


def test_what_anything_names_stays_however_old_it_is(people):
    unit = people.organisations["p-vinh-hai"]
    entry = hand_in(lake(), flow(1, day=f"{AT:%Y-%m-%d}"), organisation=unit.path, received=AT)
    by_import = kept_two_days_ago(lake().raw(entry.source_sha256))
    names = ("alerts", "list", "document", "register")
    by_alerts, by_list, by_document, by_register = (kept_two_days_ago(name.encode()) for name in names)
    source = declare(people, "ids")
    with scoped(system("tests")):
        files.receive(source, "eve.json", by_alerts, 6, at=AT)
        sender = Sender.objects.create(org_path=unit.path, name="Bên gửi A")
        BotnetList.objects.create(sender=sender, org_path=unit.path, sha256=by_list, file_name="l.csv", received_at=AT)
        Document.objects.create(org_path=unit.path, sha256=by_document, name="a.txt", received_at=AT, size=1, text="")
        ledger.record("register.import", "register", 0, unit.path, at=AT, kind="networks", sha256=by_register)
    lake_keeping.retain(at=AT)
    there = {path.stem for path in (lake().root / "raw").glob("*.zst")}
    assert {by_import, by_alerts, by_list, by_document, by_register} <= there
    assert entries("lake.clear") == []


def test_bytes_handed_in_again_stay_for_another_day(people):
    again, looked_at, streamed = (kept_two_days_ago(name) for name in (b"again", b"looked at", b"streamed"))
    uploads.keep_raw(b"again")
    assert uploads.is_kept(looked_at)
    lake().keep_stream(io.BytesIO(b"streamed"))
    lake_keeping.retain(at=AT)
    assert all(lake().raw_path(sha256).exists() for sha256 in (again, looked_at, streamed))
    assert not uploads.is_kept("0" * 64)


def test_bytes_of_a_file_of_alerts_stay_when_the_log_that_they_are_too_has_ended(people):
    unit = people.organisations["p-vinh-hai"].path
    both = hand_in(lake(), flow(1, day=f"{OLD - timedelta(days=2):%Y-%m-%d}"), organisation=unit, received=OLD)
    source = declare(people, "ids")
    with scoped(system("tests")):
        files.receive(source, "eve.json", both.source_sha256, 6, at=AT)
    lake_keeping.retain(at=AT)
    lake_keeping.retain(at=AT + timedelta(days=2))
    assert lake().raw(both.source_sha256)
