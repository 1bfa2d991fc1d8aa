"""Whatever the bytes say, reading ends soon: time grows with the length of the text, and nothing is raised."""

import random
import time

import pytest

from tests.formats.congvan_generator import DAMAGES, draw
from vonggac.formats import congvan
from vonggac.regimes import vocabulary

WORDS = congvan.Vocabulary.from_mapping(vocabulary.load())
# Ten times what the slowest of a thousand mutated documents took; processor time, so that a busy machine does not matter.  # noqa: E501  # test data
SECONDS_A_KILOBYTE = 0.06
GRAMMAR = [
    "Số: ", "/", "-", "ngày ", "tháng ", "năm 2023", "Kính gửi:", "- ", "1. ", "a) ", "|", "  ", "\n", "\t", "A", "Đ",
    "CỘNG HÒA ", "ỦY BAN NHÂN DÂN ", "V/v ", "Nơi nhận:", "KT. ", "024", "@", ".", "trước ngày ", "(", "CVE-", "\u0301",
    "Điều 1", "I.", "kể từ ", "QĐ-", "&nbsp;", "**", "__", "Số hiệu: ", "Phụ lục",
    "trong vòng 5 ngày kể từ ", "trước ngày 5/5 và ngày 6/6 ", "trong 24 giờ, ", "(1) Làm. ", "Thứ nhất, làm. ",
    "STT\n\nThời hạn\n\n", "STT\n\nThời hạn\n\n24/7\n\n", "hằng năm, trước ngày 5/5 ", "S ố: N ơi nh ận: ",
    "từ ngày 1/5 đến 2/5/2023 ", "CVE-2025-1 2 ", "A. Phần. ", "KT. TƯ LỆNH PHÓ TƯ LỆNH ",
]  # fmt: skip


def mutate(text: str, rng: random.Random) -> str:
    """The text after up to eight cuts, repetitions, insertions of the grammar's own words, and losses of line ends."""
    for _ in range(rng.randint(1, 8)):
        start = rng.randrange(len(text) + 1)
        end = min(len(text), start + rng.randrange(1, 200))
        text = rng.choice(
            [
                text[:start] + text[end:],
                text[:start] + rng.choice(GRAMMAR) * rng.choice([1, 3, 30, 400]) + text[start:],
                text[:start] + text[start:end] * rng.choice([2, 20, 100]) + text[end:],
                text.replace("\n", rng.choice([" ", "", "\n\n", " | "])),
                text[:start] + text[start:end].upper() + text[end:],
                text[:start] + "".join(chr(rng.randrange(32, 0x3000)) for _ in range(20)) + text[start:],
                text.replace(" ", rng.choice(["", "  ", "\u00a0", " \n"])),
                text.lower() if rng.random() < 0.5 else text.upper(),
            ]
        )[:100_000]
    return text


@pytest.mark.parametrize("first", range(0, 240, 60))
def test_a_mutated_document_is_read_in_time_that_grows_with_its_length(first):
    for seed in range(first, first + 60):
        rng = random.Random(seed)  # noqa: S311  # test data
        text = mutate("\n".join(draw(rng, rng.sample(DAMAGES, 2)).text for _ in range(rng.randint(1, 3))), rng)
        start = time.process_time()
        documents = congvan.read(text, WORDS)
        spent = time.process_time() - start
        assert documents
        assert spent < SECONDS_A_KILOBYTE * (len(text) / 1_000 + 5), (seed, len(text), spent)


# Each run repeats every fourth of them, --all repeats all.
@pytest.mark.parametrize(
    "piece",
    [pytest.param(piece, marks=[pytest.mark.slow] if number % 4 else []) for number, piece in enumerate(GRAMMAR)],
)
def test_no_word_of_the_grammar_repeated_runs_away(piece):
    text = piece * (60_000 // len(piece))
    start = time.process_time()
    congvan.read(text, WORDS)
    congvan.read("Số: 1/A-B\nHà Nội, ngày 1 tháng 1 năm 2023\n" + text, WORDS)
    assert time.process_time() - start < SECONDS_A_KILOBYTE * 130


def test_lines_without_end_and_without_words_are_read():
    for text in ("\n" * 200_000, " " * 200_000, "x\n" * 70_000, "\u0301" * 10_000, "\x00\x01" * 1_000):
        assert congvan.read(text, WORDS)
