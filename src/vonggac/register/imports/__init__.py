"""Register files in and out: plan (what would change), apply (in one transaction), export (the same columns).

    plan = imports.plan("assets", content, "assets.csv", at=today, now=now)  # a dry run is a plan that is not applied
    imports.apply(plan, at=now)
    imports.export("assets", "xlsx")

All of it runs within the scope in force. Docs: docs/reference/register-files.md.
"""

from vonggac.register.imports.kinds import KINDS, kind_named
from vonggac.register.imports.plan import Change, Plan
from vonggac.register.imports.process import apply, export, plan

__all__ = ["KINDS", "Change", "Plan", "apply", "export", "kind_named", "plan"]
