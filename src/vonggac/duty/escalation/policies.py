"""Whom an organisation calls: its policies, the plan of the desk where it keeps none, and policies as TOML files."""

import json
import tomllib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.db.models import Q

from vonggac.duty.escalation import rules
from vonggac.duty.escalation.rules import Plan, Reason
from vonggac.duty.models import Policy, Post
from vonggac.duty.patterns import day_of
from vonggac.errors import InputError, OutOfScope
from vonggac.ledger import services as ledger
from vonggac.regimes import regime
from vonggac.register.models import Organisation

SUBJECT = "policy"
CALM_REASONS = frozenset({Reason.SILENCE})
LARGEST_FILE_BYTES = 1 << 20
LONGEST_NAME = 100
KEYS = frozenset(
    {"organisation", "name", "post", "command_post", "reasons", "rounds", "acknowledgements", "note_minutes", "steps"}
)
STEP_KEYS = frozenset({"call", "wait_minutes", "channel"})


@dataclass(frozen=True, slots=True)
class Draft:
    """A policy as a person or a file says it."""

    organisation: Organisation
    name: str
    plan: Plan
    reasons: tuple[str, ...] = ()
    post: Post | None = None
    command_post: Post | None = None


def usual_plan(reason: Reason, *, on: date) -> Plan:
    """The desk's own plan, for organisations that keep no policy for this."""
    if reason in CALM_REASONS:
        return rules.CALL_CALMLY
    plan = rules.CALL_LEAD if reason == Reason.HAND_OVER else rules.CALL_NOW
    return replace(plan, note_minutes=regime.on(on).limit("note_minutes"))


def serving(organisation: Organisation, post: Post | None, reason: Reason, *, at: datetime) -> Policy | None:
    """The policy that serves: that of the post before the organisation's, one that names the reason before the others.

    A post's policy without reasons serves what happens at that post alone; that of a retired post serves nothing.
    """
    policies = Policy.objects.select_related("post", "command_post").filter(organisation=organisation)
    fitting = policies.filter(Q(reasons=[]) | Q(reasons__contains=[reason.value]))
    fitting = fitting.exclude(post__retired_on__lte=day_of(at))
    if post is not None:
        fitting = fitting.filter(Q(post=post) | Q(post__isnull=True))
    else:
        fitting = fitting.exclude(post__isnull=False, reasons=[])
    return min(fitting, key=lambda policy: _rank(policy, post), default=None)


def _rank(policy: Policy, post: Post | None) -> tuple[bool, bool, bool, int]:
    is_of_post = post is not None and policy.post_id == post.pk
    return (not is_of_post, not policy.reasons, policy.post_id is not None and post is None, policy.pk)


@transaction.atomic
def keep(draft: Draft, *, at: datetime, policy_id: int | None = None) -> tuple[Policy, bool]:
    """The policy, made or changed, and whether anything changed; running escalations keep the plan they began with."""
    _refuse(draft)
    policy = _known(draft, policy_id)
    before = _values(policy) if policy else None
    policy = policy or Policy(organisation=draft.organisation, org_path=draft.organisation.path)
    policy.name, policy.post, policy.command_post = draft.name, draft.post, draft.command_post
    policy.reasons, policy.plan = sorted(draft.reasons), draft.plan.to_json()
    after = _values(policy)
    if before == after:
        return policy, False
    policy.save()
    act = "policy.create" if before is None else "policy.change"
    ledger.record(act, SUBJECT, policy.pk, policy.org_path, at=at, name=policy.name, was=before, now=after)
    return policy, True


@transaction.atomic
def remove(policy_id: int, *, at: datetime) -> str:
    """The name of the policy that is kept no more."""
    policy = one(policy_id)
    ledger.record("policy.remove", SUBJECT, policy.pk, policy.org_path, at=at, name=policy.name, was=_values(policy))
    policy.delete()
    return policy.name


def one(policy_id: int) -> Policy:
    """A policy; OutOfScope when it is not among those one may see."""
    found = Policy.objects.select_related("organisation", "post", "command_post").filter(pk=policy_id).first()
    if found is None:
        raise OutOfScope(f"policy {policy_id} is not among those you may see")
    return found


def _known(draft: Draft, policy_id: int | None) -> Policy | None:
    named = Policy.objects.filter(organisation=draft.organisation, name=draft.name).first()
    if policy_id is None:
        return named
    if named is not None and named.pk != policy_id:
        raise InputError(f"{draft.organisation} has another policy called {draft.name}")
    return one(policy_id)


