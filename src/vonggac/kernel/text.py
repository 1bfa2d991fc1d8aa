"""Vietnamese text as scanners and text layers leave it: accent-blind, deletion-tolerant matching, repair of spaces.

Nothing here learns: matching works on fixed vocabularies, and every tolerance is a number in this file. The reasons
stand in docs/explanation/directive-reader.md.
"""

import re
import unicodedata
from collections.abc import Iterable
from functools import lru_cache

# The accented letters of Vietnamese, each one code point after NFC: the map keeps the length of the text.
_PLAIN = {
    "a": "àáảãạăằắẳẵặâầấẩẫậä",
    "e": "èéẻẽẹêềếểễệ",
    "i": "ìíỉĩịï",
    "o": "òóỏõọôồốổỗộơờớởỡợö",
    "u": "ùúủũụưừứửữựü",
    "y": "ỳýỷỹỵ",
    "d": "đð",
}
_FOLD = {ord(accented): plain for plain, letters in _PLAIN.items() for accented in letters}
_FOLD |= {ord(chr(code).upper()): plain for code, plain in _FOLD.items()}
_FOLD |= {code: chr(code + 32) for code in range(ord("A"), ord("Z") + 1)}

VIETNAMESE_LETTERS = "aăâbcdđeêghiklmnoôơpqrstuưvxyAĂÂBCDĐEÊGHIKLMNOÔƠPQRSTUƯVXY"

_ONSET = r"(?:ngh|ng|nh|gh|gi|kh|ph|qu|th|tr|ch|[bcdđghklmnpqrstvx])"
_RIME = (
    r"(?:(?:oa|oă|oe|oai|oay|oeo|uy|uya|uyê|uê|uâ|uơ|ua|ưa|ươ|iê|yê|ia|uô|uôi|ươi|ươu|iêu|yêu|ai|ao|au|ay|âu|ây|eo|êu|iu"
    r"|oi|ôi|ơi|ui|ưi|ưu|uây|uyu|oo|a|ă|â|e|ê|i|o|ô|ơ|u|ư|y)(?:ng|nh|ch|[cmnpt])?)"
)
_SYLLABLE = re.compile(rf"{_ONSET}?{_RIME}$")
_ONSET_ALONE = re.compile(rf"{_ONSET}$")
_NEEDS_CODA = re.compile(r"(?:ươ|iê|yê|uô|ă|â|uyê|oă|uâ)$")
_STOP_CODA = re.compile(r"(?:ch|[cpt])$")

# Syllables without a first consonant that really occur alone; every other one is the second half of a broken word.
_ALONE = frozenset(
    (  # noqa: SIM905  # a hundred words in lines, not one a line
        "a à ạ á ai ái an án ạn anh ảnh ánh ao ào ảo áo áp ác ách ăn âm ấm ẩm ầm ân ấn ẩn ấp ập ất âu ấu ẩu "
        "ấy em én eo ép ê ế ếch i ích im in ín inh ít ì ỉ o ó ò ôi ối ồn ổn ôn ốm ông ống ốc ô ổ ồ ơ ở ợ ớt "
        "ơi ơn oai oan oán oanh oi u ù ủ út uy ủy uỷ úy uỵ uyên uyển uông uống ung ủng úng ư ừ ứ ứng ửng ưng "
        "ức ước ươm ương ướt ưu ưa ưỡn y ý ỷ yên yếm yếu yêu yết úp ụp ụ ịt iêu "
    ).split()
)
_VOWELS = frozenset(letter for plain, letters in _PLAIN.items() if plain != "d" for letter in plain + letters)
_VOWELS |= {letter.upper() for letter in _VOWELS}
_WORD = re.compile(r"[^\W\d_]+\Z")
_MAY_BE_BROKEN = re.compile(rf"[^\W\d_]\s+[{''.join(sorted(_VOWELS))}]")


# Huyền, hỏi, ngã, sắc, nặng, as marks of their own.
_TONES = "\u0300\u0309\u0303\u0301\u0323"
_ALPHABET = "aăâbcdđeêfghijklmnoôơpqrstuưvwxyz"


