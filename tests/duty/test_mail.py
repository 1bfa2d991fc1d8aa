"""One connection carries many letters; each failure is told apart by whose it is."""

import socket
from email import policy

import pytest

from tests.duty.mail_sink import MailSink
from tests.server.desk_process import free_port
from vonggac.duty.delivery import Fault, Letter
from vonggac.duty.mail import Line


def letter(number: int = 1, to: str = "truc@vinh-hai.example", subject: str = "Nhắc việc") -> Letter:
    return Letter(number, to, subject, f"Kính gửi,\n.dòng có chấm {number}\n", f"<message-{number}@desk.example>")


def test_a_letter_arrives_as_it_was_written(sink: MailSink):
    with Line() as line:
        assert line.send(letter()) is None
    (arrived,) = sink.letters
    assert (arrived["Subject"], arrived["To"]) == ("Nhắc việc", "truc@vinh-hai.example")
    assert arrived["Message-ID"] == "<message-1@desk.example>"
    text = arrived.get_content().replace("\r\n", "\n").replace("\n..", "\n.")
    assert text.rstrip("\n") == "Kính gửi,\n.dòng có chấm 1"


@pytest.mark.parametrize(
    "subject",
    [
        "Nhắc việc",
        "[Vọng Gác] GỌI TRỰC: Mất điện phòng máy chủ, cần người vào ngay vì điều hòa cũng đã tắt – UBND tỉnh Hải Vân",
        "ký tự hiếm 𠀀 và 🚨 " * 12,
        "plain words " * 20,
    ],
)  # fmt: skip
def test_a_subject_arrives_as_one_line_that_begins_with_its_first_word(sink: MailSink, subject: str):
    with Line() as line:
        assert line.send(letter(subject=subject.strip())) is None
    (arrived,) = sink.letters
    assert str(arrived["Subject"]) == subject.strip()
    lines = arrived.as_bytes(policy=policy.compat32).partition(b"Subject:")[2].split(b"\n")
    assert lines[0].strip(), "the first line is not empty"


def test_a_subject_of_two_lines_is_no_letter(sink: MailSink):
    with Line() as line:
        failure = line.send(letter(subject="Nhắc việc\r\nBcc: kẻ-lạ@x.example"))
    assert failure is not None
    assert failure.fault == Fault.LETTER
    assert sink.letters == []


def test_a_batch_goes_over_one_connection(sink: MailSink):
    with Line() as line:
        assert [line.send(letter(n)) for n in range(30)] == [None] * 30
    assert (len(sink.letters), sink.connections) == (30, 1)


def test_a_server_that_closes_after_so_many_letters_loses_none_and_doubles_none(sink: MailSink):
    sink.letters_a_connection = 4
    with Line() as line:
        assert [line.send(letter(n)) for n in range(10)] == [None] * 10
    assert len({arrived["Message-ID"] for arrived in sink.letters}) == len(sink.letters) == 10
    assert sink.connections == 3


def test_an_unknown_recipient_is_final_and_the_next_letter_goes_out_over_the_same_line(sink: MailSink):
    sink.unknown = {"gone@vinh-hai.example"}
    with Line() as line:
        failure = line.send(letter(1, to="gone@vinh-hai.example"))
        assert line.send(letter(2)) is None
    assert failure is not None
    assert (failure.fault, failure.words, failure.is_final) == (Fault.RECIPIENT, "550 no such box", True)
    assert not failure.is_outage
    assert sink.connections == 1


@pytest.mark.parametrize(
    ("fault", "kind", "is_final", "is_outage"),
    [
        ("later", Fault.RECIPIENT, False, False),
        ("reject", Fault.CONTENT, True, False),
        ("busy", Fault.SERVER, False, True),
        ("hang up", Fault.SERVER, False, True),
    ],
)
def test_each_answer_of_the_server_is_one_kind_of_failure(sink: MailSink, fault, kind, is_final, is_outage):
    sink.faults = [fault]
    with Line() as line:
        failure = line.send(letter())
    assert failure is not None
    assert (failure.fault, failure.is_final, failure.is_outage) == (kind, is_final, is_outage)
    assert failure.words


def test_a_line_that_breaks_after_it_carried_letters_blames_the_one_letter(sink: MailSink):
    with Line() as line:
        assert line.send(letter(1)) is None
        line._connection.connection.sock.shutdown(socket.SHUT_RDWR)
        failure = line.send(letter(2))
        assert failure is not None
        assert (failure.fault, failure.is_outage) == (Fault.SERVER, False)
        assert line.send(letter(3)) is None
    assert sink.connections == 2


def test_a_server_that_is_not_there_is_an_outage(settings):
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", free_port()
    with Line() as line:
        failure = line.send(letter())
    assert failure is not None
    assert failure.is_outage
    assert "refused" in failure.words.lower()


@pytest.mark.parametrize("damage", [{"to": "không phải địa chỉ"}, {"subject": "một\ndòng nữa"}])
def test_what_cannot_be_written_as_a_letter_is_final_and_never_reaches_the_server(sink: MailSink, damage):
    with Line() as line:
        failure = line.send(letter(1, **damage))
    assert failure is not None
    assert (failure.fault, failure.is_final) == (Fault.LETTER, True)
    assert (sink.letters, sink.connections) == ([], 0)
