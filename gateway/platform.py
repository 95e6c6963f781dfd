"""`candela up`, as a person or a program sees it."""

import json
import time
from collections.abc import Mapping, Sequence

from rich.live import Live

from core.settings import Settings
from gateway.running import Figures, out, tell
from gateway.table import live_table, summary_table
from gateway.up import Platform, up

_LINES_S = 5.0  # between two lines when there is no terminal


async def run_platform(
    settings: Settings, arguments: list[str], environ: Mapping[str, str], *, faults: Sequence[str], as_json: bool
) -> int:
    """`candela up`: a live table in a terminal, else a JSON line every few seconds."""
    platform = Platform(settings, arguments, environ, faults)
    if as_json or not out.is_terminal:
        final = await up(platform, _Lines().show, tell)
        tell({"summary": final})
    else:
        addresses: dict[str, str] = {}
        with Live(console=out, refresh_per_second=2) as live:
            before: list[tuple[float, Figures]] = [(time.monotonic(), {})]

            def show(figures: Figures) -> None:
                then, last = before[0]
                now = time.monotonic()
                live.update(live_table(figures, last, now - then, addresses))
                before[0] = (now, json.loads(json.dumps(figures)))

            final = await up(platform, show, lambda told: addresses.update(told["addresses"]))
        out.print(summary_table(final))
    return 0 if final["balanced"] else 1


class _Lines:
    def __init__(self) -> None:
        self._last = 0.0

    def show(self, figures: Figures) -> None:
        if time.monotonic() - self._last >= _LINES_S:
            self._last = time.monotonic()
            tell(figures)
