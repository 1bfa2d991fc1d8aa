"""Bytes of .txt, .md, .docx and .pdf files as text lines, with page furniture removed and limits kept."""

import io
import re
import shutil
import subprocess
import tempfile
import zipfile
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from vonggac.errors import LimitExceeded, UnreadableFile
from vonggac.formats import encodings
from vonggac.formats.limits import MEBIBYTE
from vonggac.kernel.text import compose, fold

if TYPE_CHECKING:
    from docx.text.paragraph import Paragraph

    from vonggac.formats.word_numbering import Numbering

CONTENT_BYTES = 64 * MEBIBYTE
TEXT_CHARACTERS = 24 * MEBIBYTE
PAGES = 2_000
EXPANDED_BYTES = 256 * MEBIBYTE
EXPANSION_RATIO = 200
OCR_SECONDS = 600
# A page of running text has at least this many letters; below it, page for page, a PDF is a scan.
SCAN_LETTERS_PER_PAGE = 25
# Controls and private use: binary noise has one in ten of them, a text hardly any (old Word's cell marks).
NO_TEXT_SHARE = 0.05
_NO_TEXT = re.compile("[\x00-\x08\x0e-\x1f\x7f\ue000-\uf8ff]")

_MARKDOWN = (".md", ".markdown")
_DOCUMENTS = (".txt", ".docx", ".pdf", *_MARKDOWN)
_RESAVE = "open it in Word or LibreOffice and save it as .docx or .pdf"
_PICTURE = "a picture, not a document; scan it to PDF and recognise it, or ask the sender for the signed digital file"
_WEB_PAGE = "a web page; open it in a browser, print it to PDF, or save its text as .txt"
# What other files begin with (in lower case), and what to do with them; the name is not trusted.
_OTHERS = {
    b"\xd0\xcf\x11\xe0": f"an old .doc file; {_RESAVE}",
    b"{\\rtf": f"a rich text (.rtf) file; {_RESAVE}",
    b"\x89png\r": _PICTURE,
    b"\xff\xd8\xff": _PICTURE,
    b"ii*\x00": _PICTURE,
    b"mm\x00*": _PICTURE,
    b"<!doctype html": _WEB_PAGE,
    b"<html": _WEB_PAGE,
    b"rar!": "an archive; unpack it and send the document inside",
    b"7z\xbc\xaf": "an archive; unpack it and send the document inside",
}
# The same for files that are archives within; each by a member that only they have.
_PACKED = {
    "content.xml": f"an OpenDocument (.odt) file; {_RESAVE}",
    "xl/workbook.xml": "an Excel workbook, not a Word document; send the directive itself, as .docx or .pdf",
    "ppt/presentation.xml": "a presentation, not a Word document; send the directive itself, as .docx or .pdf",
}


@dataclass(frozen=True, slots=True)
class DocumentText:
    """The lines of a document as read; `kind` is txt, md, docx or pdf; `pages` is None where the format has none.

    `warnings` say what was left out or guessed (furniture, recognised text).
    """

    lines: tuple[str, ...]
    kind: str
    pages: int | None = None
    warnings: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        """The lines joined by line feeds."""
        return "\n".join(self.lines)


def read_text(content: bytes, filename: str) -> DocumentText:
    """The text of a file; its own first bytes count more than its name.

    Raises UnreadableFile (empty, no text, damaged, encrypted, or a scan without text and no recognition installed; the
    message says what to do) and LimitExceeded (over 64 MiB, 2,000 pages, 24 million characters, or a compression bomb).
    """
    if len(content) > CONTENT_BYTES:
        raise LimitExceeded(f"{filename}: larger than {CONTENT_BYTES // MEBIBYTE} MiB; split the file or send its text")
    if not content.strip():
        raise UnreadableFile(f"{filename}: the file is empty; ask the sender to send it again")
    if content[:1_024].lstrip().startswith(b"%PDF-"):
        return _read_pdf(content, filename)
    if content.startswith(b"PK\x03\x04"):
        return _read_docx(content, filename)
    head = content[:1_024].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    for signature, advice in _OTHERS.items():
        if head.startswith(signature):
            raise UnreadableFile(f"{filename}: {advice}")
    return _read_plain(content, filename)


