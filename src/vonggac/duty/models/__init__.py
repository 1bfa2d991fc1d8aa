"""The tables of duty: posts and shifts; messages and the links in them."""

from vonggac.duty.models.messages import Link, Message
from vonggac.duty.models.posts import Post, Shift

__all__ = ["Link", "Message", "Post", "Shift"]
