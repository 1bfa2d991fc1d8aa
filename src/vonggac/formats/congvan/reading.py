"""From text to documents: clean, split, read each part, and say how sure each field is."""

import itertools
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date

from vonggac.formats.congvan.addressees import Addressees, find_addressees
from vonggac.formats.congvan.attached import carrier
from vonggac.formats.congvan.bodies import body_of_symbol, body_that_orders, committee_in_text
from vonggac.formats.congvan.clauses import body_end, read_clauses
from vonggac.formats.congvan.closing import find_recipients, find_signer, parted_columns
from vonggac.formats.congvan.contacts import find_contacts
from vonggac.formats.congvan.dates import make_date, restored_place
from vonggac.formats.congvan.document import Clause, Contact, Document, Signer, Source
from vonggac.formats.congvan.header import Header, read_header
from vonggac.formats.congvan.lines import Line, Sheet, clean, drops_letters
from vonggac.formats.congvan.number import find_number
from vonggac.formats.congvan.period import find_period, watch_words
from vonggac.formats.congvan.portal import read_portal
from vonggac.formats.congvan.references import find_cves, find_references, issuer_cited, symbols_of
from vonggac.formats.congvan.remarks import remarks
from vonggac.formats.congvan.segments import Segment, is_annex, split
from vonggac.formats.congvan.subject import NONE, kind_of
from vonggac.formats.congvan.vocabulary import Vocabulary
from vonggac.kernel.text import fold, squash

# Five times the longest directive with annexes seen (200 pages are 600,000 characters); garbage ends here.
CHARACTERS = 1_500_000
LINES = 60_000
_HEAD_CHARACTERS = 20_000
DOCUMENTS = 200

_NEWS = re.compile(
    r"\b(?:vua|moi|da) (?:co |ky )?(?:ban hanh|phat di|cong van|van ban|ra |gui)|anh minh hoa|\(anh\b|^theo do\b|luot xem|chi tiet .{0,60}tep dinh kem",  # noqa: E501  # one rule of the grammar stays in one place
    re.MULTILINE,
)


# Fields whose words are nobody's vocabulary.
_FREE = frozenset({"subject", "addressees", "clauses", "recipients", "signer"})
# A line that gave this many lost its line ends; a table's row or the head's two columns give fewer.
_PARTS_OF_ONE_LINE = 8

_NO_HEAD = "không thấy đầu văn bản (số, quốc hiệu, tên loại): đây có thể là bài viết hoặc bản trích thiếu đầu"


def read(text: str | Iterable[str], vocabulary: Vocabulary) -> list[Document]:
    """The official documents of a text (or of its lines), in order; at least one, of kind `none` when it holds no document.

    Never raises for what the text says. O(length of the text); nothing is guessed: what a document does not say is None.
    """  # noqa: E501  # one rule of the grammar stays in one place
    lines, is_cut = _within_limits(text)
    if not any(line.text for line in lines):
        return [Document(NONE, warnings=("không có chữ nào để đọc",))]
    parts = split(lines, vocabulary)
    references = [find_references(_joined(part.lines), vocabulary) for part in parts[:DOCUMENTS]]
    cited = symbols_of(itertools.chain.from_iterable(references))
    documents: list[Document] = []
    for part, found in zip(parts[:DOCUMENTS], references, strict=True):
        reading = _Reading(part.lines, vocabulary, cited, found)
        documents.append(_with_warning(reading.issued_with(documents, reading.document()), _unparted(part)))
    documents = [_issued_as_cited(one, parts) for one in documents]
    if is_cut or len(parts) > DOCUMENTS:
        documents[-1] = _with_warning(documents[-1], "tệp quá dài: phần cuối không được đọc")
    return documents


