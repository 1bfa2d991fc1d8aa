"""An official document as PDF, set by the Typst compiler that comes whole in a wheel: no network, no other program.

The text travels as JSON into `official.typ` and is inserted there as values, so it is never read as markup.
Equal content, font files and compiler give equal bytes: the file is dated by the document, not by the clock.
"""

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, time
from functools import cache
from itertools import pairwise, takewhile
from pathlib import Path
from typing import Any, Literal

import typst

from vonggac.reports import fonts, layout, metrics
from vonggac.reports.official import (
    Annex,
    Block,
    Heading,
    OfficialDocument,
    Paragraph,
    Span,
    Strips,
    Table,
    plain,
    words,
)

_TEMPLATE = Path(__file__).with_name("official.typ")
_LONG_CELL_CHARACTERS = 900
"""A row whose cell may outgrow a page has to be allowed to break; shorter rows are kept whole."""


def write_pdf(document: OfficialDocument, font: fonts.Font | None = None) -> bytes:
    """The document as PDF 1.7, fonts embedded; by default in `fonts.chosen_font()`."""
    return render(document, "pdf", font or fonts.chosen_font())[0]


def render(
    document: OfficialDocument, form: Literal["pdf", "png"], font: fonts.Font, pixels_per_inch: float = 96
) -> list[bytes]:
    """The compiled files: one PDF, or one PNG a page."""
    data = json.dumps(_content(document, font), ensure_ascii=False)
    dated = datetime.combine(document.header.dated, time(), UTC)
    compiled = typst.compile(
        _TEMPLATE,
        root=_TEMPLATE.parent,
        font_paths=_typst_fonts(font),
        sys_inputs={"document": data},
        format=form,
        ppi=pixels_per_inch if form == "png" else None,
        timestamp=dated,
    )
    if isinstance(compiled, bytes):
        return [compiled]
    return list(compiled or ())


@cache
def _typst_fonts(font: fonts.Font) -> typst.Fonts:
    """Only the folders of the chosen files: with the system's fonts left out, no other can slip in."""
    folders = sorted({str(path.parent) for path in font.files})
    return typst.Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=folders)


def _content(document: OfficialDocument, font: fonts.Font) -> dict[str, Any]:
    header = document.header
    full, left, right = layout.TEXT_WIDTH_MM, layout.HEADER_LEFT_MM, layout.HEADER_RIGHT_MM
    return {
        "layout": {name.lower(): value for name, value in vars(layout).items() if name.isupper()},
        "font": font.name,
        "title": document.title,
        "parent_body": _lines(header.parent_body_lines) if header.parent_body else None,
        "issuing_body": _lines(header.issuing_body_lines, bold=True),
        "number_line": _line(header.number_line, left),
        "place_line": _line(header.place_line, right),
        "letter_subject": _lines(header.subject_lines) if header.type_name is None else None,
        "type_name": _line(header.type_name.upper(), full) if header.type_name else None,
        "subject": _lines(header.subject_lines),
        "addressees": [_line(line, full - 50) for line in document.addressee_lines()],
        **_body(document.closed_blocks(), full),
        "recipients": [_line(line, layout.SIGNER_LEFT_MM) for line in document.recipient_lines()],
        "signer_lines": [_line(line, full - layout.SIGNER_LEFT_MM, bold=True) for line in document.signer.lines],
        "signer_name": _line(document.signer.name, full - layout.SIGNER_LEFT_MM, bold=True)
        if document.signer.name
        else None,
        "checkpoint_line": _line(document.checkpoint_line, full) if document.checkpoint_line else None,
        "annexes": [_annex(document, index, annex) for index, annex in enumerate(document.annexes)],
    }


def _annex(document: OfficialDocument, index: int, annex: Annex) -> dict[str, Any]:
    width = layout.LANDSCAPE_TEXT_WIDTH_MM if annex.is_landscape else layout.TEXT_WIDTH_MM
    return {
        "label": _line(document.annex_label(index), width),
        "title": _lines(annex.title_lines),
        "citation": _lines(document.header.citation_lines(width)),
        "is_landscape": annex.is_landscape,
        "blocks": _blocks(annex.blocks, width),
    }


def _body(blocks: Sequence[Block], width_mm: float) -> dict[str, Any]:
    """The blocks, and apart from them those that stand on the signer's page: the last one and what is before it.

    Of a table there, only its last rows.
    """
    blocks = blocks if len(blocks) > 1 else (Paragraph(()), *blocks)
    *drawn, before, last = _blocks(blocks, width_mm)
    if before["kind"] == "table" and len(before["rows"]) > layout.KEPT_ROWS:
        rows = before["rows"]
        drawn.append({**before, "rows": rows[: -layout.KEPT_ROWS], "goes_on": True})
        before |= {"rows": rows[-layout.KEPT_ROWS :], "has_heading": False}
    return {"blocks": drawn, "kept_blocks": [before, last]}


