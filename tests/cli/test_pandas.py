"""pandas, which OR-Tools brings, is imported by no process but the solver's."""

import importlib.util
import subprocess
import sys

import pytest

READS = """
import sys
from vonggac import without_pandas
without_pandas.leave_out()
import duckdb, numpy, pyarrow
assert pyarrow.array([1, 2, 3]).to_numpy().sum() == 6
column = pyarrow.chunked_array([[1, 2], [3]])
assert column.to_numpy().sum() == 6
table = duckdb.connect().sql("SELECT range AS n FROM range(5)").to_arrow_table()
assert table["n"].to_numpy().sum() == 10
print([name for name in sys.modules if name.partition(".")[0] == "pandas" and sys.modules[name]])
"""


def run(program: str) -> str:
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    return done.stdout.strip()


@pytest.mark.skipif(importlib.util.find_spec("pandas") is None, reason="pandas comes with OR-Tools only")
def test_columns_become_arrays_without_pandas_although_it_is_installed():
    assert run(READS) == "[]"


def test_every_command_leaves_it_out():
    program = """
import sys
from vonggac.cli import __main__ as entry
sys.argv[1:] = ["--version"]
try:
    entry.main()
except SystemExit:
    try:
        import pandas
    except ModuleNotFoundError as error:
        print(error)
"""
    assert run(program).splitlines()[-1] == "pandas is left out of this process"


@pytest.mark.skipif(importlib.util.find_spec("ortools") is None, reason="OR-Tools is absent: ./vg install roster")
def test_the_solver_imports_it():
    program = (
        "import vonggac.solver.__main__, sys; from ortools.sat.python import cp_model; print('pandas' in sys.modules)"
    )
    assert run(program) == "True"
