"""The tables of duty, one module a noun."""

from vonggac.duty.models.members import Eligibility, Leave, LeaveKind, LeaveState, Member, Wish
from vonggac.duty.models.messages import Link, Message
from vonggac.duty.models.posts import Post, PostKind, Reinforcement, ShiftType
from vonggac.duty.models.presence import HandOver, Prompt, WatchItem
from vonggac.duty.models.rosters import Edit, Placement, Roster, RosterPost, RosterState, Shift
from vonggac.duty.models.settings import Feed, HolidayOverride, SheetMapping, TighterRule

__all__ = [
    "Edit",
    "Eligibility",
    "Feed",
    "HandOver",
    "HolidayOverride",
    "Leave",
    "LeaveKind",
    "LeaveState",
    "Link",
    "Member",
    "Message",
    "Placement",
    "Post",
    "PostKind",
    "Prompt",
    "Reinforcement",
    "Roster",
    "RosterPost",
    "RosterState",
    "SheetMapping",
    "Shift",
    "ShiftType",
    "TighterRule",
    "WatchItem",
    "Wish",
]
