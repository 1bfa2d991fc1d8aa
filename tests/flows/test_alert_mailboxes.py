"""Mail that holds alerts: read once over TLS, wherever it was cut short; troubles told, nothing there is changed."""

from datetime import timedelta

import pytest
from django.utils.translation import override

from tests import cast
from tests.alerts.imap_server import PASSWORD, USER, MailServer, mail
from tests.alerts.sources import count, declare, eve, findings, lines
from tests.cast import NOON
from vonggac.alerts import imap
from vonggac.alerts.models import Mailbox, SetAside
from vonggac.alerts.services import mailboxes, sources
from vonggac.alerts.services.mailboxes import Draft
from vonggac.desk.retelling import retold
from vonggac.errors import InputError, Refused, TryAgainLater
from vonggac.flows import alert_mailboxes, alert_spools
from vonggac.flows.alert_raw import spools
from vonggac.lake.spool import Spool, frames
from vonggac.ledger.models import Entry
from vonggac.server.home import Home
from vonggac.tenancy.scope import scoped, system

pytestmark = pytest.mark.django_db
DESK = system("tests")


@pytest.fixture
def people(db, settings, tmp_path):
    settings.VONGGAC_HOME = Home(tmp_path / "home")
    settings.VONGGAC_HOME.prepare()
    settings.VONGGAC_PRIVATE_DESTINATIONS = frozenset({"127.0.0.1"})
    return cast.assemble()


@pytest.fixture
def server(tmp_path, monkeypatch):
    with MailServer(tmp_path) as running:
        monkeypatch.setenv("SSL_CERT_FILE", str(running.certificate))
        yield running


@pytest.fixture
def spool(people):
    with Spool(spools() / "intake", reserve_bytes=0) as made:
        yield made


@pytest.fixture
def box(people, server) -> Mailbox:
    source = declare(people, "console", format_name="")
    with scoped(DESK):
        return mailboxes.keep(source, Draft("127.0.0.1", USER, PASSWORD, port=server.port), at=NOON)


def read(spool) -> int:
    number = alert_mailboxes.read_all(spool)
    alert_spools.count_waiting(at=NOON)
    return number


def kept() -> Mailbox:
    with scoped(DESK):
        return Mailbox.objects.get()


def test_attachments_are_taken_in_each_by_its_own_format_and_a_text_only_without_them(box, server, spool):
    server.receive(mail("<1@x>", lines(eve(1), eve(2)), lines(eve(3)), text="Kính gửi"), NOON)
    server.receive(mail("<2@x>", text=lines(eve(4)).decode()), NOON)
    assert read(spool) == 2
    assert count() == 4
    assert (kept().last_uid, kept().trouble) == (2, "")
    with scoped(DESK):
        assert not SetAside.objects.exists()


def test_a_mail_counts_once_however_often_it_is_read_or_sent(box, server, spool):
    for identifier in ("<1@x>", "<1@x>", "<2@x>"):
        server.receive(mail(identifier, lines(eve(1))), NOON)
    read(spool)
    with scoped(DESK):
        Mailbox.objects.update(last_uid=0)
    assert read(spool) == 3
    assert count() == 2


def test_a_mail_without_an_identifier_is_known_by_its_bytes(box, server, spool):
    for number in (1, 1, 2):
        server.receive(mail("", lines(eve(number))), NOON)
    read(spool)
    assert count() == 2


def test_reading_goes_on_where_it_was_and_changes_nothing_on_the_server(box, server, spool):
    server.receive(mail("<1@x>", lines(eve(1))), NOON)
    assert [read(spool), read(spool)] == [1, 0]
    server.receive(mail("<2@x>", lines(eve(2))), NOON)
    assert read(spool) == 1
    fetched = [command for command in server.commands if "BODY" in command]
    assert fetched == ["UID FETCH 1 (BODY.PEEK[])", "UID FETCH 2 (BODY.PEEK[])"]
    assert not [command for command in server.commands if command.startswith(("SELECT", "STORE", "UID STORE"))]


