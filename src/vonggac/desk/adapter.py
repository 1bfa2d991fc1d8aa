"""What this desk decides differently from allauth: no sign-up, sign-ins in the ledger, second factors sealed."""

import base64
import hashlib
import logging
from collections.abc import Mapping
from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from cryptography.fernet import Fernet
from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse

from vonggac.flows import sessions
from vonggac.jobs import clock
from vonggac.register.models import Person

log = logging.getLogger("vonggac.sign_in")


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]  # allauth ships no types
    """Sign-in by mail address for people whom an administrator entered."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Never: people are entered by an administrator, or by an import."""
        return False

    def login(self, request: HttpRequest, user: Person) -> None:
        """Begin the session and say so in the ledger."""
        super().login(request, user)
        sessions.note(user, "session.begin", at=clock.machine_now(), address=self.get_client_ip(request))

    def logout(self, request: HttpRequest) -> None:
        """End the session and say so in the ledger."""
        person = request.user
        super().logout(request)
        if isinstance(person, Person):
            sessions.note(person, "session.end", at=clock.machine_now())

    def authentication_failed(self, request: HttpRequest, **credentials: Any) -> None:
        """Keep a refused sign-in of a person we know: somebody may be trying their password."""
        person = Person.objects.filter(email=str(credentials.get("email", "")).lower()).first()
        if person is not None:
            sessions.note(person, "session.refuse", at=clock.machine_now(), address=self.get_client_ip(request))

    def get_login_redirect_url(self, request: HttpRequest) -> str:
        """The first page, which offers what is missing: an office, a password, a second factor."""
        return str(reverse("welcome"))

    def get_password_change_redirect_url(self, request: HttpRequest) -> str:
        """The first page again, which offers what is still missing."""
        return str(reverse("welcome"))


class SecondFactorAdapter(DefaultMFAAdapter):  # type: ignore[misc]  # allauth ships no types
    """Seals the secrets of second factors with a key that is not in the database."""

    def encrypt(self, text: str) -> str:
        """The text under the desk's key."""
        return _seal().encrypt(text.encode()).decode()

    def decrypt(self, encrypted_text: str) -> str:
        """The text that `encrypt` was given."""
        return _seal().decrypt(encrypted_text.encode()).decode()


class SingleSignOnAdapter(DefaultSocialAccountAdapter):  # type: ignore[misc]  # allauth ships no types
    """The office's identity provider signs in people who are entered here, and makes nobody."""

    def is_open_for_signup(self, request: HttpRequest, sociallogin: Any) -> bool:
        """Never: an account there is no role here."""
        return False

    def on_authentication_error(
        self,
        request: HttpRequest,
        provider: Any,
        error: str | None = None,
        exception: Exception | None = None,
        extra_context: Mapping[str, Any] | None = None,
    ) -> None:
        """Keep for the administrator what went wrong between desk and provider; the person sees that it did."""
        log.warning("sign-in through %s failed: %s %.500r", provider, error, exception)


def _seal() -> Fernet:
    derived = hashlib.sha256(b"vonggac second factors\0" + str(settings.SECRET_KEY).encode()).digest()
    return Fernet(base64.urlsafe_b64encode(derived))
