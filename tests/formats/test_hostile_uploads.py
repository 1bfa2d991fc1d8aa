"""Workbooks made to eat memory or time are read within their limits or refused with a sentence, at once."""

import io
import time
import zipfile
from collections.abc import Callable

import pytest

from vonggac.errors import InputError
from vonggac.formats import tables
from vonggac.formats.alerts import mapping

NAMESPACE = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
PACKAGE = "http://schemas.openxmlformats.org/package/2006"
RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
MAIN = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"
PARTS = {
    "[Content_Types].xml": f'<Types xmlns="{PACKAGE}/content-types">'
    f'<Override PartName="/xl/workbook.xml" ContentType="{MAIN}"/></Types>',
    "_rels/.rels": f'<Relationships xmlns="{PACKAGE}/relationships">'
    f'<Relationship Id="r1" Type="{RELATIONS}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
    "xl/workbook.xml": f'<workbook xmlns="{NAMESPACE}" xmlns:r="{RELATIONS}"><sheets>'
    '<sheet name="S" sheetId="1" r:id="r1"/></sheets></workbook>',
    "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{PACKAGE}/relationships">'
    f'<Relationship Id="r1" Type="{RELATIONS}/worksheet" Target="worksheets/sheet1.xml"/></Relationships>',
}
MOST_SECONDS = 30  # of the processor; a second or two on a machine of its own


def workbook(rows: str, before: str = "", size: str = "") -> bytes:
    """A workbook whose only sheet holds these rows."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, text in PARTS.items():
            packed.writestr(name, text)
        sheet = f'{before}<worksheet xmlns="{NAMESPACE}">{size}<sheetData>{rows}</sheetData></worksheet>'
        packed.writestr("xl/worksheets/sheet1.xml", sheet)
    return target.getvalue()


def cell(place: str, text: str = "ip") -> str:
    return f'<c r="{place}" t="inlineStr"><is><t>{text}</t></is></c>'


LINE = f"<row r='1'>{cell('A1')}</row><row r='2'>{cell('A2', '203.0.113.9')}</row>"
READ: dict[str, Callable[[], bytes]] = {
    "a sheet that says it is as large as any": lambda: workbook(LINE, size='<dimension ref="A1:XFD1048576"/>'),
    "a row past all rows": lambda: workbook(f"{LINE}<row r='99999999999'>{cell('A99999999999')}</row>"),
}
REFUSED: dict[str, Callable[[], bytes]] = {
    "columns without number": lambda: workbook("<row r='1'>" + "<c><v>1</v></c>" * 50_000 + "</row>"),
    "a column past all columns": lambda: workbook(f"<row r='1'>{cell('ZZZZZZZ1')}</row>"),
    "a place that is none": lambda: workbook(f"<row r='x'>{cell('?')}</row>"),
    "entities": lambda: workbook(f"<row r='1'>{cell('A1', '&a;')}</row>", '<!DOCTYPE a [<!ENTITY a "ha">]>'),
    "a file of the machine": lambda: workbook(
        f"<row r='1'>{cell('A1', '&a;')}</row>", '<!DOCTYPE a [<!ENTITY a SYSTEM "file:///etc/passwd">]>'
    ),
    "elements that never end": lambda: workbook("<row>" * 20_000)[:-200],
}


@pytest.mark.parametrize("upload", READ.values(), ids=READ)
def test_what_a_sheet_claims_of_its_size_costs_nothing(upload):
    begin = time.process_time()
    table = tables.read_table(upload(), "list.xlsx")
    assert time.process_time() - begin < MOST_SECONDS
    assert (table.columns, list(table.rows)) == (["ip"], [["203.0.113.9"]])


@pytest.mark.parametrize("upload", REFUSED.values(), ids=REFUSED)
def test_a_workbook_made_to_harm_is_refused_with_a_sentence(upload):
    begin = time.process_time()
    with pytest.raises(InputError) as error:
        tables.read_table(upload(), "list.xlsx")
    assert time.process_time() - begin < MOST_SECONDS
    assert "root:" not in str(error.value)


NESTED = ["a = " + "[" * 50_000, "a = " + "{a=" * 50_000, "[" * 50_000]


@pytest.mark.parametrize("text", NESTED, ids=["lists", "tables", "heads"])
def test_a_mapping_nested_beyond_reading_is_refused(text):
    with pytest.raises(InputError):
        mapping.from_toml(text)
