"""What each role may do, as a table that one person can read."""

from enum import StrEnum


class Act(StrEnum):
    """The acts that roles differ in; whoever holds any role on a node may read its subtree."""

    WORK = "work"  # acknowledge, start, claim, add evidence, dispute, hand over
    ASSIGN = "assign"  # enter and confirm directives, bind, forward, extend, recall, settle disputes, answer for others
    IMPORT = "import"  # lists, logs, registers
    REPORT = "report"  # draft and issue reports
    ADMINISTER = "administer"  # people, roles, sensors, settings, tokens, recovery
    AUDIT = "audit"  # verify the ledger, read every entry of the subtree


MAY: dict[str, frozenset[Act]] = {
    "head": frozenset({Act.WORK, Act.ASSIGN, Act.IMPORT, Act.REPORT, Act.AUDIT}),
    "duty_officer": frozenset({Act.WORK, Act.ASSIGN, Act.IMPORT, Act.REPORT}),
    "it_officer": frozenset({Act.WORK}),
    "analyst": frozenset({Act.WORK, Act.IMPORT}),
    "auditor": frozenset({Act.AUDIT}),
    "administrator": frozenset({Act.ADMINISTER, Act.IMPORT, Act.AUDIT}),
}


def may(roles: frozenset[str], act: Act) -> bool:
    """True when one of the roles includes the act."""
    return any(act in MAY.get(role, frozenset()) for role in roles)


def path_below(parent_path: str, identifier: int) -> str:
    """The path of an organisation with this identifier under a parent ("" for a root)."""
    return f"{parent_path}{identifier:06d}/"


def identifier_of(path: str) -> int:
    """The identifier of the organisation at the end of a path: it stays when the path above it changes."""
    return int(path.rstrip("/").rpartition("/")[2])
