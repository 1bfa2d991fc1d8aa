import struct

import pypdfium2

from tests.reports.documents import long_table, paragraph, report
from vonggac.reports import fonts
from vonggac.reports.official import Annex
from vonggac.reports.pdf import write_pdf
from vonggac.reports.preview import preview_pages


def size(png):
    assert png.startswith(b"\x89PNG\r\n\x1a\n")
    return struct.unpack_from(">II", png, 16)


def test_there_is_one_picture_a_page_of_the_pdf():
    document = report(paragraph("x"), annexes=(Annex("A", (long_table(80),)),))
    pictures = preview_pages(document)
    assert len(pictures) == len(pypdfium2.PdfDocument(write_pdf(document))) > 2


def test_a_single_page_is_a_list_of_one_picture_in_the_asked_resolution():
    (picture,) = preview_pages(report(paragraph("x")), pixels_per_inch=72, font=fonts.find_font([]))
    assert size(picture) == (595, 842) or size(picture) == (596, 842)


def test_a_page_on_its_side_is_wider_than_high():
    width, height = size(preview_pages(report(annexes=(Annex("A", (long_table(1, 8),)),)))[-1])
    assert width > height