def test_where_numbers_begin_anew_old_mail_is_left_and_young_mail_is_known(box, server, spool, monkeypatch):
    monkeypatch.setattr(alert_mailboxes, "now", lambda: NOON)
    server.receive(mail("<old@x>", lines(eve(1))), NOON - timedelta(days=30))
    server.receive(mail("<1@x>", lines(eve(2))), NOON)
    read(spool)
    server.uid_validity, server.mails = 8, [(uid + 40, at, content) for uid, at, content in server.mails]
    server.receive(mail("<2@x>", lines(eve(3))), NOON)
    assert read(spool) == 2
    assert count() == 3
    assert (kept().uid_validity, kept().last_uid) == (8, 43)


def test_killed_after_the_spool_and_before_the_note_it_is_read_again_and_counts_once(box, server, spool, monkeypatch):
    server.receive(mail("<1@x>", lines(eve(1))), NOON)

    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(mailboxes, "read_to", killed)
        with pytest.raises(KeyboardInterrupt):
            read(spool)
    assert read(spool) == 0, "its lease still runs"
    with scoped(DESK):
        Mailbox.objects.update(leased_until=None)
    assert read(spool) == 1
    assert count() == 1


def test_a_full_disk_leaves_the_mail_where_it_is(box, server, spool, monkeypatch):
    server.receive(mail("<1@x>", lines(eve(1))), NOON)

    def full(_content: bytes) -> None:
        raise TryAgainLater("no room")

    with monkeypatch.context() as patched:
        patched.setattr(spool, "enqueue", full)
        read(spool)
    assert (kept().last_uid, kept().trouble) == (0, "no room")
    assert read(spool) == 1
    assert kept().trouble == ""


def test_a_mail_that_is_too_large_is_named_and_keeps_no_other_back(box, server, spool, monkeypatch):
    monkeypatch.setattr(imap, "MOST_MESSAGE_BYTES", 1_000)
    server.receive(mail("<1@x>", b"x" * 2_000), NOON)
    server.receive(mail("<2@x>", lines(eve(1))[:300]), NOON)
    assert read(spool) == 1
    assert (kept().last_uid, "was left out" in kept().trouble) == (2, True)


def test_a_server_that_claims_little_and_sends_much_is_hung_up_on(box, server, spool, monkeypatch):
    monkeypatch.setattr(imap, "MOST_MESSAGE_BYTES", 1_000)
    server.claimed_size = 10
    server.receive(mail("<1@x>", b"x" * 5_000), NOON)
    assert read(spool) == 0
    assert "an answer of" in kept().trouble
    assert list(frames(spool.folder)) == []


@pytest.mark.parametrize("offers_plain", [True, False])
def test_a_wrong_password_is_told_without_saying_it_and_once_in_the_ledger(box, server, spool, offers_plain):
    server.password, server.offers_plain = "another", offers_plain
    with scoped(DESK):
        mailboxes.keep(box.source, Draft("127.0.0.1", USER, "secret-1", port=server.port), at=NOON)
    read(spool)
    read(spool)
    assert kept().trouble.startswith("the mailbox refused the name or the password: enter both anew on the")
    assert "It says: " in kept().trouble
    assert "wrong password" in kept().trouble
    assert "secret-1" not in kept().trouble
    with override("vi"):
        assert retold(kept().trouble).startswith("hộp thư từ chối tên tài khoản hoặc mật khẩu: hãy nhập lại")
    with scoped(DESK):
        told = Entry.objects.filter(act__startswith="alert_source.mailbox").order_by("pk")
        assert list(told.values_list("act", flat=True)).count("alert_source.mailbox_trouble") == 1
        assert not [entry for entry in told if "secret-1" in str(entry.detail)]
    server.password = "secret-1"
    read(spool)
    assert kept().trouble == ""