def _issued_as_cited(document: Document, parts: Sequence[Segment]) -> Document:
    """The document with the issuer that another one of the file cites it with, where its own head has lost it."""
    citation = _citation(document.number, document.symbol)
    if document.issuer or not document.number or citation is None:
        return document
    others = (_joined(part.lines) for part in parts if part.lines[0].number != document.first_line)
    issuer = next((found for text in others if (found := issuer_cited(text, citation))), None)
    if issuer is None:
        return document
    return replace(document, issuer=issuer, confidence=document.confidence | {"issuer": 0.7})


def _with_warning(document: Document, warning: str | None) -> Document:
    return replace(document, warnings=(*document.warnings, warning)) if warning else document


def _unparted(part: Segment) -> str | None:
    if part.unparted is None:
        return None
    return f"sau phần kết còn đoạn có dáng một văn bản khác, không tách được (từ dòng {part.unparted}); cần xem tệp"


def _within_limits(text: str | Iterable[str]) -> tuple[list[Line], bool]:
    """The cleaned lines of as much text as a directive can hold, and whether some was left out."""
    whole = text if isinstance(text, str) else "\n".join(text)
    lines = clean(whole[:CHARACTERS])
    return lines[:LINES], len(whole) > CHARACTERS or len(lines) > LINES