def compose(text: str) -> str:
    """The same text in NFC, without zero-width marks, with every kind of space but the line feed as one blank each."""
    text = unicodedata.normalize("NFC", text)
    return text.translate(_SPACES) if _ODD.search(text) else text


_SPACES: dict[int, str | None] = dict.fromkeys((160, 8194, 8195, 8199, 8201, 8239, 12288, 11), " ")
_SPACES |= dict.fromkeys((173, 8203, 8204, 8205, 8288, 65279, 0))
# Looking first is ten times cheaper than translating half a million characters that need it not.
_ODD = re.compile(f"[{''.join(re.escape(chr(code)) for code in _SPACES)}]")


def fold(text: str) -> str:
    """The text in lower case without accents, đ as d; same length as the given NFC text, so spans carry over.

    >>> fold("Kính gửi: ĐƠN VỊ")
    'kinh gui: don vi'
    """
    return _fold_short(text) if len(text) < 400 else text.translate(_FOLD)


# The same lines are looked at by every part of a grammar; translating is the dearest step (0.5 s of 200 pages without).
@lru_cache(maxsize=32_768)
def _fold_short(text: str) -> str:
    return text.translate(_FOLD)


def squash(text: str) -> str:
    """Only the letters and digits of the folded text: what is left when spaces and punctuation cannot be trusted."""
    return "".join(character for character in fold(text) if character.isalnum())


def unlikeness(printed: str, meant: str, limit: float) -> float:
    """How far `printed` is from `meant`: 0.6 a dropped character, 1 a changed or added one; more than `limit` once over.

    Both are taken as they are; fold or squash them first. A dropped letter is cheaper, for it is what text layers of
    scans do most. O(len(printed) x len(meant)) time, one row of memory; stops early past `limit`.
    """  # noqa: E501  # one rule of the grammar stays in one place
    if len(printed) - len(meant) > limit or (len(meant) - len(printed)) * 0.6 > limit:
        return limit + 1
    row = [0.6 * column for column in range(len(meant) + 1)]
    for index, character in enumerate(printed, start=1):
        above = row
        row = [float(index)]
        for column, wanted in enumerate(meant, start=1):
            row.append(
                min(above[column - 1] + (character != wanted), above[column] + 1.0, row[column - 1] + 0.6),
            )
        if min(row) > limit:
            return limit + 1
    return row[-1]


def likeness(printed: str, meant: str) -> float:
    """Between 0 and 1: how surely `printed` is the phrase `meant` after damage; accents, case and spaces do not count.

    0 when more than about a third of the letters are missing or a fifth are wrong.
    """
    candidate, phrase = squash(printed), squash(meant)
    if not candidate or not phrase:
        return 0.0
    if candidate == phrase:
        return 1.0
    limit = 0.22 * len(phrase)
    cost = unlikeness(candidate, phrase, limit)
    return 0.0 if cost > limit else 1.0 - cost / len(phrase)


def closest(printed: str, phrases: Iterable[str]) -> tuple[str, float] | None:
    """The phrase of a fixed vocabulary that the printed text most probably is, with its likeness; None when none is."""
    best: tuple[str, float] | None = None
    for phrase in phrases:
        score = likeness(printed, phrase)
        if score > 0 and (best is None or score > best[1]):
            best = (phrase, score)
    return best


@lru_cache(maxsize=512)
def tolerant(phrase: str) -> str:
    """A pattern over folded text that finds the phrase with letters dropped after each syllable's first consonant.

    Each syllable keeps its first letter and may lose or blur the others; spaces between syllables may be missing or be
    line breaks. Every quantifier is bounded, so the pattern cannot run away on garbage.
    """
    parts = []
    for syllable in fold(phrase).split():
        head, rest = syllable[0], len(syllable) - 1
        if head in "aeiouy":
            parts.append(rf"[a-z]{{1,{len(syllable)}}}" if rest else r"[a-z]?")
        else:
            parts.append(head + (rf"[a-z]{{0,{rest}}}" if rest else ""))
    return r"\s{0,3}".join(parts)


