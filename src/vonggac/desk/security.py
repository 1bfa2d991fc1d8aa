"""Headers that every answer carries, and what every template may know about who acts."""

from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase

from vonggac.desk import times
from vonggac.jobs.clock import now

CONTENT_SECURITY_POLICY = "; ".join(
    (
        "default-src 'self'",
        "script-src 'self'",
        "style-src 'self'",
        # The picture of a second factor's secret is drawn into the page: as a file of its own it would be one more
        # address that gives the secret away.
        "img-src 'self' data:",
        "connect-src 'self'",
        "font-src 'self'",
        "object-src 'none'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
        # Last, because the office's identity provider may be added to it.
        "form-action 'self'",
    )
)
HEADERS = {
    "Permissions-Policy": "camera=(), microphone=(), geolocation=(), payment=(), usb=(), interest-cohort=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    # Links of one use carry their secret in the address: no other site may be told it. Not `no-referrer`: browsers then
    # send forms with the origin `null`, and the check against forged forms refuses them.
    "Referrer-Policy": "same-origin",
}


class SecurityHeaders:
    """Adds the headers to every answer, and keeps pages of signed-in people out of shared caches."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """The answer with the headers; a view's own header of the same name stays."""
        response = self.get_response(request)
        for name, value in HEADERS.items():
            response.headers.setdefault(name, value)
        response.headers.setdefault("Content-Security-Policy", content_security_policy())
        if not request.path.startswith("/static/"):
            response.headers.setdefault("Cache-Control", "no-store, private")
        return response


def content_security_policy() -> str:
    """The policy; sign-in through the identity provider is a form that is redirected there, which browsers check."""
    apps = settings.SOCIALACCOUNT_PROVIDERS.get("openid_connect", {}).get("APPS", [])
    origins = (urlsplit(app["settings"]["server_url"]) for app in apps)
    return " ".join([CONTENT_SECURITY_POLICY, *(f"{origin.scheme}://{origin.netloc}" for origin in origins)])


def access_of_request(request: HttpRequest) -> dict[str, Any]:
    """For templates: `access` (None outside a scope), its emergency grant, the theme chosen or else of the hour."""
    access = getattr(request, "access", None)
    chosen = getattr(getattr(request, "user", None), "theme", "auto")
    return {
        "access": access,
        "break_glass": getattr(access, "break_glass", None),
        "hour_theme": chosen if chosen != "auto" else "dark" if times.is_night(now()) else "light",
        "is_theme_auto": chosen == "auto",
        "is_exercise": settings.VONGGAC_IS_EXERCISE,
    }
