"""Official documents of Vietnamese bodies (Decree 30/2020) read from text, however scans and sites have damaged it.

    documents = congvan.read(text, congvan.Vocabulary.from_mapping(pack))
    congvan.to_json(documents, sha256)

How it works and what it tolerates: docs/explanation/directive-reader.md. The JSON: docs/reference/directive-json.md.
"""

from vonggac.formats.congvan.deadlines import find_deadlines
from vonggac.formats.congvan.document import (
    Clause,
    Contact,
    Deadline,
    Document,
    Period,
    Recipient,
    Signer,
    Source,
    deadline_to_json,
    to_json,
)
from vonggac.formats.congvan.outline import deadline_in_words, outline
from vonggac.formats.congvan.reading import read
from vonggac.formats.congvan.vocabulary import Vocabulary

__all__ = [
    "Clause", "Contact", "Deadline", "Document", "Period", "Recipient", "Signer", "Source", "Vocabulary",
    "deadline_in_words", "deadline_to_json", "find_deadlines", "outline", "read", "to_json",
]  # fmt: skip
