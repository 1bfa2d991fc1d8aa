"""The reader never invents: every value can be traced to the text, whatever was done to it; confidence is honest."""

import random
import re
import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.formats import congvan_damage
from tests.formats.congvan_generator import DAMAGES, draw
from vonggac.formats import congvan
from vonggac.formats.congvan.period import watch_words
from vonggac.regimes import vocabulary

WORDS = congvan.Vocabulary.from_mapping(vocabulary.load())
LAID = [name for name in DAMAGES if name != "one_line"]
CONFIDENT = 0.9
# The plain skeleton of a text: what is left when accents, case, blanks and marks cannot be trusted.
SCRAPS = [
    "Số: 12/UBND-VX", "Số:", "Hà Nội, ngày 12 tháng 5 năm 2023", "ngày 30/4", "KẾ HOẠCH", "Kính gửi:", "- Sở Nội vụ;",
    "V/v rà soát", "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM", "ỦY BAN NHÂN DÂN", "TỈNH SƠN LA", "1. Làm trước ngày 30/9/2023.",  # noqa: E501  # test data
    "a) Báo cáo", "Nơi nhận:", "- Lưu: VT.", "KT. CHỦ TỊCH", "Trần Văn Mẫu", "CVE-2023-1234", "|", "", "Theo 28-CT/TW",
    "Bộ vừa ban hành Công văn số 9/BYT-VP.", "Điều 1. Phạm vi", "điện thoại 0912000123", "Người ký: An", "Số hiệu: 3/TB-BYT",  # noqa: E501  # test data
]  # fmt: skip


def skeleton(text: str) -> str:
    bare = unicodedata.normalize("NFD", text.replace("đ", "d").replace("Đ", "D"))
    return "".join(c for c in bare.lower() if c.isalnum() and not unicodedata.combining(c))


def is_within(value: str, whole: str) -> bool:
    """Whether the letters of the value stand in the text in this order (a restored name may have more than the text)."""  # noqa: E501  # test data
    return skeleton(value) in skeleton(whole)


def untraceable(document: congvan.Document, text: str) -> list[str]:
    """The names of the fields whose values the text does not hold."""
    answer = congvan.to_json([document], "")["documents"][0]
    wrong = [
        name
        for name in ("number", "place", "subject")
        if answer[name] is not None and not is_within(answer[name], text)
    ]
    if document.date is not None:
        numbers = {int(part) for part in re.findall(r"\d{1,4}", re.sub(r"(?<=\d) (?=\d)", "", text))}
        wrong += ["date"] if not {document.date.day, document.date.month, document.date.year} <= numbers else []
    wrong += [f"addressees: {name}" for name in document.addressees if not is_within(name, text)]
    wrong += [f"references: {name}" for name in document.references if not is_within(name, text)]
    wrong += [f"cves: {name}" for name in document.cves if not is_within(name, text)]
    for clause in document.clauses:
        wrong += [f"clause {clause.label}"] if not is_within(clause.text, text) else []
        wrong += [f"deadline {item.text}" for item in clause.deadlines if not is_within(item.text, text)]
    for contact in document.contacts:
        wrong += [f"contact {value}" for value in contact.emails if not is_within(value, text)]
    if document.signer and document.signer.name and not is_within(document.signer.name, text):
        wrong.append("signer")
    for name, source in document.sources.items():
        # The bodies' parts stand in a column; what stands beside them may come between.
        wrong += [f"source of {name}" for part in source.raw.split(" / ") if not is_within(part, text)]
    return wrong


def spoiled(seed: int) -> tuple[str, dict[str, object], list[str]]:
    rng = random.Random(seed)  # noqa: S311  # test data
    drawn = draw(rng, rng.sample(LAID, rng.choice([0, 0, 1, 1, 2])))
    truth = dict(drawn.truth)
    text, names = congvan_damage.spoil(drawn.text, truth, rng, rng.choice([1, 1, 2, 3]))
    return text, truth, [*drawn.damages, *names]


@pytest.mark.parametrize("first", range(0, 200, 40))
def test_every_value_of_a_damaged_document_stands_in_its_text(first):
    for seed in range(first, first + 40):
        text, _, damages = spoiled(seed)
        for document in congvan.read(text, WORDS):
            assert untraceable(document, text) == [], (seed, damages)


@given(st.lists(st.sampled_from(SCRAPS), max_size=30), st.sampled_from(["\n", "\n\n", " ", " | "]))
@settings(max_examples=150)
def test_every_value_of_shuffled_scraps_stands_in_the_text(scraps, joint):
    text = joint.join(scraps)
    for document in congvan.read(text, WORDS):
        assert untraceable(document, text) == []


@given(st.text(max_size=400))
@settings(max_examples=150)
def test_any_text_is_read_without_an_error_and_without_inventions(text):
    for document in congvan.read(text, WORDS):
        assert untraceable(document, text) == []


