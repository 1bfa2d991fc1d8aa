"""Many commands on a desk of its own, in one process that opens it once: each by itself would start Django anew."""

import json
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from tests.server.desk_process import clean_environment
from vonggac.server.home import Home

# What is typed, the exit status, and what is said, a note beside the answer; nothing: nothing at all.
Step = tuple[tuple[str, ...], int, str]
PROGRAM = """
import json, sys
from datetime import UTC, datetime
from pathlib import Path
from click.testing import CliRunner
from vonggac.cli.__main__ import vonggac
from vonggac.server import opening

home, commands = Path(sys.argv[1]), json.loads(sys.argv[2])
with opening.opened(home, may_begin=True):
    from vonggac.flows import first_run
    from vonggac.register.models import Person

    at = datetime.now(UTC)
    first_run.sign_in_address(at=at)
    office = first_run.Office("Sở", "so", "department", "Hà", "ha@example.vn")
    first_run.set_up(Person.objects.get(), office, at=at)
    for words in commands:
        became = CliRunner().invoke(vonggac, [*words, "--home", str(home)])
        print(json.dumps([became.exit_code, became.stdout or str(became.exception), became.stderr]))
"""


def held_session(home: Home, steps: Sequence[Step], files: Mapping[str, Path]) -> list[str]:
    """What each command answered, once it ended and spoke as the step says; words that name a file become its path."""
    commands = [[str(files.get(word, word)) for word in words] for words, _, _ in steps]
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, str(home.path), json.dumps(commands)],
        capture_output=True, text=True, env=clean_environment(), check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    answers = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("[")]
    assert len(answers) == len(steps)
    for (words, status, said), (became, text, noted) in zip(steps, answers, strict=True):
        assert became == status, (words, text)
        if said.startswith("note: "):
            assert said in noted, (words, noted)
            continue
        assert said in text if said else text in {"", "None"}, (words, text)
    return [text for _, text, _ in answers]
