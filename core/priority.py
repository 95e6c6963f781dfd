"""Priority: the threads that a signal waits for come before all others, where the system lets us.

A thread of ordinary priority that wakes for a message waits until whoever has its core is through with a slice. With a
database beside it that took 2 to 5 ms, twenty times a minute; with real-time priority it does not happen.
The gateway stays as it is: before its clients on the same machine it would only keep them waiting.
"""

import os
import sys

_LEVEL = 1  # the lowest of real time is above all that is not


def may_hurry() -> bool:
    """Whether `hurry` could: Linux, more than one core, and the right to (root, CAP_SYS_NICE or `ulimit -r`)."""
    return _set(0, undo=True)


def hurry(*threads: int) -> bool:
    """Give threads of this process real-time priority (SCHED_FIFO); whether they have it now.

    `threads` are native ids, 0 the calling one. What they start has ordinary priority again.
    """
    had = [_set(thread) for thread in threads]
    return all(had)


def _set(thread: int, *, undo: bool = False) -> bool:
    if sys.platform != "linux" or len(os.sched_getaffinity(0)) < 2:  # a single core is for all
        return False
    before, level = os.sched_getscheduler(thread), os.sched_getparam(thread)
    try:
        os.sched_setscheduler(thread, os.SCHED_FIFO | os.SCHED_RESET_ON_FORK, os.sched_param(_LEVEL))
    except PermissionError:
        return False
    if undo:
        os.sched_setscheduler(thread, before, level)
    return True