@given(st.lists(st.sampled_from(SCRAPS), max_size=12).map("\n".join))
@settings(max_examples=100)
def test_what_is_no_document_has_no_head(text):
    for document in congvan.read(text, WORDS):
        if document.kind == "none":
            assert (document.number, document.symbol, document.place, document.date, document.subject) == (None,) * 5
            assert (document.addressees, document.signer, document.period) == ((), None, None)


@given(st.lists(st.sampled_from(SCRAPS), max_size=25).map("\n".join))
@settings(max_examples=100)
def test_confidence_stands_beside_values_only_and_between_nought_and_one(text):
    for document in congvan.read(text, WORDS):
        answer = congvan.to_json([document], "")["documents"][0]
        for name, certainty in answer["confidence"].items():
            assert 0 < certainty < 1
            assert answer[name] not in (None, [], ()), name


@pytest.mark.parametrize(
    ("line", "field"),
    [
        ("Số: 12/UBND-VX\n", "number"), ("Sơn La, ngày 05 tháng 6 năm 2023\n", "date"), ("V/v rà soát\n", "subject"),
        ("Kính gửi: Sở Nội vụ\n", "addressees"), ("Trần Văn Mẫu", "signer"),
    ],
)  # fmt: skip
def test_a_line_taken_away_takes_its_field_with_it(line, field):
    whole = (
        "ỦY BAN NHÂN DÂN\nTỈNH SƠN LA\nCỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM\nĐộc lập - Tự do - Hạnh phúc\n"
        "Số: 12/UBND-VX\nSơn La, ngày 05 tháng 6 năm 2023\nV/v rà soát\nKính gửi: Sở Nội vụ\n"
        "Ủy ban nhân dân tỉnh yêu cầu:\n1. Làm./.\nNơi nhận:\n- Lưu: VT.\nKT. CHỦ TỊCH\nPHÓ CHỦ TỊCH\nTrần Văn Mẫu"
    )
    (before,) = congvan.read(whole, WORDS)
    (after,) = congvan.read(whole.replace(line, ""), WORDS)
    assert getattr(before, field)
    value = getattr(after, field)
    assert not (value.name if field == "signer" and value else value)
    assert field not in after.confidence or field == "signer"


@pytest.mark.parametrize("first", [50_000, 60_000])
def test_of_fields_read_with_confidence_far_more_than_nine_in_ten_are_right(first):
    confident = right = 0
    for seed in range(first, first + 150):
        text, truth, _ = spoiled(seed)
        answer = congvan.to_json(congvan.read(text, WORDS), "")["documents"][0]
        answer["signer"] = (answer["signer"] or {}).get("name")
        for name, certainty in answer["confidence"].items():
            if name in truth and truth[name] != "unknown" and certainty >= CONFIDENT:
                confident += 1
                right += answer[name] == truth[name]
    assert confident > 1_000
    assert right / confident >= 0.95


@pytest.mark.parametrize("name", sorted(congvan_damage.DAMAGES))
def test_each_damage_alone_leaves_the_head_readable(name):
    wrong = []
    for seed in range(12):
        rng = random.Random(seed)  # noqa: S311  # test data
        drawn = draw(rng, [])
        truth = dict(drawn.truth)
        lines = congvan_damage.DAMAGES[name](drawn.text.split("\n"), truth, rng)
        answer = congvan.to_json(congvan.read("\n".join(lines), WORDS), "")["documents"][0]
        wrong += [
            (seed, field, answer[field], truth[field])
            for field in ("number", "symbol", "date", "place", "issuer", "subject")
            if answer[field] != truth[field]
        ]
    assert len(wrong) <= 1, wrong


def test_a_text_that_is_a_portal_s_table_alone_is_read():
    (document,) = congvan.read("Người ký: An\nSố hiệu: 3/TB-BYT", WORDS)
    assert (document.number, document.symbol, document.clauses) == ("3", "TB-BYT", ())


def test_annexes_whose_measures_become_no_clauses_are_named():
    text = "BỘ Y TẾ\nSố: 9/BYT-VP\nHà Nội, ngày 01 tháng 6 năm 2023\nV/v rà soát\nKính gửi: Các sở\n1. Rà soát./.\n"
    text += "Nơi nhận:\n- Như trên;\n- Lưu: VT.\n"
    (plain,) = congvan.read(text, WORDS)
    (annexed,) = congvan.read(f"{text}Phụ lục I\nNHIỆM VỤ\n1. Sao lưu.\nPHỤ LỤC II\nBIỂU\n", WORDS)
    assert not [warning for warning in plain.warnings if "phụ lục" in warning]
    assert [warning for warning in annexed.warnings if "2 phụ lục (từ dòng 10)" in warning]


def test_days_of_a_watch_that_stand_below_its_first_mention_leave_the_period_in_doubt():
    range_, body = "từ ngày 30/11/2026 đến hết ngày 07/12/2026", "a) Bố trí người trực 24/7;\nb) Trực {};\nc) Báo cáo."
    assert watch_words(body.format(range_)) == range_
    assert watch_words(body.format("hết ngày 07/12/2026")) is None
    assert watch_words(f"Cập nhật bản vá {range_}.\nTrực 24/7.") is None