def _read_plain(content: bytes, filename: str) -> DocumentText:
    sample = content[:4_096]
    encoding = encodings.detect(content)
    # Any table or log is text too: only the name tells them from a document.
    is_named_a_document = filename.lower().endswith(_DOCUMENTS)
    if not is_named_a_document or (encoding in {"utf-8", "cp1258"} and sample.count(0) > 0):
        raise UnreadableFile(f"{filename}: not a text, Word or PDF file; send .txt, .md, .docx or .pdf")
    text = encodings.decode(content, encoding)
    if len(_NO_TEXT.findall(text)) > NO_TEXT_SHARE * len(text):
        raise UnreadableFile(
            f"{filename}: no text: it holds bytes that no writing has; it is damaged or of another kind, send it again"
        )
    if len(text) > TEXT_CHARACTERS:
        raise LimitExceeded(f"{filename}: over {TEXT_CHARACTERS:,} characters; this is no official document")
    kind = "md" if filename.lower().endswith(_MARKDOWN) else "txt"
    return DocumentText(tuple(_lines(text)), kind)


def _lines(text: str) -> list[str]:
    """The lines of a text; form feeds end lines too."""
    return text.replace("\r\n", "\n").replace("\r", "\n").replace("\f", "\n").removesuffix("\n").split("\n")


def _read_docx(content: bytes, filename: str) -> DocumentText:
    _check_archive(content, filename)
    # Word files need python-docx and lxml (0.2 s to import); text and PDF do not pay for it.
    import docx  # noqa: PLC0415
    from docx.table import Table  # noqa: PLC0415

    from vonggac.formats.word_numbering import Numbering  # noqa: PLC0415

    try:
        document = docx.Document(io.BytesIO(content))
        numbering = Numbering(document)
        lines: list[str] = []
        for block in document.iter_inner_content():
            lines.extend(_table_lines(block, numbering) if isinstance(block, Table) else _paragraph(block, numbering))
    except (KeyError, ValueError, zipfile.BadZipFile, SyntaxError, AttributeError) as error:
        raise UnreadableFile(f"{filename}: not a readable Word file; open it in Word and save it again") from error
    if sum(map(len, lines)) > TEXT_CHARACTERS:
        raise LimitExceeded(f"{filename}: over {TEXT_CHARACTERS:,} characters; this is no official document")
    return DocumentText(tuple(compose(line) for line in lines), "docx")


def _paragraph(paragraph: "Paragraph", numbering: "Numbering") -> list[str]:
    """A paragraph's lines, the first with the number or bullet that Word prints before it."""
    label = numbering.label(paragraph)
    return _lines(f"{label} {paragraph.text}" if label and paragraph.text.strip() else paragraph.text)


def _table_lines(table: object, numbering: "Numbering") -> Iterator[str]:
    """A table's cells, top to bottom and left to right, each followed by a blank line; merged cells once."""
    seen: set[object] = set()
    for row in table.rows:  # type: ignore[attr-defined]
        for cell in row.cells:
            if cell._tc in seen:  # noqa: SLF001  # python-docx has no public identity for a merged cell
                continue
            seen.add(cell._tc)  # noqa: SLF001
            for paragraph in cell.paragraphs:
                yield from _paragraph(paragraph, numbering)
            yield ""


def _check_archive(content: bytes, filename: str) -> None:
    try:
        members = zipfile.ZipFile(io.BytesIO(content)).infolist()
    except zipfile.BadZipFile as error:
        raise UnreadableFile(f"{filename}: damaged archive; ask the sender to send the file again") from error
    expanded = sum(member.file_size for member in members)
    packed = sum(member.compress_size for member in members) or 1
    if expanded > EXPANDED_BYTES or (expanded > MEBIBYTE and expanded / packed > EXPANSION_RATIO):
        raise LimitExceeded(f"{filename}: unpacks to {expanded // MEBIBYTE} MiB; refused as a compression bomb")
    names = {member.filename for member in members}
    for name, advice in _PACKED.items():
        if name in names:
            raise UnreadableFile(f"{filename}: {advice}")
    if "word/document.xml" not in names:
        raise UnreadableFile(f"{filename}: an archive, not a Word document; unpack it and send the document inside")


