"""Who calls: a token in the header, its rate, and the scope in which every operation runs."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.conf import settings
from django.core.cache import caches
from django.http import HttpRequest
from ninja.security import HttpBearer

from vonggac.desk.requests import make_afresh
from vonggac.errors import NotPermitted, Refused
from vonggac.jobs import clock
from vonggac.register.services.tokens import TokenAccess, token_access
from vonggac.tenancy.retrying import retried
from vonggac.tenancy.scope import scoped

# Wrong tokens from one address in a minute before it has to wait: guessing 256 bits is hopeless, filling logs is not.
WRONG_PER_MINUTE = 30


class TooMany(Refused):
    """The caller made more calls in this minute than the desk takes."""


class ApiRequest(HttpRequest):
    """A request whose token was accepted."""

    auth: TokenAccess


class TokenInHeader(HttpBearer):
    """`Authorization: Bearer vgt_…`, as `vonggac token create` prints it."""

    def authenticate(self, request: HttpRequest, token: str) -> TokenAccess | None:
        """The token's access, None for a token that opens nothing; TooMany past the rate.

        The token comes first: programs share an address (one gateway, one proxy), and one with an old token must not
        shut the others out.
        """
        try:
            found = token_access(token, at=clock.machine_now(), on=clock.today())
        except NotPermitted:
            if _count(f"wrong:{request.META.get('REMOTE_ADDR', '')}") > WRONG_PER_MINUTE:
                raise TooMany("too many wrong tokens from this address; wait a minute") from None
            return None
        if _count(f"token:{found.token.pk}") > settings.VONGGAC_API_PER_MINUTE:
            raise TooMany(f"more than {settings.VONGGAC_API_PER_MINUTE} calls in a minute; wait for the next one")
        return found


def in_scope(operation: Callable[..., Any]) -> Callable[..., Any]:
    """The operation, run inside the token's scope: one transaction, rolled back when it raises."""

    @wraps(operation)
    def run(request: HttpRequest, *arguments: Any, **named: Any) -> Any:
        auth = getattr(request, "auth", None)
        if not isinstance(auth, TokenAccess):
            return operation(request, *arguments, **named)

        def within() -> Any:
            with scoped(auth.scope):
                return operation(request, *arguments, **named)

        return retried(within, between=lambda: make_afresh(request))

    return run


def _count(key: str) -> int:
    """How often the key was counted in this minute, this time included."""
    counters = caches["local"]
    minute_key = f"{key}:{clock.machine_now():%H%M}"
    counters.add(minute_key, 0, timeout=120)
    return int(counters.incr(minute_key))
