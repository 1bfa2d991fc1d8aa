"""Rosters as offices keep them in a spreadsheet: names × days with letters, days × names, or days × shifts with names.

    read(content, filename, month=None) -> [Reading]   one a sheet that holds days
    write(roster) -> bytes                             a workbook that `read` reads back to the same

What a letter *means* is for the caller; what the sheet itself says of it stands in `Reading.legend`.
"""

from vonggac.formats.roster_sheet.people import Named, phone_in, same
from vonggac.formats.roster_sheet.reading import Entry, Reading, column_letters, read
from vonggac.formats.roster_sheet.writing import Section, Sheet, write

__all__ = ["Entry", "Named", "Reading", "Section", "Sheet", "column_letters", "phone_in", "read", "same", "write"]
