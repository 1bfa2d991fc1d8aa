"""The skills that offices share: how people write them, how the desk shows them, what official papers call them."""

from collections.abc import Mapping
from functools import cache

from django.conf import settings
from django.utils import translation
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from vonggac.kernel.text import fold

LEAD = "lead"
# The skills that offices share, with the folded words by which tables and people name them besides the names below;
# others are kept as written.
SKILL_WORDS: Mapping[str, frozenset[str]] = {
    LEAD: frozenset({"truong_ca"}),
    "analyst": frozenset({"phan tich vien"}),
    "network": frozenset({"mang", "quan tri mang"}),
    "system": frozenset({"he thong", "quan tri he thong"}),
    "forensics": frozenset({"phap chung so"}),
    "spokesman": frozenset({"phat ngon"}),
}
# As the desk shows them.
SKILL_LABELS: Mapping[str, str | Promise] = {
    LEAD: _("shift lead"),
    "analyst": _("analyst"),
    "network": _("network engineer"),
    "system": _("system engineer"),
    "forensics": _("forensics"),
    "spokesman": _("spokesperson"),
}
# The same in the words of official papers and of calls, whatever language the desk speaks.
SKILL_NAMES: Mapping[str, str] = {
    LEAD: "trưởng ca", "analyst": "chuyên viên phân tích", "network": "kỹ sư mạng", "system": "kỹ sư hệ thống",
    "forensics": "chuyên viên điều tra số", "spokesman": "người phát ngôn",
}  # fmt: skip


def skill_code(text: str) -> str:
    """The code of a skill: a shared one however it is spelt, else the words themselves in small letters."""
    written = " ".join(text.split()).lower()
    return _codes().get(fold(written), written[:30])


@cache
def _codes() -> Mapping[str, str]:
    """Folded words → the code of the skill that they name: whatever the desk calls it is read as that skill."""
    found: dict[str, str] = {}
    for code, words in SKILL_WORDS.items():
        names = {code, SKILL_NAMES[code], *words}
        for language, _name in settings.LANGUAGES:
            with translation.override(language):
                names.add(str(SKILL_LABELS[code]))
        found |= {fold(name): code for name in names}
    return found