def _refuse(draft: Draft) -> None:
    """Raise InputError for what no form or file may carry into the table."""
    if not draft.name.strip():
        raise InputError("give the policy a name")
    if len(draft.name) > LONGEST_NAME:
        raise InputError(f"the name of a policy has at most {LONGEST_NAME} letters")
    unknown = sorted(set(draft.reasons) - set(Reason))
    if unknown:
        raise InputError(f"a policy cannot be for {unknown[0]!r}; the reasons are: {', '.join(Reason)}")
    for post in (draft.post, draft.command_post):
        if post is not None and post.organisation_id != draft.organisation.pk:
            raise InputError(f"the post {post} is not one of {draft.organisation}")


def _values(policy: Policy) -> dict[str, Any]:
    return {
        "name": policy.name,
        "post": policy.post.name if policy.post else None,
        "command_post": policy.command_post.name if policy.command_post else None,
        "reasons": list(policy.reasons),
        **policy.plan,
    }


def export_toml(policies: Iterable[Policy]) -> str:
    """The policies as a file that `read_toml` reads back."""
    return "\n".join(line for policy in policies for line in _lines(policy)) + "\n"


def _lines(policy: Policy) -> Iterator[str]:
    yield "[[policy]]"
    yield f"organisation = {_text(policy.organisation.code)}"
    yield f"name = {_text(policy.name)}"
    for field in ("post", "command_post"):
        post = getattr(policy, field)
        if post is not None:
            yield f"{field} = {_text(post.name)}"
    yield f"reasons = [{', '.join(_text(reason) for reason in policy.reasons)}]"
    for field in ("rounds", "acknowledgements", "note_minutes"):
        yield f"{field} = {policy.plan[field]}"
    for step in policy.plan["steps"]:
        yield "[[policy.steps]]"
        yield from (f"{name} = {_text(value) if isinstance(value, str) else value}" for name, value in step.items())
    yield ""


def _text(value: str) -> str:
    # JSON's escapes are TOML's, but for DEL, which TOML wants escaped.
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")


def read_toml(content: bytes) -> list[Draft]:
    """The policies of a file; InputError names the policy and what is wrong with it."""
    if len(content) > LARGEST_FILE_BYTES:
        raise InputError("a file of policies is not larger than 1 MiB")
    try:
        text = content.decode()
        table = tomllib.loads(text)
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise InputError(f"this is no TOML file: {error}") from None
    kept = table.get("policy", [])
    if not isinstance(kept, list) or not kept:
        raise InputError("the file holds no [[policy]]")
    if "\\u0000" in text or "\\U00000000" in text:
        raise InputError("the file names a NUL, which no text has")
    drafts = [_draft(one_, number) for number, one_ in enumerate(kept, 1)]
    names = Counter((draft.organisation, draft.name) for draft in drafts)
    for (organisation, name), times in names.items():
        if times > 1:
            raise InputError(f"the file has {times} policies of {organisation} that are called {name}")
    return drafts


def _draft(kept: Any, number: int) -> Draft:
    if not isinstance(kept, Mapping):
        raise InputError(f"policy {number} is not a table")
    name = str(kept.get("name", "")).strip()
    try:
        _refuse_unknown(kept)
        organisation = _organisation(str(kept.get("organisation", "")))
        return Draft(
            organisation,
            name,
            Plan.from_json(kept),
            _reasons(kept.get("reasons", [])),
            _post(organisation, kept.get("post")),
            _post(organisation, kept.get("command_post")),
        )
    except InputError as error:
        raise InputError(f"policy {number} ({name or 'without a name'}): {error}") from None


def _refuse_unknown(kept: Mapping[str, Any]) -> None:
    """Raise InputError for a name that is none: mistyped, its value would be passed over in silence."""
    steps = kept["steps"] if isinstance(kept.get("steps"), list) else []
    tables = [(kept, KEYS), *((step, STEP_KEYS) for step in steps if isinstance(step, Mapping))]
    for table, known in tables:
        for name in sorted(table.keys() - known):
            raise InputError(f"{name!r} is nothing that is read here; what is: {', '.join(sorted(known))}")


def _reasons(kept: Any) -> tuple[str, ...]:
    if not isinstance(kept, list):
        raise InputError('reasons are a list, for example ["botnet", "alert"]')
    return tuple(str(reason) for reason in kept)


def _organisation(code: str) -> Organisation:
    found = Organisation.objects.filter(code=code).first()
    if found is None:
        raise InputError(f"there is no organisation with the code {code!r} in your part of the tree")
    return found


def _post(organisation: Organisation, name: object) -> Post | None:
    if name is None:
        return None
    found = Post.objects.filter(organisation=organisation, name=name).first()
    if found is None:
        raise InputError(f"{organisation} has no post called {name!r}")
    return found


@transaction.atomic
def import_drafts(drafts: Sequence[Draft], *, at: datetime) -> tuple[int, int]:
    """(policies made or changed, policies that were so already); those that the file does not name stay."""
    changed = [keep(draft, at=at)[1] for draft in drafts]
    return sum(changed), len(changed) - sum(changed)