def _blocks(blocks: Iterable[Block], width_mm: float) -> list[dict[str, Any]]:
    """The blocks drawn; `introduces` says of each whether it stays with a table that comes right after it."""
    drawn = [_block(block, width_mm) for block in blocks]
    for block, following in pairwise(drawn):
        block["introduces"] = following["kind"] == "table" and block["kind"] == "paragraph"
    return drawn


def _block(block: Block, width_mm: float) -> dict[str, Any]:
    if isinstance(block, Table):
        return _table(block, width_mm)
    if isinstance(block, Strips):
        return _strips(block, width_mm)
    if isinstance(block, Heading):
        return {"kind": "heading", "spans": _line(block.line, width_mm, bold=True)}
    spans = [Span(span.text, span.bold, span.italic or block.is_basis) for span in block.spans]
    groups = [_spans(group, width_mm, layout.BODY_PT) for group in _words(spans)]
    return {"kind": "paragraph", "spans": _spans(spans, width_mm, layout.BODY_PT), "words": groups, "introduces": False}


def _words(spans: Iterable[Span]) -> Iterator[list[Span]]:
    """The spans word by word, without the spaces between; a word may be of several spans."""
    word: list[Span] = []
    for span in spans:
        first, *others = span.text.split(" ")
        word.append(replace(span, text=first))
        for text in others:
            yield word
            word = [replace(span, text=text)]
    yield word


def _strips(strips: Strips, width_mm: float) -> dict[str, Any]:
    room = width_mm - layout.STRIP_LABEL_MM
    return {
        "kind": "strips",
        "lanes": [
            {
                "name": _spans(words(lane.name), layout.STRIP_LABEL_MM - 2, layout.STRIP_PT),
                "pieces": [{"width_mm": share * room, "shade": shade} for share, shade in lane.pieces],
            }
            for lane in strips.lanes
        ],
        "axis": [
            {"width_mm": share * room, "text": _spans(words(text), share * room, layout.STRIP_PT)}
            for share, text in strips.axis
        ],
    }


def _table(table: Table, width_mm: float) -> dict[str, Any]:
    widths = layout.fit_widths([column.width_mm for column in table.columns], width_mm)
    inner = [width - 2 * layout.CELL_INSET_MM for width in widths]
    long_ones = [
        any(sum(len(span.text) for span in cell) > _LONG_CELL_CHARACTERS for cell in row) for row in table.rows
    ]
    return {
        "kind": "table",
        "has_heading": True,
        "goes_on": False,
        "columns": [
            {
                "title": _spans(words(column.title, bold=True), room, layout.TABLE_PT),
                "width_mm": width,
                "align": column.align,
            }
            for column, width, room in zip(table.columns, widths, inner, strict=True)
        ],
        "rows": [
            {
                "cells": [_spans(cell, room, layout.TABLE_PT) for cell, room in zip(row, inner, strict=True)],
                "is_long": is_long,
                "together": together,
            }
            for row, is_long, together in zip(table.rows, long_ones, _together(table, long_ones), strict=True)
        ],
    }


def _together(table: Table, long_ones: Sequence[bool]) -> Iterator[int]:
    """For each row how many from it on stay on one page, 0 for one that goes with the row before it.

    A long row may break, so it holds no other.
    """
    held = [place in table.held_rows and not any(long_ones[place : place + 2]) for place in range(len(long_ones))]
    for place in range(len(held)):
        yield 0 if place and held[place - 1] else 1 + len([*takewhile(bool, held[place:])])


def _lines(lines: Iterable[str], *, bold: bool = False) -> list[list[dict[str, Any]]]:
    """Lines already broken by measure; a word wider than its line is still cut by `_spans`."""
    return [_spans(words(line, bold=bold), layout.HEADER_LEFT_MM, layout.BODY_PT) for line in lines]


def _line(text: str, width_mm: float, *, bold: bool = False) -> list[dict[str, Any]]:
    return _spans(words(text, bold=bold), width_mm, layout.BODY_PT)


def _spans(spans: Iterable[Span], width_mm: float, size_points: float) -> list[dict[str, Any]]:
    width_points = width_mm * layout.POINTS_PER_MM
    return [
        {
            "pieces": breakable_pieces(metrics.shown(plain(span.text)), width_points, size_points, bold=span.bold),
            "bold": span.bold,
            "italic": span.italic,
        }
        for span in spans
    ]


def breakable_pieces(text: str, width_points: float, size_points: float, *, bold: bool = False) -> list[str]:
    """The text in pieces between which a line may break: whole, except for words wider than the line."""
    pieces = [""]
    for index, word in enumerate(text.split(" ")):
        pieces[-1] += " " if index else ""
        if metrics.width_points(word, size_points, bold=bold) <= width_points * 0.98:
            pieces[-1] += word
        else:
            pieces[-1] += word[0]
            pieces.extend(word[1:])
    return pieces