def _read_pdf(content: bytes, filename: str) -> DocumentText:
    pages = _pdf_pages(content, filename)
    letters = sum(character.isalpha() for page in pages for line in page for character in line)
    if letters < SCAN_LETTERS_PER_PAGE * len(pages):
        return _recognise(content, filename, len(pages))
    return DocumentText(tuple(without_furniture(pages)), "pdf", len(pages))


def _pdf_pages(content: bytes, filename: str) -> list[list[str]]:
    import pypdfium2  # noqa: PLC0415  # loads a native library

    try:
        document = pypdfium2.PdfDocument(content)
    except pypdfium2.PdfiumError as error:
        reason = (
            "it asks for a password; save it without one"
            if "password" in str(error).lower()
            else "damaged PDF; send it again"
        )
        raise UnreadableFile(f"{filename}: cannot be opened: {reason}") from error
    try:
        if len(document) > PAGES:
            raise LimitExceeded(
                f"{filename}: {len(document)} pages, over {PAGES}; send the directive without its annexes"
            )
        pages, characters = [], 0
        for page in document:
            textpage = page.get_textpage()
            pages.append(_lines(compose(textpage.get_text_bounded().replace("\ufffe", "-"))))
            characters += sum(map(len, pages[-1]))
            textpage.close()
            page.close()
            if characters > TEXT_CHARACTERS:
                raise LimitExceeded(f"{filename}: over {TEXT_CHARACTERS:,} characters; this is no official document")
    except pypdfium2.PdfiumError as error:
        raise UnreadableFile(f"{filename}: a page cannot be read; open the file and print it to PDF again") from error
    finally:
        document.close()
    return pages


def without_furniture(pages: list[list[str]]) -> list[str]:
    """The lines of all pages without page numbers and without what heads or feet repeat on most pages."""
    heads = Counter(_shape(line) for page in pages for line in _edges(page))
    often = {shape for shape, count in heads.items() if shape and count > max(2, len(pages) // 2)}
    kept: list[str] = []
    for page in pages:
        for index, line in enumerate(page):
            is_edge = index < 2 or index >= len(page) - 2
            if is_edge and (_shape(line) in often or re.fullmatch(r"\W*\d{1,4}\W*", line)):
                continue
            kept.append(line.rstrip())
    return kept


def _edges(page: list[str]) -> list[str]:
    return page if len(page) < 5 else [*page[:2], *page[-2:]]


def _shape(line: str) -> str:
    return re.sub(r"\d+", "#", fold(line)).strip()


def _recognise(content: bytes, filename: str, pages: int) -> DocumentText:
    """The text of a scan by ocrmypdf, where it is installed with Vietnamese; else the message that says what to do."""
    if shutil.which("ocrmypdf") is None or not _has_vietnamese():
        raise UnreadableFile(
            f"{filename}: a scan without text ({pages} pages). Install recognition (apt install ocrmypdf tesseract-ocr-vie) "  # noqa: E501  # one rule of the grammar stays in one place
            "and read it again, or ask the sender for the signed digital file"
        )
    with tempfile.TemporaryDirectory() as folder:
        source, result = Path(folder, "scan.pdf"), Path(folder, "text.pdf")
        source.write_bytes(content)
        command = ["ocrmypdf", "-l", "vie", "--force-ocr", "--quiet", "--output-type", "pdf", str(source), str(result)]
        try:
            subprocess.run(command, check=True, capture_output=True, timeout=OCR_SECONDS)  # noqa: S603  # fixed words
        except (subprocess.SubprocessError, OSError) as error:
            raise UnreadableFile(f"{filename}: the scan could not be recognised; ask for the digital file") from error
        recognised = _pdf_pages(result.read_bytes(), filename)
    return DocumentText(
        tuple(without_furniture(recognised)), "pdf", pages, ("văn bản nhận dạng từ bản quét; cần đối chiếu",)
    )


def _has_vietnamese() -> bool:
    tesseract = shutil.which("tesseract")
    if tesseract is None:
        return False
    listing = subprocess.run([tesseract, "--list-langs"], capture_output=True, text=True, timeout=30, check=False)  # noqa: S603
    return "vie" in listing.stdout.split()
