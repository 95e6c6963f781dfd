"""Jobs: long work that is asked for now and looked at later, each in a process of its own, one after another.

The process is told its question as a line of JSON and answers with one: `{"result": …}` or `{"error": …}`. Jobs are
remembered until there are too many, not beyond the end of this process.
"""

import asyncio
import json
import sys
import time
import uuid
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Literal

from core.errors import BadInput, NotFound, Unavailable

_MOST_WAITING, _MOST_KEPT = 100, 1_000
_LONGEST_S = 3_600.0

Told = dict[str, Any]  # Any: JSON


@dataclass
class Job:
    """What was asked, how it stands, and what came of it. Times are nanoseconds since 1970, 0 before they come."""

    kind: str
    question: Told
    id: str = field(default_factory=lambda: uuid.uuid4().hex)
    status: Literal["waiting", "running", "done", "failed"] = "waiting"
    asked_at: int = field(default_factory=time.time_ns)
    began_at: int = 0
    ended_at: int = 0
    result: Told | None = None
    error: str = ""

    @property
    def told(self) -> Told:
        """All but the question, which may hold what is nobody's business."""
        return {name: value for name, value in vars(self).items() if name != "question"}


class Jobs:
    """`submit`, then `find`; `close` ends what runs."""

    def __init__(self) -> None:
        self._jobs: dict[str, Job] = {}
        self._keys: dict[str, Job] = {}
        self._waiting: asyncio.Queue[Job] = asyncio.Queue(_MOST_WAITING)
        self._working: asyncio.Task[None] | None = None

    def submit(self, module: str, question: Told, key: str | None = None) -> Job:
        """A job for `python -m module`; the one of before for a key that has come before. BadInput, Unavailable."""
        if known := self._keys.get(key or ""):
            if (known.kind, known.question) != (module, question):
                raise BadInput(f"the Idempotency-Key {key!r} has come before with another question: use another key")
            return known
        job = Job(module, question)
        try:
            self._waiting.put_nowait(job)
        except asyncio.QueueFull:
            raise Unavailable(f"{_MOST_WAITING} jobs are waiting already; ask again when some are done") from None
        self._keep(job, key)
        if self._working is None or self._working.done():
            self._working = asyncio.create_task(self._work())
        return job

    def find(self, id: str) -> Job:  # noqa: A002 that is what it is
        """NotFound for one that never was, or is forgotten."""
        if id not in self._jobs:
            raise NotFound(f"there is no job {id}: it was never asked for here, or is forgotten")
        return self._jobs[id]

    async def close(self) -> None:
        if self._working is not None:
            self._working.cancel()
            with suppress(asyncio.CancelledError):
                await self._working

    def _keep(self, job: Job, key: str | None) -> None:
        self._jobs[job.id] = job
        if key:
            self._keys[key] = job
        ended = [each.id for each in self._jobs.values() if each.ended_at]
        for old in ended[: max(len(self._jobs) - _MOST_KEPT, 0)]:
            del self._jobs[old]
        self._keys = {key: each for key, each in self._keys.items() if each.id in self._jobs}

    async def _work(self) -> None:
        while not self._waiting.empty():
            job = self._waiting.get_nowait()
            job.status, job.began_at = "running", time.time_ns()
            answer = await _answer(job)
            job.ended_at = time.time_ns()
            job.result, job.error = answer.get("result"), answer.get("error", "")
            job.status = "failed" if job.error else "done"


async def _answer(job: Job) -> Told:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", job.kind,
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    try:
        asked = json.dumps(job.question).encode()
        given, complaint = await asyncio.wait_for(process.communicate(asked), _LONGEST_S)
        found: Told = json.loads(given)
    except TimeoutError:
        return {"error": f"it was not done after {_LONGEST_S:g} seconds, and was stopped"}
    except ValueError:
        last = complaint.decode(errors="replace").strip().splitlines()[-1:]
        return {"error": f"its process ended with {process.returncode}: {' '.join(last)}"}
    finally:
        if process.returncode is None:
            process.kill()
    return found
