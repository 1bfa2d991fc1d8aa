"""What observation shows of a unit as HTML: the hosts that the sentence names lead to their cases."""

import re

from django.utils.html import conditional_escape, format_html, format_html_join
from django.utils.safestring import SafeString

from vonggac.cases import queries
from vonggac.cases.models import Case
from vonggac.desk import actions, proof_words

# As `flows.proof.botnet_hosts` names them.
_NAMED = re.compile(r"\d+ listed hosts? (?:is|are) [a-z ]+: (?P<names>.+?)(?: and \d+ more)?")


def sentence(case: Case) -> SafeString:
    """The sentence about a case; of the hosts named in it those are links whose cases the scope sees."""
    said = proof_words.sentence(case.proof, case.proof_reason, case.missing)
    told = _NAMED.fullmatch(case.proof_reason)
    found = queries.hosts_named(case.org_path, told["names"].split(", ")) if told else {}
    if not found:
        return conditional_escape(said)
    names = "|".join(re.escape(name) for name in sorted(found, key=len, reverse=True))
    # Before the colon stand words and numbers, which a host may be called, too.
    words, colon, told_names = said.partition(":")
    parts = re.split(f"(?<![\\w.-])({names})(?![\\w-])", told_names)
    return format_html("{}{}{}", words, colon, format_html_join("", "{}", ((_link(p, found.get(p)),) for p in parts)))


def _link(part: str, case_id: int | None) -> str:
    return format_html('<a href="{}">{}</a>', actions.address(case_id), part) if case_id else part
