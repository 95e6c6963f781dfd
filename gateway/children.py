"""Child processes of `candela up`: started, listened to, restarted when they die, stopped in order."""

import asyncio
import json
import signal
import sys
from collections.abc import Callable, Mapping
from typing import Any

from core.errors import CandelaError, Unavailable
from core.log import logger

Figures = dict[str, Any]  # Any: JSON

_BACK_OFF_S = (0.2, 0.5, 1.0, 2.0, 5.0)
_PATIENCE_S = 40.0  # for a child to drain and go
_LINE = 1 << 20


class ChildFailed(CandelaError):
    """A child could not start because of its input: its own exit code is ours."""

    def __init__(self, sentence: str, exit_code: int) -> None:
        super().__init__(sentence)
        self.exit_code = exit_code


class Child:
    """One `candela serve …` process. It writes a JSON line a second on its output, and logs on ours.

    Its input is a pipe that nobody writes to: when this process dies in whatever way, the child sees it end and stops.
    """

    def __init__(self, name: str, arguments: list[str], environ: Mapping[str, str]) -> None:
        self.name = name
        self.figures: Figures = {}
        self.restarts = 0
        self._command = [sys.executable, "-m", "gateway.cli", "serve", name, *arguments]
        self._environ = dict(environ)
        self._process: asyncio.subprocess.Process | None = None
        self._ready = asyncio.Event()
        self._watching: asyncio.Task[None] | None = None
        self._stopping = asyncio.Event()

    async def start(self, died: Callable[[CandelaError], None], seconds: float = 60.0) -> Figures:
        """Start it and wait until it says it is ready; what it said."""
        watching = self._watching = asyncio.create_task(self._watch(died))
        waiting = asyncio.create_task(self._ready.wait())
        done, _ = await asyncio.wait([watching, waiting], timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        waiting.cancel()
        if not done:
            raise Unavailable(f"the {self.name} process was not ready after {seconds:g} seconds; its log is above")
        if watching.done():
            watching.result()
        return self.figures

    async def stop(self) -> Figures:
        """Ask it to end by closing, wait for it, and give its last figures."""
        self._stopping.set()
        if self._process is not None and self._process.returncode is None:
            self._process.send_signal(signal.SIGTERM)
            try:
                await asyncio.wait_for(self._process.wait(), _PATIENCE_S)
            except TimeoutError:
                logger().error("child_killed", child=self.name, after_s=_PATIENCE_S)
                self._process.kill()
        if self._watching is not None:
            await asyncio.wait([self._watching])
        return self.figures

    async def _watch(self, died: Callable[[CandelaError], None]) -> None:
        """Run it, again and again if it dies of itself; a wrong input is final."""
        while not self._stopping.is_set():
            began = asyncio.get_running_loop().time()
            code, sentence = await self._live()
            if self._stopping.is_set():
                return
            if code in (2, 3) and not self._ready.is_set():
                raise ChildFailed(sentence or f"the {self.name} process refused to start", code)
            if code == 2:
                died(ChildFailed(sentence or f"the {self.name} process stopped", code))
                return
            if not self._ready.is_set() and self.restarts >= 2:
                raise ChildFailed(
                    f"the {self.name} process ended {self.restarts + 1} times at its start, see its log", 1
                )
            pause = _BACK_OFF_S[min(self.restarts, len(_BACK_OFF_S) - 1)]
            lived = asyncio.get_running_loop().time() - began
            logger().warning("child_died", child=self.name, code=code, lived_s=round(lived, 1), again_in_s=pause)
            self.restarts += 1
            await asyncio.sleep(pause)

    async def _live(self) -> tuple[int, str]:
        """One life of it: its exit code, and the sentence it went with."""
        process = self._process = await asyncio.create_subprocess_exec(
            *self._command,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            env=self._environ,
            limit=_LINE,
            start_new_session=True,  # Ctrl-C is for us; we stop it in our own order
        )
        sentence = ""
        assert process.stdout is not None  # noqa: S101 it was asked for
        async for line in process.stdout:
            told = json.loads(line)
            if "error" in told:
                sentence = told["error"]
                continue
            if told.pop("event", "") == "ready":
                if self.restarts:
                    logger().info("child_recovered", child=self.name, restarts=self.restarts)
                self.figures |= told  # before those who wait for it look
                self._ready.set()
            else:
                self.figures |= told
        return await process.wait(), sentence
