"""Message catalogues without GNU gettext: what the sources say, what a .po file answers, and the .mo that Django reads.

    python -m vonggac.desk.catalogue     compiles every django.po of the package and names what has no translation

`tests/desk/test_catalogue.py` holds the three together.
"""

import ast
import struct
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

from django.utils.translation.template import templatize

from vonggac.desk import told, written

PACKAGE = Path(__file__).resolve().parents[1]
LOCALE = PACKAGE / "locale"
LANGUAGES = ("vi", "en")
CONTEXT_END, PLURAL = "\x04", "\0"
_MAGIC, _REVISION, _HEADER_BYTES = 0x950412DE, 0, 28
# Function → (place of the context, of the message, of the plural) among its arguments.
_CALLS: Mapping[str, tuple[int | None, int, int | None]] = {
    "_": (None, 0, None),
    "gettext": (None, 0, None),
    "gettext_lazy": (None, 0, None),
    "ngettext": (None, 0, 1),
    "ngettext_lazy": (None, 0, 1),
    "pgettext": (0, 1, None),
    "pgettext_lazy": (0, 1, None),
    "npgettext": (0, 1, 2),
}

Catalogue = dict[str, tuple[str, ...]]


def messages_of(folder: Path = PACKAGE) -> dict[str, set[str]]:
    """Every message that a folder marks for translation, tells or writes (context first, plural last) → its files."""
    found: dict[str, set[str]] = {}
    for path in sorted((*folder.rglob("*.py"), *folder.rglob("*.html"), *folder.rglob("*.txt"))):
        text = path.read_text(encoding="utf-8")
        source = templatize(text) if path.suffix != ".py" else text
        for message in _calls(source, is_template=path.suffix != ".py"):
            found.setdefault(message, set()).add(str(path.relative_to(folder)))
    for context, sentences in ((told.CONTEXT, told.sentences), (written.CONTEXT, written.sentences)):
        for sentence, path in sentences(folder):
            found.setdefault(f"{context}{CONTEXT_END}{sentence}", set()).add(str(path.relative_to(folder)))
    return found


def _calls(source: str, *, is_template: bool) -> Iterator[str]:
    """The messages of Python source; a template's calls stand one a line among masked text."""
    trees = _template_calls(source) if is_template else [ast.parse(source)]
    for tree in trees:
        for node in ast.walk(tree):
            if isinstance(node, ast.Call):
                name = node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")
                if message := _message(name, node.args):
                    yield message


def _template_calls(source: str) -> Iterator[ast.AST]:
    position = 0
    while (start := min((at for name in _CALLS if (at := source.find(f" {name}(", position)) >= 0), default=-1)) >= 0:
        depth, end = 0, start
        quote = ""
        for end in range(start, len(source)):
            letter = source[end]
            if quote:
                quote = "" if letter == quote and source[end - 1] != "\\" else quote
            elif letter in "'\"":
                quote = letter
            else:
                depth += (letter == "(") - (letter == ")")
                if letter == ")" and depth == 0:
                    break
        yield ast.parse(source[start : end + 1].strip())
        position = end + 1


def _message(name: str, arguments: list[ast.expr]) -> str:
    if name not in _CALLS:
        return ""
    context, place, plural = _CALLS[name]
    values = [one.value if isinstance(one, ast.Constant) else None for one in arguments]
    texts = [value if isinstance(value, str) else "" for value in values]
    if len(texts) <= place or not texts[place]:
        return ""
    key = f"{texts[context]}{CONTEXT_END}{texts[place]}" if context is not None else texts[place]
    return f"{key}{PLURAL}{texts[plural]}" if plural is not None else key


def read_po(text: str) -> Catalogue:
    """The entries of a .po file: message (context first) → its translations, one a plural form."""
    found: Catalogue = {}
    fields: dict[str, str] = {}
    current = ""
    for line in [*text.splitlines(), ""]:
        if line.startswith("#") or not line.strip():
            if not line.strip() and "msgid" in fields:
                _store(found, fields)
                fields = {}
            continue
        keyword, _, rest = line.partition(" ") if not line.startswith('"') else (current, "", line)
        current = keyword
        fields[keyword] = fields.get(keyword, "") + ast.literal_eval(rest.strip())
    return found


def _store(found: Catalogue, fields: Mapping[str, str]) -> None:
    key = f"{fields['msgctxt']}{CONTEXT_END}{fields['msgid']}" if "msgctxt" in fields else fields["msgid"]
    plural = fields.get("msgid_plural")
    forms = tuple(text for name, text in sorted(fields.items()) if name.startswith("msgstr"))
    found[key if plural is None else f"{key}{PLURAL}{plural}"] = forms


def compile_mo(catalogue: Catalogue) -> bytes:
    """The .mo file (GNU gettext manual, “The Format of GNU MO Files”) of the translated entries, sorted by message."""
    entries = sorted((key.encode(), "\0".join(forms).encode()) for key, forms in catalogue.items() if all(forms))
    count = len(entries)
    offset = _HEADER_BYTES + 16 * count
    tables, strings = [b"", b""], b""
    for side in (0, 1):
        for entry in entries:
            tables[side] += struct.pack("<II", len(entry[side]), offset + len(strings))
            strings += entry[side] + b"\0"
    header = struct.pack("<7I", _MAGIC, _REVISION, count, _HEADER_BYTES, _HEADER_BYTES + 8 * count, 0, offset)
    return header + tables[0] + tables[1] + strings


def untranslated(language: str) -> list[str]:
    """The messages that a language's catalogue does not answer: English needs only what is written in Vietnamese."""
    catalogue = read_po(po_file(language).read_text(encoding="utf-8"))
    lacking = (message for message in messages_of() if not all(catalogue.get(message, ("",))))
    return sorted(message for message in lacking if _is_written(message) == (language == "en"))


def _is_written(message: str) -> bool:
    return message.startswith(f"{written.CONTEXT}{CONTEXT_END}")


def po_file(language: str) -> Path:
    """Where the catalogue of a language stands."""
    return LOCALE / language / "LC_MESSAGES" / "django.po"


def main() -> int:
    """Compile the catalogues; the exit status is 1 when one lacks something."""
    for path in sorted(PACKAGE.rglob("django.po")):
        path.with_suffix(".mo").write_bytes(compile_mo(read_po(path.read_text(encoding="utf-8"))))
    lacking = [message for language in LANGUAGES for message in untranslated(language)]
    for message in lacking:
        sys.stderr.write(f"no translation: {message!r}\n")
    return 1 if lacking else 0


if __name__ == "__main__":
    sys.exit(main())
