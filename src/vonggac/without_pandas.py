"""Keeps pandas out of processes that have no use for it."""

import sys


class _WithoutPandas:
    def find_spec(self, fullname: str, path: object = None, target: object = None) -> None:
        """Nothing for any other name; ModuleNotFoundError for pandas."""
        if fullname == "pandas":
            raise ModuleNotFoundError("pandas is left out of this process", name=fullname)


def leave_out() -> None:
    """Let an installed pandas look absent to this process.

    OR-Tools brings it, and pyarrow's first `to_numpy` imports it wherever it is installed: 1–1.5 s in the desk, for
    nothing. The solver's process, which needs it, has an entry of its own (`python -m vonggac.solver`). The shorter
    `sys.modules["pandas"] = None` is no help: pyarrow takes that None for the module.
    """
    sys.meta_path.insert(0, _WithoutPandas())
