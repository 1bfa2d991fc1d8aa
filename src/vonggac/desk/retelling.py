"""Says in the reader's language what readers and services told in English, and what was written down in Vietnamese.

`desk/told.py` finds the sentences of refusals, rejects and warnings in the sources, `desk/written.py` those of reasons,
titles and letters. The catalogues translate them as messages of the contexts `told` and `written`, and here a sentence
is recognised by its message and said again with its values. What nobody told that way (a page's own words, a person's)
stays as it is.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, lru_cache

from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language, gettext_lazy

from vonggac.desk import catalogue, told, words, written
from vonggac.desk.words import Word
from vonggac.flows.local_times import WEEKDAYS
from vonggac.formats.traffic import NAMES as LOG_NAMES

_COMMAND = re.compile(r"`([^`]+)`")
_PLACEHOLDER = re.compile(r"%\((\w+)\)s")
CONTEXTS = (told.CONTEXT, written.CONTEXT)
# Thousands as English has them, and as Vietnamese does; four such parts are an address.
_MANY = {"vi": re.compile(r"\d{1,3}(?:,\d{3})+"), "en": re.compile(r"\d{1,3}(?:\.\d{3}){1,2}")}
_DAY = re.compile(rf"(?:{'|'.join(WEEKDAYS)})(?= \d{{1,2}}/\d)")
# What every letter's subject begins with: no value of a sentence about something else.
SENDER = "[Vọng Gác] "
# A page of fifty rows tells the same few again and again; one takes as long as a row's other words together.
SENTENCES_KEPT = 2_000
# What somebody typed or sent is told back in some; a long one is not kept, for two thousand could be gigabytes.
LONGEST_KEPT = 2_000
# What stands between a name, or a quoted cell, and what is said of it.
BEHIND = (": ", "” ")
# What stands between sentences.
BETWEEN = ("; ", *BEHIND, " – ", " · ")
# Codes and short words that sentences carry as values.
VALUES: Mapping[str, Word] = {
    **words.STATES,
    "acknowledge": gettext_lazy("be acknowledged"),
    "start": gettext_lazy("be begun"),
    "claim": gettext_lazy("be reported done"),
    "dispute": gettext_lazy("be disputed"),
    "refuse": gettext_lazy("be answered with “cannot comply”"),
    "settle": gettext_lazy("be sent out again"),
    "close": gettext_lazy("be closed without proof"),
    "reopen": gettext_lazy("be reopened"),
    "withdraw": gettext_lazy("have its claim taken back"),
    "work": gettext_lazy("working on cases"),
    "assign": gettext_lazy("entering directives and deciding for others"),
    "import": gettext_lazy("importing lists, logs and registers"),
    "report": gettext_lazy("drafting and issuing reports"),
    "administer": gettext_lazy("administration of people, sensors and tokens"),
    "audit": gettext_lazy("reading the whole ledger"),
    **{str(name): words.LOGS[kind] for kind, name in LOG_NAMES.items()},
    "no act given": gettext_lazy("no act given"),
    # What a reader calls lines that came, or were pasted, without a file.
    "message": gettext_lazy("the message"),
    "the office": gettext_lazy("Office as printed"),
    "its abbreviation": gettext_lazy("Symbol: BC-…"),
    "the place": gettext_lazy("Place"),
    "the title of who signs": gettext_lazy("Title"),
    "issuing body": gettext_lazy("Office as printed"),
    "parent body": gettext_lazy("Body above it"),
    "abbreviation": gettext_lazy("Symbol: BC-…"),
    "place": gettext_lazy("Place"),
    "signer authority": gettext_lazy("Signs for"),
    "signer title": gettext_lazy("Title"),
    "signer name": gettext_lazy("Name"),
    "filing": gettext_lazy("Filed at (Lưu)"),
}


@dataclass(frozen=True, slots=True)
class _Told:
    """A message: what its sentences look like, a piece that each of them holds, and its translation."""

    pattern: re.Pattern[str]
    piece: str
    translation: str


def retold(text: object) -> str:
    """The sentence in the language of this request; of several joined ones, and behind a name, each by itself."""
    said = str(text)
    return (_kept if len(said) <= LONGEST_KEPT else _retold)(said, get_language() or "")


def _retold(said: str, language: str) -> str:
    if (known := _known(said, language)) is not None:
        return known
    if said.startswith(SENDER):
        return SENDER + retold(said.removeprefix(SENDER))
    for joint in BEHIND:
        head, found, tail = said.partition(joint)
        # Of several joined sentences each has a head of its own.
        if found and BETWEEN[0] not in head and (known := _known(tail, language)) is not None:
            return f"{head}{joint}{known}"
    for joint in BETWEEN:
        if joint in said:
            return joint.join(map(retold, said.split(joint)))
    return _DAY.sub(lambda found: _known(found[0], language) or found[0], said)


_kept = lru_cache(SENTENCES_KEPT)(_retold)


def letter(text: str) -> str:
    """A letter in the language of this request, line by line."""
    return "\n".join(map(retold, text.split("\n")))


def as_html(text: object) -> SafeString:
    """As `retold`, for a page: what stands between backticks is a command."""
    return mark_safe(_COMMAND.sub(r"<code>\1</code>", escape(retold(text))))  # noqa: S308  escaped before


def _known(said: str, language: str) -> str | None:
    for message in _messages(language):
        if message.piece in said and (found := message.pattern.fullmatch(said)):
            return message.translation % {name: _value(value, language) for name, value in found.groupdict().items()}
    return None


def _value(value: str, language: str) -> str:
    """A value as the reader's language has it: codes in words, sentences retold, thousands as it has them."""
    parts = value.split(", ")
    if all(part in VALUES for part in parts):
        return ", ".join(str(VALUES[part]) for part in parts)
    if language in _MANY and _MANY[language].fullmatch(value):
        return value.translate(str.maketrans(",.", ".,"))
    return retold(value) if " " in value or not value.isascii() else value


@cache
def _messages(language: str) -> tuple[_Told, ...]:
    """The messages of a language, those with the most words of their own first."""
    if language not in catalogue.LANGUAGES:
        return ()
    entries = catalogue.read_po(catalogue.po_file(language).read_text(encoding="utf-8"))
    templates = {
        message: forms[0]
        for key, forms in entries.items()
        for context, _, message in [key.partition(catalogue.CONTEXT_END)]
        if context in CONTEXTS and message and forms[0]
    }
    ordered = sorted(templates, key=lambda template: -len(_PLACEHOLDER.sub("", template)))
    return tuple(_told(template, templates[template]) for template in ordered)


def _told(template: str, translation: str) -> _Told:
    pieces = [piece.replace("%%", "%") for piece in _PLACEHOLDER.split(template)]
    written, names = pieces[::2], pieces[1::2]
    pattern = (re.escape(written[0]) or f"(?!{re.escape(SENDER)})") + "".join(
        f"(?P<{name}>.*?){re.escape(piece)}" for name, piece in zip(names, written[1:], strict=True)
    )
    return _Told(re.compile(pattern, re.DOTALL), max(written, key=len), translation)
