"""The tables of duty: posts and shifts; messages and links; contact methods; escalations."""

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
from vonggac.duty.models.messages import Link, Message
from vonggac.duty.models.posts import Post, Shift

__all__ = [
    "Channel",
    "ChannelKind",
    "Concern",
    "ContactMethod",
    "Escalation",
    "Letter",
    "Link",
    "Message",
    "Page",
    "Pager",
    "Policy",
    "Post",
    "QuietHours",
    "Shift",
    "Step",
]
