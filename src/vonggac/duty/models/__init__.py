"""The tables of duty, one module a noun."""

from vonggac.duty.models.contacts import Channel, ChannelKind, ContactMethod, QuietHours
from vonggac.duty.models.escalation import (
    Concern,
    Escalation,
    Letter,
    Page,
    Pager,
    Policy,
    Step,
)
from vonggac.duty.models.exchanges import Exchange
from vonggac.duty.models.members import Eligibility, Leave, LeaveKind, LeaveState, Member, Wish
from vonggac.duty.models.messages import Link, Message
from vonggac.duty.models.posts import Post, PostKind, Reinforcement, ShiftType
from vonggac.duty.models.presence import HandOver, Prompt, WatchItem
from vonggac.duty.models.rosters import (
    Edit,
    InPlace,
    InPlaceKind,
    Placement,
    Roster,
    RosterPost,
    RosterState,
    Shift,
)
from vonggac.duty.models.settings import Feed, HolidayOverride, SheetMapping, TighterRule

__all__ = [
    "Channel",
    "ChannelKind",
    "Concern",
    "ContactMethod",
    "Edit",
    "Eligibility",
    "Escalation",
    "Exchange",
    "Feed",
    "HandOver",
    "HolidayOverride",
    "InPlace",
    "InPlaceKind",
    "Leave",
    "LeaveKind",
    "LeaveState",
    "Letter",
    "Link",
    "Member",
    "Message",
    "Page",
    "Pager",
    "Placement",
    "Policy",
    "Post",
    "PostKind",
    "Prompt",
    "QuietHours",
    "Reinforcement",
    "Roster",
    "RosterPost",
    "RosterState",
    "SheetMapping",
    "Shift",
    "ShiftType",
    "Step",
    "TighterRule",
    "WatchItem",
    "Wish",
]