def lead_end(folded: str, phrase: str) -> int | None:
    """Where the phrase ends at the head of a folded text, letters dropped or not; None when the head is another phrase.

    Short phrases need this second look: by its consonants alone `Kiên Giang` could be `Kính gửi`. A damaged one must be
    followed by a colon.
    """
    match = _lead(phrase).match(folded)
    if match is not None:
        score = likeness(match["phrase"], phrase)
        if score == 1.0 or (score >= 0.72 and ":" in match["mark"]):
            return match.end()
    # Letters that a text layer gave twice or put apart: `Nơi nh ơ ận:`.
    head, colon, _ = folded[: len(phrase) + 6].partition(":")
    return len(head) + 1 if colon and likeness(head, phrase) >= 0.8 else None


@lru_cache(maxsize=64)
def _lead(phrase: str) -> re.Pattern[str]:
    return re.compile(rf"[\W_]{{0,4}}(?P<phrase>{tolerant(phrase)})(?![a-z])(?P<mark>\s{{0,3}}[:;.]?\s{{0,3}})")


def is_syllable(word: str) -> bool:
    """Whether the word can be one Vietnamese syllable by its shape (accent on the right codas is not checked)."""
    base = _tone_free(word)
    return bool(_SYLLABLE.match(base)) and not _NEEDS_CODA.search(base)


@lru_cache(maxsize=4096)
def _tone_free(word: str) -> str:
    decomposed = unicodedata.normalize("NFD", word.lower())
    kept = "".join(mark for mark in decomposed if mark not in "\u0300\u0301\u0303\u0309\u0323")
    return unicodedata.normalize("NFC", kept)


def repair_spaces(text: str) -> str:
    """The text with words joined again that a text layer has broken: `thi ệt hại` → `thiệt hại`, `C ác` → `Các`.

    A break is mended only where the parts cannot stand alone and the whole can: a lone first consonant before a vowel,
    or a rime that no Vietnamese word begins with. Runs of blanks become one.
    """
    words = text.split()
    if not _MAY_BE_BROKEN.search(text):
        return " ".join(words)
    mended: list[str] = []
    for word in words:
        if mended and word[0] in _VOWELS and _belongs_together(mended[-1], word, mended[-2] if len(mended) > 1 else ""):
            mended[-1] += word
        else:
            mended.append(word)
    return " ".join(mended)


def _belongs_together(left: str, right: str, before: str) -> bool:
    left, tail = left.lstrip("(“\"'"), right.rstrip(",.;:)!?”\"'/")
    if not _WORD.match(left) or not tail or not _WORD.match(tail):
        return False
    # A lone capital is an initial, unless it carries a mark (`CH Ỉ TH Ị`).
    if tail[0].isupper() and not (left.isupper() and tail.isupper() and (len(tail) > 1 or not tail.isascii())):
        return False
    if not is_syllable(left + tail):
        return False
    if _ONSET_ALONE.match(left.lower()):
        return fold(before) not in {"diem", "khoan"}
    if not is_syllable(left) and not left.isupper():
        return True
    return tail.lower() not in _ALONE and not _STOP_CODA.search(_tone_free(left))


def is_capitals(text: str) -> bool:
    """Whether nearly all letters of the text are capitals (nine in ten; a lone lower-case slip of a scan is forgiven)."""  # noqa: E501  # one rule of the grammar stays in one place
    letters = sum(map(str.isalpha, text))
    return letters > 0 and sum(map(str.isupper, text)) >= 0.9 * letters


def alphabetic(text: str) -> list[tuple[tuple[tuple[int, int], ...], int]]:
    """What Vietnamese text is sorted by, word for word: its letters (d before đ before e), then its tone.

    The tones stand as in dictionaries: none, huyền, hỏi, ngã, sắc, nặng.
    """
    return [_alphabetic_word(word) for word in unicodedata.normalize("NFC", text).lower().split()]


def _alphabetic_word(word: str) -> tuple[tuple[tuple[int, int], ...], int]:
    marks = unicodedata.normalize("NFD", word)
    tone = next((_TONES.index(mark) for mark in marks if mark in _TONES), -1)
    plain = unicodedata.normalize("NFC", "".join(mark for mark in marks if mark not in _TONES))
    return tuple((_ALPHABET.find(letter), ord(letter)) for letter in plain), tone
