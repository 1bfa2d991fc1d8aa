"""Where what is to be said on the next page waits: Django's own places, in a cookie with this desk's own name."""

from django.conf import settings
from django.contrib.messages.storage.cookie import CookieStorage
from django.contrib.messages.storage.fallback import FallbackStorage
from django.contrib.messages.storage.session import SessionStorage


class DeskCookie(CookieStorage):
    """Messages in a cookie that another desk on the same machine does not read."""

    cookie_name = settings.VONGGAC_MESSAGES_COOKIE_NAME


class Storage(FallbackStorage):
    """The cookie first; the session for what does not fit into it."""

    storage_classes = (DeskCookie, SessionStorage)
