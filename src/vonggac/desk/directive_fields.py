"""The fields of a directive as a person confirms them: what was read, how sure, where, and what they make of it."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import cache
from typing import Any

from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from vonggac.desk.handing_in import FieldProblem, in_field
from vonggac.desk.retelling import retold
from vonggac.desk.times import OFFICE_ZONE, typed_day, typed_moment
from vonggac.desk.words import Word
from vonggac.directives.models import Clause, Directive
from vonggac.directives.rules import OWN_OFFICE, bound_kinds
from vonggac.errors import InputError
from vonggac.regimes import vocabulary
from vonggac.regimes.regime import EVERY_KIND
from vonggac.register.models import OrganisationKind

# Below this the reader is wrong more than once in ten times, so a person has to look.
SURE = 0.9
LABELS: Mapping[str, Word] = {
    "kind": gettext_lazy("Type of document"),
    "number": gettext_lazy("Number"),
    "symbol": gettext_lazy("Symbol"),
    "issuer": gettext_lazy("Issued by"),
    "parent_issuer": gettext_lazy("Its superior body"),
    "place": gettext_lazy("Place"),
    "issued_on": gettext_lazy("Date"),
    "urgency": gettext_lazy("Urgency"),
    "confidentiality": gettext_lazy("Confidentiality"),
    "subject": gettext_lazy("Subject of the document"),
    "addressees": gettext_lazy("Addressees, one a line"),
    "references": gettext_lazy("Refers to, one a line"),
    "period_from": gettext_lazy("About the days from"),
    "period_to": gettext_lazy("to the day"),
}
# A document that obliges says these; the others are often left out.
EXPECTED = frozenset({"kind", "number", "symbol", "issuer", "issued_on", "subject"})
# The reader's names where they differ from the model's.
READ_AS = {"issued_on": "date", "period_from": "period", "period_to": "period"}
DAYS, LISTS, LONG = frozenset({"issued_on", "period_from", "period_to"}), ("addressees", "references"), ("subject",)
LENGTHS = {"number": 20, "symbol": 60, "issuer": 300, "parent_issuer": 300, "place": 100}
SIGNER = ("authority", "title", "name")


@dataclass(frozen=True, slots=True)
class Field:
    """One field on the page: `doubt` says why a person has to look, "" where the reader is sure."""

    name: str
    label: str
    value: str
    shape: str
    percent: int | None
    doubt: str
    raw: str
    line: int | None
    most: int | None = None

    @property
    def printed(self) -> str:
        """What the document prints there, "" where the doubt says it already."""
        return "" if "“" in self.doubt else self.raw


@cache
def kinds() -> tuple[tuple[str, str], ...]:
    """The types of documents, code and title, by title."""
    return tuple(sorted(((entry["kind"], entry["title"]) for entry in vocabulary.load()["types"]), key=lambda k: k[1]))


def kind_title(kind: str) -> str:
    """The title of a type; "" for what is no official document."""
    return dict(kinds()).get(kind, "")


def fields_of(directive: Directive) -> list[Field]:
    """Every field with what the reader thought of it, in the order of the page."""
    return [_field(directive, name) for name in LABELS]


def _field(directive: Directive, name: str) -> Field:
    reading = directive.reading
    read_as = READ_AS.get(name, name)
    certainty = (reading.get("confidence") or {}).get(read_as)
    source = (reading.get("sources") or {}).get(read_as) or {}
    raw = str(source.get("raw") or "")
    value = getattr(directive, name)
    is_corrected = _shown(value) != _as_read(reading, name, otherwise=value)
    return Field(
        name=name,
        label=str(LABELS[name]),
        value=_shown(value),
        shape=_shape(name),
        percent=round(100 * certainty) if certainty is not None and not is_corrected else None,
        doubt="" if is_corrected else _doubt(name, bool(value), certainty, raw, reading.get("warnings") or ()),
        raw=raw,
        line=source.get("line"),
        most=LENGTHS.get(name),
    )


def _as_read(reading: Mapping[str, Any], name: str, otherwise: Any) -> str:
    """What the reader made of a field, as the form shows it; `otherwise` where it said nothing at all of it."""
    if name in {"period_from", "period_to"}:
        return _shown((reading.get("period") or {}).get(name.removeprefix("period_")))
    return _shown(reading.get(READ_AS.get(name, name), otherwise))


def _shape(name: str) -> str:
    if name in DAYS:
        return "day"
    if name in LISTS:
        return "list"
    return "long" if name in LONG else "kind" if name == "kind" else "text"


def _doubt(name: str, has_value: bool, certainty: float | None, raw: str, warnings: Sequence[str]) -> str:
    if not has_value and raw:
        told = [warning for warning in warnings if raw.rpartition(": ")[2].strip() in warning]
        return retold(told[0]) if told else _("could not be read")
    if not has_value:
        return _("not found in the document") if name in EXPECTED else ""
    if certainty is not None and certainty < SURE:
        return _("the reader is not sure")
    return ""


def _shown(value: Any) -> str:
    if isinstance(value, list):
        return "\n".join(str(item) for item in value)
    return value.isoformat() if isinstance(value, date) else str(value or "")


def changes_from(form: QueryDict, directive: Directive) -> dict[str, Any]:
    """What a person filled in for one directive; only fields that the form carries."""
    prefix = f"d{directive.pk}-"
    changes: dict[str, Any] = {}
    for name in LABELS:
        if (text := form.get(prefix + name)) is not None:
            with in_field(prefix + name):
                changes[name] = _value(name, text.strip())
    if form.get(f"{prefix}signer-name") is not None:
        signer = {part: form.get(f"{prefix}signer-{part}", "").strip() or None for part in SIGNER}
        changes["signer"] = signer if any(signer.values()) else {}
    return changes


def _value(name: str, text: str) -> Any:
    if name in LISTS:
        return [line.strip() for line in text.splitlines() if line.strip()]
    if name in DAYS:
        return day_from(text)
    if name == "kind" and text and not kind_title(text):
        raise InputError(_("Choose one of the types of documents."))
    if name in LENGTHS and len(text) > LENGTHS[name]:
        raise InputError(_("%(field)s is too long.") % {"field": LABELS[name]})
    return text


@dataclass(frozen=True, slots=True)
class ClauseChange:
    """What a person made of a clause."""

    text: str
    binds: list[str]
    rule: str
    due_at: datetime | None

    def differs(self, clause: Clause) -> bool:
        """True when anything is not as it stands."""
        return (self.text, self.binds, self.rule, self.due_at) != (
            clause.text, sorted(clause.binds), clause.rule, clause.due_at,
        )  # fmt: skip


def clause_change(form: QueryDict, clause: Clause, rules: Collection[str]) -> ClauseChange | None:
    """The filled-in clause; None where the form does not carry it. `rules`: the names of proof rules to choose from."""
    prefix = f"c{clause.pk}-"
    text = form.get(f"{prefix}text")
    if text is None:
        return None
    if not text.strip():
        raise FieldProblem(f"{prefix}text", _("Clause %(label)s needs its words.") % {"label": clause.label})
    binds = kinds_from(form.getlist(f"{prefix}binds"), clause.label)
    rule = form.get(f"{prefix}rule", "").strip()
    if rule not in {"", clause.rule, *rules}:
        raise InputError(_("Clause %(label)s can have the proof rules on the page.") % {"label": clause.label})
    with in_field(f"{prefix}due"):
        due_at = moment_from(form.get(f"{prefix}due", ""))
    return ClauseChange(
        " ".join(text.split()) if "\n" not in clause.text else "\n".join(text.strip().splitlines()),
        binds,
        rule,
        due_at,
    )


def kinds_from(chosen: Sequence[str], label: str) -> list[str]:
    """The kinds that were ticked for a clause, and whether one's own office is bound too."""
    if not {EVERY_KIND, OWN_OFFICE, *OrganisationKind.values}.issuperset(chosen):
        raise InputError(_("Clause %(label)s can bind the kinds of organisation on the page.") % {"label": label})
    return bound_kinds(chosen)


def day_from(text: str) -> date | None:
    """A day as the browser or a person writes it (2024-04-30, 30/4/2024); None where nothing is written."""
    if not text.strip():
        return None
    try:
        return typed_day(text)
    except ValueError:
        raise InputError(_("“%(text)s” is no date; write it as 30/4/2024.") % {"text": text}) from None


def moment_from(text: str) -> datetime | None:
    """A moment on Hà Nội's clock; a day without an hour means its end."""
    text = text.strip()
    if not text:
        return None
    if "T" not in text and ":" not in text:
        day = day_from(text)
        return datetime.combine(day + timedelta(days=1), time(), OFFICE_ZONE) if day else None
    try:
        return typed_moment(text)
    except ValueError:
        raise InputError(_("“%(text)s” is no date and hour.") % {"text": text}) from None


def printed_contacts(directive: Directive) -> list[dict[str, Any]]:
    """The contacts that the document prints, numbered for the form."""
    return [{**contact, "index": index} for index, contact in enumerate(directive.contacts)]
