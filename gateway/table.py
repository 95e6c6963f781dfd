"""The live table of `candela up` in a terminal, and its summary."""

from typing import Any

from rich.console import Group
from rich.panel import Panel
from rich.table import Table

Figures = dict[str, Any]  # Any: JSON


def live_table(figures: Figures, before: Figures, seconds: float, addresses: dict[str, str]) -> Group:
    """One screen: where to look, what flows, and the busiest symbols."""
    market, gateway = figures.get("market", {}), figures.get("gateway", {})
    ticks = market.get("ticks", 0) - before.get("market", {}).get("ticks", 0)
    flow = Table.grid(padding=(0, 3))
    rate = ("ticks/s", f"{ticks / max(seconds, 0.1):,.0f}")
    for left, right in (rate, *_flow(market, gateway)):
        flow.add_row(f"[dim]{left}[/]", right)
    places = Table.grid(padding=(0, 3))
    for name, address in places_of(addresses):
        places.add_row(f"[dim]{name}[/]", address)
    symbols = Table(box=None, header_style="dim")
    symbols.add_column("symbol")
    for name in ("last", "trades", "bars", "signals"):
        symbols.add_column(name, justify="right")
    for row in market.get("busiest", []):
        counts = (f"{row[name]:,.0f}" for name in ("trades", "bars", "signals"))
        symbols.add_row(row["symbol"], f"{row['last']:,.2f}", *counts)
    return Group(Panel(places, title="candela", title_align="left"), flow, symbols, "[dim]Ctrl-C stops[/]")


def _flow(market: Figures, gateway: Figures) -> list[tuple[str, str]]:
    """What flows, and how fast."""
    stored = market.get("stored", {})
    return [
        ("venue → here", _lag(market.get("venue_lag_us"))),
        ("tick → signal", _latency(market.get("tick_to_signal_us"))),
        ("tick → gateway", _latency(gateway.get("signal_to_gateway_us"))),
        ("rows stored", f"{sum(stored.values()):,} ({market.get('waiting', 0):,} in the journal)"),
        ("bars, signals", f"{market.get('bars', 0):,}, {market.get('signals', 0):,}"),
        (
            "refused, conflated, dropped",
            ", ".join(f"{sum(market.get(what, {}).values()):,}" for what in ("refused", "shed", "dropped")),
        ),
        ("clients", f"{gateway.get('clients', 0):,}"),
    ]


def places_of(addresses: dict[str, str]) -> list[tuple[str, str]]:
    """Where to look, by what is there."""
    gateway = addresses.get("gateway", "")
    places = [("page", f"{gateway}/"), ("api docs", f"{gateway}/docs"), ("metrics", f"{gateway}/metrics")]
    places.append(("stream", f"{gateway.replace('http', 'ws', 1)}/api/stream"))
    return [*places, *((name, address) for name, address in addresses.items() if name != "gateway")]


def summary_table(summary: Figures) -> Table:
    table = Table(box=None, show_header=False)
    sent = summary["sent_by_exchange"]
    if sent is not None:
        table.add_row("sent by the exchange", f"{sent:,}")
    for line in lines_of(summary):
        table.add_row(*line)
    table.add_row("received", f"{summary['received']:,}")
    if summary.get("backfilled"):
        table.add_row("of it from the venue's history", f"{summary['backfilled']:,}")
    if summary.get("amended"):
        table.add_row("of it taken back or corrected", f"{summary['amended']:,}")
    table.add_row("stored", f"{summary['stored']:,}")
    for name, rows in summary["dropped"].items():
        table.add_row(f"dropped, {name}", f"{rows:,}")
    balance = (
        "received == stored + dropped" if summary["balanced"] else "received != stored + dropped: please report this"
    )
    table.add_row("", balance)
    table.add_row("bars, signals", f"{summary['bars']:,}, {summary['signals']:,}")
    for what, count in summary["breaks"].items():
        table.add_row(f"the venue's numbering, {what}", f"{count:,}")
    return table


def lines_of(summary: Figures) -> list[tuple[str, str]]:
    """What the exchange's faults did, if it had any."""
    lines = [("faults", summary.get("faults", {})), ("sent twice", summary.get("repeated", {}))]
    lines += [(f"withheld by {fault}", rows) for fault, rows in summary.get("withheld", {}).items()]
    return [
        (name, ", ".join(f"{what} {count:,}" for what, count in counts.items())) for name, counts in lines if counts
    ]


def _lag(told: float | None) -> str:
    """Of a clock that differs by more than a network takes, too."""
    return "–" if told is None else f"{told / 1000:,.1f} ms, and what the clocks differ by"


def _latency(told: dict[str, float | None] | None) -> str:
    if not told or told.get("p50") is None:
        return "–"
    return f"p50 {told['p50']:,.0f} µs, p99 {told['p99']:,.0f} µs"
