"""Acts on tokens: made, revoked, and turned into access when a program shows one."""

import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db import transaction

from vonggac.errors import InputError, NotPermitted
from vonggac.ledger import services as ledger
from vonggac.register.access import holds
from vonggac.register.models import Organisation, Person, RoleName, Token
from vonggac.register.rules import Act, may
from vonggac.tenancy.scope import Scope, scoped, system

SUBJECT = "token"
PREFIX = "vgt_"
# Longer than a year nobody remembers what a token is for.
MOST_DAYS = 366
LAST_USED_STEP = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class TokenAccess:
    """A program at work on one organisation: what it sees and what it may do there."""

    token: Token
    organisation: Organisation
    roles: frozenset[str]
    scope: Scope

    @property
    def name(self) -> str:
        """Who stands behind what the program does: the person, else the token's own name."""
        return self.token.person.name if self.token.person else self.token.name

    def need(self, act: Act) -> None:
        """Raise NotPermitted unless one of the roles includes the act."""
        if not may(self.roles, act):
            raise NotPermitted(f"this token's roles do not include this ({act.value})")


@transaction.atomic
def create_token(
    name: str,
    organisation: Organisation,
    roles: Sequence[str],
    *,
    at: datetime,
    on: date,
    days: int,
    person: Person | None = None,
) -> tuple[Token, str]:
    """The token and its secret, which is told this once; a person's token carries no role that they lack.

    `at` by the clock that ends tokens, the machine's; `on` the desk's day, on which the roles are held.
    """
    if not name.strip():
        raise InputError("name the program that will use the token")
    if not 1 <= days <= MOST_DAYS:
        raise InputError(f"a token lives from 1 to {MOST_DAYS} days")
    unknown = set(roles) - set(RoleName.values)
    if unknown or not roles:
        raise InputError(f"give one or more of these roles: {', '.join(RoleName.values)}")
    if person is not None and not holds(person, organisation.path, frozenset(roles), on=on):
        raise NotPermitted(f"{person} does not hold {', '.join(roles)} on {organisation}")
    secret = PREFIX + secrets.token_urlsafe(32)
    token = Token.objects.create(
        name=name.strip(),
        digest=_digest(secret),
        person=person,
        organisation=organisation,
        org_path=organisation.path,
        roles=sorted(set(roles)),
        made_at=at,
        expires_at=at + timedelta(days=days),
    )
    ledger.record(
        "token.create", SUBJECT, token.pk, organisation.path, at=at,
        name=token.name, roles=token.roles, person=person.email if person else None, until=token.expires_at.isoformat(),
    )  # fmt: skip
    return token, secret


@transaction.atomic
def revoke_token(token: Token, *, at: datetime) -> Token:
    """The token, which opens nothing any more; a second time changes nothing."""
    if token.revoked_at is None:
        token.revoked_at = at
        token.save(update_fields=["revoked_at"])
        ledger.record("token.revoke", SUBJECT, token.pk, token.org_path, at=at, name=token.name)
    return token


def token_access(secret: str, *, at: datetime, on: date) -> TokenAccess:
    """The access that a secret gives now; NotPermitted when it gives none, without saying why."""
    with scoped(system("tokens")):
        token = (
            Token.objects.select_related("organisation", "person")
            .filter(digest=_digest(secret), revoked_at__isnull=True, expires_at__gt=at)
            .exclude(organisation__valid_to__lte=on)
            .first()
        )
        if token is None:
            raise NotPermitted("the token is unknown, revoked or expired")
        if token.last_used_at is None or at - token.last_used_at > LAST_USED_STEP:
            Token.objects.filter(pk=token.pk).update(last_used_at=at)
    roles = frozenset(token.roles)
    if token.person is not None and not holds(token.person, token.org_path, roles, on=on):
        raise NotPermitted("the person behind the token no longer holds its roles")
    return TokenAccess(token, token.organisation, roles, Scope(f"token:{token.pk}", token.org_path))


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
