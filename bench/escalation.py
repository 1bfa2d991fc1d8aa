"""5,000 escalation steps due at one moment, half by mail and half by an HTTP gateway, with the worker killed half-way.

.venv/bin/python -m bench.escalation [--steps 5000] [--kills 1]

A desk of its own with a durable database, one worker as `vonggac up` runs it (started again when it dies), and a mail
server and a gateway beside it that keep every key they are given. None may be lost; at most one a kill may come twice.
"""

import argparse
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from bench._measuring import REPOSITORY, keep

GOAL_SECONDS = 60.0
ORGANISATIONS = 100
START_AHEAD = timedelta(seconds=8)
RESTART_SECONDS = 1.0


@contextmanager
def sinks() -> Iterator[tuple[subprocess.Popen[str], int, int]]:
    """The process that takes mail and requests, with its two ports."""
    command = [sys.executable, "-m", "bench._sinks"]
    process = subprocess.Popen(command, cwd=REPOSITORY, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        mail, gateway = json.loads(process.stdout.readline())
        yield process, mail, gateway
    finally:
        process.kill()
        process.wait()


def keys_of(process: subprocess.Popen[str]) -> list[str]:
    """Everything that was taken so far."""
    process.stdin.write("\n")
    process.stdin.flush()
    return list(json.loads(process.stdout.readline()))


def lay_out(steps: int, gateway_port: int, at: datetime) -> None:
    """Organisations with a post a step, somebody on duty at each, and an escalation that calls them at the moment."""
    from vonggac.duty.escalation import services
    from vonggac.duty.escalation.rules import Reason
    from vonggac.duty.escalation.services import Happening
    from vonggac.duty.models import Channel, ContactMethod, Post, Shift, Step
    from vonggac.register.models import Organisation, Person, Role
    from vonggac.tenancy.scope import scoped, system

    hour = timedelta(hours=1)
    with scoped(system("bench")):
        units = [
            Organisation(pk=n, code=f"u{n}", name=f"Đơn vị {n}", kind="commune", path=f"{n:06d}/")
            for n in range(1, ORGANISATIONS + 1)
        ]
        Organisation.objects.bulk_create(units)
        people = Person.objects.bulk_create([Person(email=f"p{n}@example.vn", name=f"Người {n}") for n in range(steps)])
        of = [units[n % ORGANISATIONS] for n in range(steps)]
        Role.objects.bulk_create(
            [Role(person=p, organisation=u, org_path=u.path, name="analyst") for p, u in zip(people, of, strict=True)]
        )
        posts = Post.objects.bulk_create(
            [Post(organisation=u, org_path=u.path, name=f"Vị trí {n}") for n, u in enumerate(of)]
        )
        Shift.objects.bulk_create(
            [
                Shift(post=post, org_path=post.org_path, person=person, person_name=person.name, from_utc=at - hour,
                      to_utc=at + 12 * hour)
                for post, person in zip(posts, people, strict=True)
            ]
        )  # fmt: skip
        channel = Channel.objects.create(
            name="SMS", kind="gateway", takes_phones=True, changed_at=at,
            settings={"url": f"http://127.0.0.1:{gateway_port}/", "body": '{"to": "{to}", "text": "{text}"}'},
        )  # fmt: skip
        ContactMethod.objects.bulk_create(
            [
                ContactMethod(person=person, channel=channel, address=f"09{n:08}", made_at=at)
                for n, person in enumerate(people) if n % 2
            ]
        )  # fmt: skip
        for post in posts:
            post.organisation = units[post.organisation_id - 1]
            services.start(
                Reason.CHECK_IN, [Happening("shift", post.pk, f"{post.name}: chưa ai báo có mặt")], post.organisation,
                at=at, post=post,
            )  # fmt: skip
        Step.objects.update(due_at=at)


def start_worker(home: Path) -> subprocess.Popen[bytes]:
    return subprocess.Popen([sys.executable, "-m", "vonggac.cli", "worker", "--home", str(home)], env=os.environ)


def sent() -> int:
    from vonggac.duty.models import Letter
    from vonggac.tenancy.scope import scoped, system

    with scoped(system("bench")):
        return Letter.objects.filter(sent_at__isnull=False).count()


def run(home: Path, steps: int, kills: int, due: datetime) -> tuple[float, int]:
    """Seconds from the moment at which all are due until all are out, and how often the worker was killed."""
    worker = start_worker(home)
    thresholds = [steps * (n + 1) // (kills + 1) for n in range(kills)]
    killed = 0
    try:
        while (number := sent()) < steps:
            if thresholds and number >= thresholds[0]:
                thresholds.pop(0)
                worker.send_signal(signal.SIGKILL)
                worker.wait()
                killed += 1
                time.sleep(RESTART_SECONDS)
                worker = start_worker(home)
            time.sleep(0.2)
            if time.time() - due.timestamp() > 600:
                raise SystemExit(f"escalation: only {number} of {steps} were out after ten minutes")
        return time.time() - due.timestamp(), killed
    finally:
        worker.terminate()
        worker.wait()


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--steps", type=int, default=5_000)
    options.add_argument("--kills", type=int, default=1)
    given = options.parse_args()
    os.environ.pop("VONGGAC_DATABASE_URL", None)
    with tempfile.TemporaryDirectory(prefix="vonggac-") as folder, sinks() as (sink, mail_port, gateway_port):
        os.environ |= {
            "VONGGAC_MAIL_HOST": "127.0.0.1", "VONGGAC_MAIL_PORT": str(mail_port),
            "VONGGAC_PRIVATE_DESTINATIONS": "127.0.0.1",
        }  # fmt: skip
        figures = measure(Path(folder) / "home", given.steps, given.kills, gateway_port, sink)
    print(
        f"escalation: ours {figures['seconds']:.1f} s for {given.steps} steps, limit {GOAL_SECONDS:.0f} s, ratio "
        f"{figures['seconds'] / GOAL_SECONDS:.2f}, goal ≤ 1; lost {figures['lost']}, twice {figures['twice']} "
        f"with {figures['kills']} kills"
    )
    keep("escalation", figures)


def measure(folder: Path, steps: int, kills: int, gateway_port: int, sink: subprocess.Popen[str]) -> dict[str, Any]:
    from vonggac.server import migration, opening

    home = opening.choose_home(folder)
    home.prepare()
    with opening.served(home) as logins:
        migration.migrate(home, logins)
        import django

        django.setup()
        from vonggac.jobs.clock import now

        due = now() + timedelta(minutes=30)
        began = time.perf_counter()
        lay_out(steps, gateway_port, due)
        print(f"escalation: {steps} escalations laid out in {time.perf_counter() - began:.0f} s", flush=True)
        due = now() + START_AHEAD
        move_to(due)
        seconds, killed = run(home.path, steps, kills, due)
        counted = Counter(keys_of(sink))
        from vonggac.duty.models import Letter
        from vonggac.tenancy.scope import scoped, system

        with scoped(system("bench")):
            letters = set(Letter.objects.values_list("key", flat=True))
        taken = {key.strip("<>") for key in counted}
        return {
            "steps": steps, "seconds": round(seconds, 1), "kills": killed, "lost": len(letters - taken),
            "twice": sum(times - 1 for times in counted.values()), "goal_seconds": GOAL_SECONDS,
        }  # fmt: skip


def move_to(due: datetime) -> None:
    """Every step becomes due at that moment."""
    from vonggac.duty.models import Step
    from vonggac.tenancy.scope import scoped, system

    with scoped(system("bench")):
        Step.objects.update(due_at=due)


if __name__ == "__main__":
    main()
