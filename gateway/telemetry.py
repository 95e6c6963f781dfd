"""Figures of the gateway and of the market process behind it, for Prometheus."""

import time
from collections.abc import Iterator

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.registry import Collector

from core.metrics import Histogram
from gateway.hub import Hub


class Telemetry(Collector):
    def __init__(self, hub: Hub) -> None:
        self._hub = hub
        self._registry = CollectorRegistry()
        self._registry.register(self)

    def page(self) -> bytes:
        return generate_latest(self._registry)

    def collect(self) -> Iterator[Metric]:
        hub = self._hub
        yield GaugeMetricFamily("candela_gateway_clients", "WebSocket clients connected", len(hub.clients))
        yield GaugeMetricFamily(
            "candela_gateway_market_connected", "1 while the market process is there", hub.connected
        )
        age = time.monotonic() - hub.told_at if hub.told_at else float("nan")
        yield GaugeMetricFamily(
            "candela_gateway_market_age_seconds", "Since the market process last told its figures", age
        )
        yield CounterMetricFamily("candela_gateway_lost_rows", "Rows the bus had no room for", hub.lost_rows)
        yield _seconds(
            "candela_tick_to_gateway_seconds",
            "From a trade's receipt to this gateway, by their own clocks",
            hub.trade_latency,
        )
        yield _seconds(
            "candela_signal_to_gateway_seconds",
            "From the tick that caused a signal to here, likewise",
            hub.signal_latency,
        )
        yield from self._market()

    def _market(self) -> Iterator[Metric]:
        stats = self._hub.stats
        for name in ("received", "shed", "refused", "journaled", "stored", "dropped", "published"):
            yield _by_kind(f"{name}_rows", f"Rows {name} by the market process", stats.get(name, {}))
        yield _by_kind("breaks", "Holes and repetitions in the venue's own numbering", stats.get("breaks", {}))
        lag = stats.get("venue_lag_us")
        about = (
            "Arrival by the market process's clock less the trade's own time by the venue's: the way and both clocks"
        )
        yield GaugeMetricFamily("candela_market_venue_lag_seconds", about, float("nan") if lag is None else lag / 1e6)
        for name, about in (
            ("waiting_rows", "Rows in the journal that are not in the database yet"),
            ("journal_bytes", "Bytes of journal files that the store has not deleted"),
        ):
            yield GaugeMetricFamily(f"candela_market_{name}", about, stats.get(name.removesuffix("_rows"), 0))
        for name in ("bars", "signals", "late", "gaps", "revised", "backfilled", "amended"):
            yield CounterMetricFamily(
                f"candela_market_{name}", f"{name.capitalize()} of the market process", stats.get(name, 0)
            )


def _by_kind(name: str, about: str, counts: dict[str, int]) -> Metric:
    family = CounterMetricFamily(f"candela_market_{name}", about, labels=["kind"])
    for kind, count in counts.items():
        family.add_metric([kind], count)
    return family


def _seconds(name: str, about: str, histogram: Histogram) -> Metric:
    buckets = [(f"{bound:.9g}", float(count)) for bound, count in histogram.buckets()]
    family = HistogramMetricFamily(name, about)
    family.add_metric([], [*buckets, ("+Inf", float(histogram.count))], histogram.total / 1e9)
    return family