@pytest.mark.parametrize("answer", ["NO [UNAVAILABLE] come later", "NO [INUSE] one session at a time", "BAD what?"])
def test_a_server_that_is_busy_or_does_not_understand_refused_no_password(box, server, spool, answer):
    server.refusal = answer
    read(spool)
    assert kept().trouble.startswith("the mail server did not play along: ")


def test_a_server_that_hangs_up_at_the_sign_in_refused_no_password(box, server, spool):
    server.refusal = ""
    read(spool)
    assert kept().trouble.startswith("the mail server did not play along: ")


def test_a_certificate_that_nobody_vouches_for_is_not_talked_to(box, server, spool, monkeypatch):
    monkeypatch.delenv("SSL_CERT_FILE")
    server.receive(mail("<1@x>", lines(eve(1))), NOON)
    assert read(spool) == 0
    assert "CERTIFICATE_VERIFY_FAILED" in kept().trouble
    assert server.commands == []


def test_an_address_inside_a_network_needs_the_operator_s_word(box, server, spool, settings):
    settings.VONGGAC_PRIVATE_DESTINATIONS = frozenset()
    with scoped(DESK), pytest.raises(InputError, match=r"allows it by VONGGAC_PRIVATE_DESTINATIONS=127\.0"):
        mailboxes.keep(box.source, Draft("127.0.0.1", USER, PASSWORD, port=server.port), at=NOON)
    with pytest.raises(Refused, match="inside a network"), imap.opened(mailboxes.place_of(box), PASSWORD):
        pass
    read(spool)
    assert "inside a network" in kept().trouble
    assert server.commands == []


def test_a_folder_with_vietnamese_letters_is_found_and_another_one_is_read_from_its_begin(box, server, spool):
    server.receive(mail("<1@x>", lines(eve(1))), NOON)
    read(spool)
    with scoped(DESK):
        mailboxes.keep(box.source, Draft("127.0.0.1", USER, folder="Cảnh báo", port=server.port), at=NOON)
    assert kept().last_uid == 0
    assert read(spool) == 1
    assert 'EXAMINE "C&HqM-nh b&AOE-o"' in server.commands
    with scoped(DESK):
        mailboxes.keep(box.source, Draft("127.0.0.1", USER, folder="Nowhere", port=server.port), at=NOON)
    read(spool)
    assert "no such folder" in kept().trouble


def test_a_kept_password_goes_to_no_other_server(box, server):
    with scoped(DESK), pytest.raises(InputError, match="anew"):
        mailboxes.keep(box.source, Draft("mail.example.vn", USER), at=NOON)
    assert kept().host == "127.0.0.1"


@pytest.mark.parametrize(
    "wrong",
    [{"host": ""}, {"host": "a/b"}, {"port": 0}, {"username": ""}, {"username": "a\r\nb"}, {"folder": "a\nb"}],
)
def test_a_mailbox_that_could_never_be_read_is_refused(people, wrong):
    source = declare(people, "console")
    with scoped(DESK), pytest.raises(InputError):
        mailboxes.keep(source, Draft(**{"host": "mail.example.vn", "username": "a", "password": "b"} | wrong), at=NOON)
    with scoped(DESK), pytest.raises(InputError, match="password"):
        mailboxes.keep(source, Draft("mail.example.vn", "a"), at=NOON)


def test_a_retired_source_s_mailbox_is_read_no_more_and_a_stranger_sees_none(people, box, server, spool):
    server.receive(mail("<1@x>", lines(eve(1))), NOON)
    with scoped(people.scope("vinh")):
        assert not Mailbox.objects.exists()
        assert mailboxes.waiting(NOON) == []
    with scoped(DESK):
        sources.retire(box.source, at=NOON)
    assert read(spool) == 0
    assert server.commands == []
    with scoped(DESK):
        mailboxes.remove(box.source, at=NOON)
        assert not Mailbox.objects.exists()
    assert not findings()
