"""Real-time priority: taken where the system allows it, never passed on."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from core.priority import may_hurry

ROOT = Path(__file__).parents[2]
HURRIED = (
    "import os, threading, sys\nfrom core.priority import hurry, may_hurry\n"
    "class_of = lambda: os.sched_getscheduler(0) & ~os.SCHED_RESET_ON_FORK\n"
    "told = []\n{before}"
    "may = may_hurry(); assert class_of() == os.SCHED_OTHER, 'asking changed it'\n"
    "has = hurry(0)\n"
    "thread = threading.Thread(target=lambda: told.append(class_of())); thread.start(); thread.join()\n"
    "print(may, has, class_of() == os.SCHED_FIFO, told == [os.SCHED_OTHER])\n"
)


def said(before: str = "") -> str:
    """What a process of its own says: this one keeps its priority."""
    command = [sys.executable, "-c", HURRIED.format(before=before)]
    return subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout.strip()


@pytest.mark.skipif(not may_hurry(), reason="the system does not allow real-time priority here")
def test_a_thread_that_hurries_does_not_pass_it_on() -> None:
    assert said() == "True True True True"


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux has it")
def test_on_a_single_core_nobody_hurries() -> None:
    first = min(os.sched_getaffinity(0))
    assert said(f"os.sched_setaffinity(0, {{{first}}})\n") == "False False False True"


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux has it")
def test_without_the_right_to_it_all_goes_on_as_before() -> None:
    without = (
        "import resource; resource.setrlimit(resource.RLIMIT_RTPRIO, (0, 0))\nif os.geteuid() == 0: os.setuid(65534)\n"
    )
    assert said(without) == "False False False True"


@pytest.mark.skipif(not may_hurry() or os.geteuid() != 0, reason="needs root, to become a user with the right")
def test_a_limit_is_enough_of_a_right() -> None:
    limit = (
        "import resource\ntry: resource.setrlimit(resource.RLIMIT_RTPRIO, (1, 1))\n"
        "except ValueError: print('refused'); sys.exit()\nos.setuid(65534)\n"
    )
    found = said(limit)
    if found == "refused":
        pytest.skip("the system lets nobody raise this limit here")
    assert found == "True True True True"
