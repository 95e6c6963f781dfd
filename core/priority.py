"""Priority: the threads that a signal waits for come before all others, where the system lets us.

A thread of ordinary priority that wakes for a message waits until whoever has its core is through with a slice. With a
database beside it that took 2 to 5 ms, twenty times a minute; with real-time priority it does not happen.
The gateway stays as it is: before its clients on the same machine it would only keep them waiting.
"""

import os
import sys
import threading

_LEVEL = 1  # the lowest of real time is above all that is not


def possible() -> bool:
    """Whether this system has it at all: Linux, and more than one core, for a single one is for all."""
    return sys.platform == "linux" and len(os.sched_getaffinity(0)) > 1


def may_hurry() -> bool:
    """Whether `hurry` would: the system has it, and we have the right (root, CAP_SYS_NICE or `ulimit -r`)."""
    told: list[bool] = []  # tried by a thread that ends with it: who lacks CAP_SYS_NICE may not take all of it back
    trying = threading.Thread(target=lambda: told.append(hurry(0)))
    trying.start()
    trying.join()
    return told == [True]


def hurry(*threads: int) -> bool:
    """Give threads of this process real-time priority (SCHED_FIFO); whether all have it now.

    `threads` are native ids, 0 the calling one. What they start has ordinary priority again.
    """
    if sys.platform != "linux" or not possible():
        return False
    try:
        for thread in threads:
            os.sched_setscheduler(thread, os.SCHED_FIFO | os.SCHED_RESET_ON_FORK, os.sched_param(_LEVEL))
    except PermissionError:
        return False
    return True
