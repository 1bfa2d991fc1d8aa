"""Beginning a session in the ways that pages of our own offer; every way asks for the second factor afterwards."""

from typing import Any

from allauth.account.adapter import get_adapter
from allauth.account.internal.flows.login import perform_login, record_authentication
from allauth.account.models import Login
from allauth.mfa.models import Authenticator
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils.http import url_has_allowed_host_and_scheme

from vonggac.register.models import Person


def begin(request: HttpRequest, person: Person, *, method: str, redirect_url: str | None = None) -> HttpResponseBase:
    """The answer that follows a sign-in: the page asked for, or the question for the second factor before it."""
    if request.user.is_authenticated:
        get_adapter().logout(request)
    record_authentication(request, person, method=method)
    response: HttpResponseBase = perform_login(request, Login(user=person, redirect_url=redirect_url))
    return response


def checked(request: HttpRequest, email: str, password: str) -> Person | None:
    """The person whose password it is, else None; counted against the same limits as the sign-in page.

    Raises Django's ValidationError once too many were wrong.
    """
    found: Any = get_adapter().authenticate(request, email=email.strip().lower(), password=password)
    return found if isinstance(found, Person) else None


def end(request: HttpRequest) -> None:
    """End the session of this browser."""
    get_adapter().logout(request)


def has_second_factor(person: Person) -> bool:
    """True when the person is asked for more than a password."""
    types = (Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN)
    return bool(Authenticator.objects.filter(user=person, type__in=types).exists())


def safe_address(request: HttpRequest, address: str) -> str:
    """The address if it is one of this desk's, else the first page: a link from outside must not lead outside."""
    is_ours = url_has_allowed_host_and_scheme(address, {request.get_host()}, require_https=request.is_secure())
    return address if address and is_ours else "/"