class _Reading:
    """The reading of one document; collects fields, certainties, sources and warnings."""

    def __init__(
        self, lines: tuple[Line, ...], vocabulary: Vocabulary, cited: frozenset[str], references: tuple[str, ...]
    ) -> None:
        self.references = references
        self.portal, used = read_portal(lines)
        self.lines = parted_columns(
            tuple(Line(line.number, "") if index in used else line for index, line in enumerate(lines))
        )
        self.vocabulary = vocabulary
        self.sheet = Sheet(self.lines)
        self.header: Header = read_header(self.lines, vocabulary, cited)
        self.carrier = carrier(self.lines, vocabulary) if self.header.number is None else None
        self.cited = cited
        self.confidence: dict[str, float] = {}
        self.sources: dict[str, Source] = {}
        self.warnings: list[str] = []

    def document(self) -> Document:
        """The document with everything that could be read from it."""
        number, symbol = self._number()
        kind = self._kind(symbol)
        if kind == NONE:
            return self._no_document()
        issued = self._date()
        place = self._place()
        issuer, parent = self._issuer(symbol, place)
        subject = self._subject()
        addressees = self._addressees(kind)
        begin = max(self.header.end, addressees.last if addressees else 0)
        end = begin + body_end(self.lines[begin:])
        measures = read_clauses(self.lines[begin:end], issued)
        clauses, mended = measures.clauses, measures.mended
        recipients, recipients_at = find_recipients(self.lines)
        signer = self._signer(max(begin, min(end, recipients_at - 14 if recipients_at else end)))
        body = "\n".join((measures.outside, *(clause.text for clause in clauses)))
        period = find_period(subject, issued, self.vocabulary, body)
        self._rate_lists(clauses, mended, bool(recipients), recipients_at)
        if period:
            if period.why.startswith("nội dung"):
                self._note("period", 0.7, self._printed(period.why.rpartition("“")[2].rstrip("”")))
            else:
                self._note("period", 0.9 if "in trong" in period.why else 0.8, self.sources.get("subject"))
        elif (printed := watch_words(body)) and (source := self._printed(printed)):
            self.sources["period"] = source
        references = self._cited(number, symbol)
        contacts = self._contacts(self.lines[begin:end])
        cves = self._cves()
        self.warnings += [*mended, *measures.warnings, *remarks(measures, self.lines[end:], issued)]
        self._doubt_free_text()
        return Document(
            kind=kind, number=number, symbol=symbol, issuer=issuer, parent_issuer=parent, place=place, date=issued,
            urgency=self.header.urgency, confidentiality=self.header.secrecy, subject=subject,
            addressees=addressees.names if addressees else (), references=references, cves=cves,
            clauses=clauses, contacts=contacts, recipients=recipients, signer=signer, period=period,
            deadlines=measures.deadlines_outside,
            confidence=self.confidence, warnings=tuple(self.warnings), sources=self.sources,
            first_line=self.lines[0].number, last_line=self.lines[-1].number,
        )  # fmt: skip

    def issued_with(self, before: list[Document], document: Document) -> Document:
        """The document with the issuer of the one it was issued with, where the file holds that too."""
        citation = fold(self.carrier.citation or "") if self.carrier else ""
        cited = (one.issuer for one in before if fold(_citation(one.number, one.symbol) or "-") == citation)
        issuer = next(cited, None)
        if document.issuer or issuer is None:
            return document
        return replace(document, issuer=issuer, confidence=document.confidence | {"issuer": 0.85})

    def _no_document(self) -> Document:
        """What can be said of a text that is no official document, or only the body of one without its head."""
        flat = self.sheet.flat
        self.confidence.clear()
        self.sources.clear()
        is_news = bool(_NEWS.search(self.sheet.folded[:8_000]))
        measures = read_clauses(() if is_news else self.lines[: body_end(self.lines)], None)
        clauses = measures.clauses
        issuer = body_that_orders(flat, self.vocabulary) if clauses else None
        if issuer:
            self.confidence["issuer"] = 0.6
        self.confidence["kind"] = 0.9 if is_news else 0.7
        if not self.warnings:
            self.warnings.append(_NO_HEAD)
        cves = self._cves()
        return Document(
            kind=NONE, issuer=issuer, references=self.references,
            cves=cves, clauses=clauses, contacts=self._contacts(self.lines) if clauses else (),
            confidence=self.confidence, warnings=(*self.warnings, *measures.mended, *measures.warnings),
            first_line=self.lines[0].number, last_line=self.lines[-1].number,
        )  # fmt: skip

    def _cves(self) -> tuple[str, ...]:
        found = find_cves(self.sheet.flat)
        if found.doubtful and found.names:
            self.confidence["cves"] = 0.6
        self.warnings += [f"mã lỗ hổng “{printed}” bị ngắt quãng; cần đối chiếu" for printed in found.doubtful]
        return found.names

    def _contacts(self, lines: tuple[Line, ...]) -> tuple[Contact, ...]:
        contacts, broken = find_contacts(lines)
        if broken and contacts:
            self.confidence["contacts"] = 0.6
        self.warnings += [f"thư điện tử “{printed}” bị ngắt quãng hoặc thiếu; cần đối chiếu" for printed in broken]
        return contacts

    def _printed(self, words: str) -> Source | None:
        """Where these words are printed first, also over the end of a line."""
        start = self.sheet.flat.replace("\n", " ").find(words)
        return Source(self.sheet.source(start, start).line, words) if start >= 0 else None

    def _note(self, name: str, certainty: float, source: Source | None) -> None:
        self.confidence[name] = certainty
        if source is not None:
            self.sources[name] = source

    def _number(self) -> tuple[str | None, str | None]:
        found = self.header.number
        if found is None and "number" in self.portal:
            source = self.portal["number"]
            found = find_number(f"Số: {source.raw}", self.vocabulary, self.cited)
            if found is not None:
                self._note_number(found.number, found.symbol, 0.9 * found.certainty + 0.05, source)
                return found.number, found.symbol
        if found is None:
            return None, None
        source = self.header.sheet.source(found.start, found.end)
        if found.warning:
            self.warnings.append(found.warning)
            self.sources["number"] = source
        self._note_number(found.number, found.symbol, found.certainty, source)
        return found.number, found.symbol

    def _note_number(self, number: str | None, symbol: str | None, certainty: float, source: Source) -> None:
        if number is not None:
            self._note("number", certainty, source)
        if symbol is not None:
            self._note("symbol", certainty, source)

    def _cited(self, number: str | None, symbol: str | None) -> tuple[str, ...]:
        """The references without the document's own number, whole or broken by a blank in it: `12 07/UBND-VX`."""
        printed = self.sources["number"].raw if "number" in self.sources else ""
        own = {fold(one) for one in (*find_references(printed, self.vocabulary), _citation(number, symbol) or "")}
        return tuple(found for found in self.references if fold(found) not in own)

    def _kind(self, symbol: str | None) -> str:
        header = self.header
        kind, certainty = kind_of(header.title, symbol, header.has_about, self.vocabulary)
        portal = self.portal.get("kind")
        if portal and (kind is None or certainty < 0.95):
            named = {squash(title): name for title, name in self.vocabulary.kinds.items()}.get(squash(portal.raw))
            if named:
                self._note("kind", 0.95, portal)
                return named
        if header.number is None and is_annex(self.lines):
            self.warnings.append("đây là phụ lục hoặc biểu mẫu kèm theo một văn bản khác, không có đầu văn bản riêng")
            return NONE
        has_head = header.number is not None or header.has_motto or header.is_party or "number" in self.portal
        if self.carrier is not None:
            has_head = True
            self.warnings.append(f"ban hành kèm theo {self.carrier.citation or 'một văn bản khác'}, không có số riêng")
        greeting = find_addressees(self.lines, is_wire=False)
        if (
            not has_head
            and not (header.place_date and header.place_date.is_sure)
            and not (greeting and (header.has_about or find_recipients(self.lines)[0]))
        ):
            return NONE
        if kind is None and greeting is not None:
            kind, certainty = "cong_van", 0.7
        if kind is None:
            return NONE
        at = header.title.index if header.title else (header.subject.first if header.subject else 0)
        line = self.lines[at] if at < len(self.lines) else self.lines[0]
        self._note("kind", certainty, Source(line.number, line.text[:200]))
        return kind

    def _date(self) -> date | None:
        found = self.header.place_date
        if found is not None and (found.is_sure or self.carrier is None):
            source = self.header.sheet.source(found.start, found.end)
            if found.date is None:
                self.warnings.append(f"không đọc được ngày: “{source.raw}”")
                self.sources["date"] = source
                return None
            self._note("date", 0.97 if found.is_sure else 0.85, source)
            return found.date
        source_or_none = self.portal.get("date")
        if source_or_none is None:
            if self.carrier is not None and self.carrier.date is not None:
                self._note("date", 0.85, None)
                return self.carrier.date
            return None
        match = re.search(r"(\d{1,2})\s?[/\-.]\s?(\d{1,2})\s?[/\-.]\s?(\d{4})", source_or_none.raw)
        when = make_date(match[1], match[2], match[3]) if match else None
        if when:
            self._note("date", 0.95, source_or_none)
        return when

    def _place(self) -> str | None:
        found = self.header.place_date
        if found is None or found.place is None:
            return None
        source = self.header.sheet.source(found.start, found.end)
        whole = restored_place(found.place, self.vocabulary)
        if whole is not None:
            self.warnings.append(f"nơi ban hành in là “{found.place}”, đọc là “{whole}”")
        known = self.vocabulary.level_of(found.place) is not None
        self._note("place", 0.97 if known else 0.85, source)
        return whole or found.place

    def _issuer(self, symbol: str | None, place: str | None) -> tuple[str | None, str | None]:
        bodies = self.header.bodies
        by_symbol, _ = body_of_symbol(symbol, place, self.vocabulary) if symbol else (None, None)
        source = self._body_source()
        # Without a number in the head, capitals above are as likely the site's own name as the issuer's.
        is_portal = self.header.number is None and "issuer" in self.portal
        if bodies.issuer and bodies.certainty > 0.5 and not is_portal:
            agrees = by_symbol is not None and fold(by_symbol) == fold(bodies.issuer)
            self._note("issuer", max(bodies.certainty, 0.98 if agrees else 0.0), source)
            if bodies.parent:
                self._note("parent_issuer", 0.9, source)
            return bodies.issuer, bodies.parent
        if bodies.issuer and not is_portal:
            where = committee_in_text(self.sheet.flat[:6_000], self.vocabulary)
            level = self.vocabulary.level_of(place) if place else None
            name = by_symbol or (f"{bodies.issuer} {level} {place}" if level else None)
            name = name or (f"{bodies.issuer} {where}" if where else bodies.issuer)
            self._note("issuer", 0.92 if by_symbol or level else 0.7 if where else 0.4, source)
            return name, None
        if "issuer" in self.portal:
            self._note("issuer", 0.92, self.portal["issuer"])
            return self.portal["issuer"].raw.strip(), None
        if by_symbol:
            self._note("issuer", 0.9, self.sources.get("symbol"))
        return by_symbol, None

    def _body_source(self) -> Source | None:
        first = self.header.bodies.raw.split(" / ")[0]
        line = next((line for line in self.header.sheet.lines if first and first in line.text), None)
        return Source(line.number, self.header.bodies.raw[:300]) if line else None

    def _subject(self) -> str | None:
        found = self.header.subject
        text = self._in_one_piece(found.text) if found else None
        if found is not None and text is not None:
            certainty = found.certainty if text == found.text else 0.5
            self._note("subject", certainty, Source(self.lines[found.first].number, text))
            return text
        portal = self.portal.get("subject")
        if portal is not None:
            self._note("subject", 0.85, portal)
            return portal.raw.rstrip(" .;")
        return None

    def _in_one_piece(self, text: str) -> str | None:
        """As much of a subject as stands in one piece but for a stamp; number, date and motto are carved out before."""
        behind = self.sheet.flat[len(self.header.unstamped) : _HEAD_CHARACTERS]
        whole = squash(self.header.unstamped) + squash(behind)
        words = text.split()
        while words and squash(" ".join(words)) not in whole:
            words.pop()
        return " ".join(words) if len(words) > 1 or words == text.split() else None

    def _addressees(self, kind: str) -> Addressees | None:
        found = find_addressees(self.lines, is_wire=kind == "cong_dien")
        if found and found.names:
            raw = " ".join(line.text for line in self.lines[found.first : found.last])
            self._note("addressees", found.certainty, Source(self.lines[found.first].number, raw[:500]))
        return found

    def _signer(self, after: int) -> Signer | None:
        signer, at, certainty = find_signer(self.lines, after)
        if signer is not None and at is not None:
            self._note("signer", certainty, Source(self.lines[at].number, self.lines[at].text))
            return signer
        portal = self.portal.get("signer")
        if portal is not None and 3 < len(portal.raw) < 60:
            self._note("signer", 0.9, portal)
            return Signer(None, None, portal.raw.strip())
        return None

    def _doubt_free_text(self) -> None:
        """Lower what stands in free words where the file shows that words were damaged: no vocabulary mends those."""
        most = 1.0
        if max(Counter(line.number for line in self.lines if line.text).values(), default=0) >= _PARTS_OF_ONE_LINE:
            most = 0.85
        if drops_letters(self.sheet):
            most = 0.75
        for name in _FREE.intersection(self.confidence):
            self.confidence[name] = min(self.confidence[name], most)

    def _rate_lists(
        self, clauses: tuple[Clause, ...], mended: tuple[str, ...], has_recipients: bool, recipients_at: int | None
    ) -> None:
        if clauses:
            self._note("clauses", 0.75 if mended else 0.9, Source(clauses[0].line, clauses[0].text[:200]))
        if has_recipients and recipients_at is not None:
            self._note("recipients", 0.9, Source(self.lines[recipients_at].number, self.lines[recipients_at].text))


def _citation(number: str | None, symbol: str | None) -> str | None:
    if number is None or symbol is None:
        return None
    is_party = re.fullmatch(r"[^-]+/.+", symbol) is not None
    return f"{number}{'-' if is_party else '/'}{symbol}"


def _joined(lines: tuple[Line, ...]) -> str:
    return "\n".join(line.text for line in lines if line.text)
