"""The hub: what the bus brings, to every client that asked for it; each row encoded once a channel."""

import asyncio
import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.bus import listen
from core.errors import Unavailable
from core.events import GAP, TIMEFRAME_NAMES, Batch
from core.framing import Message
from core.log import logger
from core.metrics import Histogram
from core.ports import Catalogue
from gateway.clients import Client, Subscription
from gateway.latest import Latest, by
from gateway.protocol import Fields, Refusal, body, channels, data_of, doubtful, frame, touches

MOST_SUBSCRIPTIONS = 64  # of one client

_AGAIN_S = 0.2


class Hub:
    """`run` follows the bus for ever; clients come and go. Everything happens on one loop, so a snapshot and the
    updates after it have no hole and no repeat."""

    def __init__(self, bus_url: str) -> None:
        self.catalogue = Catalogue("", (), ())
        self.stats: dict[str, Any] = {}  # Any: JSON; the market's own figures
        self.told_at = 0.0
        self.connected = False
        self.clients: set[Client] = set()
        self.signal_latency, self.trade_latency = Histogram(), Histogram()
        self.lost_rows = 0
        self._bus_url = bus_url
        self._latest: dict[str, Latest] = {}
        self._wanted: dict[str, list[Subscription]] = defaultdict(list)
        self._system_seq = 0
        self._spans: dict[str, list[NDArray[np.int64]]] = {"trades": [], "signals": []}

    async def run(self) -> None:
        """Follow the bus; when the market process goes, say so and wait for it."""
        while True:
            try:
                await listen(self._bus_url, self.take, self._market_is_there)
            except Unavailable:
                await asyncio.sleep(_AGAIN_S)
                continue
            self.connected = False
            logger().warning("market_gone", bus=self._bus_url)
            self._tell_all("market_gone")
            await asyncio.sleep(_AGAIN_S)

    def _market_is_there(self) -> None:
        self.connected = True
        self._tell_all("market_connected")

    def take(self, message: Message) -> None:
        payload = message.payload
        if isinstance(payload, Catalogue):
            if payload.symbols[: len(self.catalogue.symbols)] != self.catalogue.symbols:
                self._latest.clear()  # another market process, with other numbers for its symbols
            self.catalogue = payload
        elif isinstance(payload, dict):
            if message.kind == "lost":
                self.lost_rows += sum(payload.values())
                self._system({"event": "rows_lost", "rows": payload})
            else:
                self.stats, self.told_at = payload, time.monotonic()
                self._record()
                self._system({"event": "stats", **payload})
        else:
            self._rows(message.kind, payload)

    def subscribe(self, client: Client, channel: str, symbols: Sequence[str], *, latest: bool) -> Subscription:
        known = channels(self.catalogue)
        if channel not in known:
            raise Refusal(400, "unknown_channel", f"expected one of {', '.join(known)}; found {channel!r}")
        names = frozenset() if "*" in symbols or channel == "system" else frozenset(symbols)
        unknown = sorted(names - set(self.catalogue.symbols))
        if unknown:
            raise Refusal(
                400, "unknown_symbol", f"no such symbol here: {', '.join(unknown)}; GET /api/symbols lists all"
            )
        if not names and not symbols and channel != "system":
            raise Refusal(400, "no_symbols", 'expected "symbols": a list of names, or ["*"] for all')
        if len(client.subscriptions) >= MOST_SUBSCRIPTIONS:
            words = f"{MOST_SUBSCRIPTIONS} subscriptions are the most; list more symbols in one, or unsubscribe"
            raise Refusal(405, "too_many_subscriptions", words)
        sid = max(client.subscriptions, default=0) + 1
        subscription = client.subscriptions[sid] = Subscription(sid, channel, client, names, latest)
        self._wanted[channel].append(subscription)
        return subscription

    def unsubscribe(self, client: Client, sid: int) -> None:
        subscription = client.subscriptions.pop(sid, None)
        if subscription is None:
            raise Refusal(400, "unknown_sid", f"no subscription {sid} on this connection")
        self._wanted[subscription.channel].remove(subscription)

    def leave(self, client: Client) -> None:
        for sid in list(client.subscriptions):
            self.unsubscribe(client, sid)
        self.clients.discard(client)

    def positions(self, subscription: Subscription) -> dict[str, int]:
        """The last number of each of its symbols that has one."""
        latest = self._newest(subscription.channel)
        names = self.catalogue.symbols
        found = np.flatnonzero(latest.seq) if latest else ()
        return {names[i]: int(latest.seq[i]) for i in found if latest and subscription.wants(names[i])}

    def snapshot(self, subscription: Subscription) -> None:
        """Queue the newest row of each of its symbols."""
        latest = self._newest(subscription.channel)
        if latest is not None:
            for symbol in np.flatnonzero(latest.seq):
                number = int(latest.own[symbol])
                self._send(subscription.channel, latest.rows[symbol], number, [subscription], "snapshot")

    def _newest(self, channel: str) -> Latest | None:
        latest = self._latest.get(channel)
        if latest is not None:
            latest.settle()
        return latest

    def _rows(self, kind: str, batch: Batch) -> None:
        if kind in self._spans:  # what is revised was received long ago
            self._spans[kind].append(time.time_ns() - batch["ts_recv"])
        if kind == "gaps":
            self._missed(batch)
        elif kind != "amendments":  # what comes of them is a correction
            for channel, rows, numbers in self._channels(kind.removeprefix("revised_"), batch):
                self._channel(channel, rows, numbers, revised=kind.startswith("revised_"))

    def _channels(self, kind: str, batch: Batch) -> Iterator[tuple[str, Batch, NDArray[np.int64]]]:
        """The channels that rows go out on, and their numbers there."""
        if kind == "bars" and not batch["seq"].all():
            batch = batch[batch["seq"] > 0]  # a venue's own bar beside ours has no number and no channel
        if kind in ("trades", "quotes"):
            yield kind, batch, batch["seq"]
        elif kind in ("bars", "values"):
            prefix = "bars" if kind == "bars" else "indicators"
            for timeframe, own in by(batch, "timeframe"):
                yield f"{prefix}.{TIMEFRAME_NAMES[timeframe]}", own, own["seq"]
        else:
            yield "signals.*", batch, batch["seq_all"]
            for strategy, own in by(batch, "strategy"):
                yield f"signals.{self.catalogue.strategies[strategy].name}", own, own["seq"]

    def _record(self) -> None:
        """Bring the histograms up to date; once a second, since it costs more than a row does."""
        for kind, histogram in (("trades", self.trade_latency), ("signals", self.signal_latency)):
            if self._spans[kind]:
                histogram.record(np.concatenate(self._spans[kind]))
                self._spans[kind].clear()

    def _channel(self, channel: str, batch: Batch, seq: NDArray[np.int64], *, revised: bool) -> None:
        latest = self._latest.get(channel)
        if latest is None or len(latest.seq) < len(self.catalogue.symbols) or latest.rows.dtype != batch.dtype:
            known = latest is not None and latest.rows.dtype == batch.dtype
            latest = latest.grown(len(self.catalogue.symbols)) if latest is not None and known else None
            latest = self._latest[channel] = latest or Latest(batch.dtype, len(self.catalogue.symbols))
        wanted = self._wanted.get(channel)
        if not wanted:
            latest.take(batch, seq)
            return
        latest.settle()
        for row, number in zip(batch, seq.tolist(), strict=True):
            before = int(latest.seq[row["symbol"]])
            if before and number != before + 1 and not revised:
                self._gap(channel, latest.rows[row["symbol"]], row, (before, number), wanted)
            newest = latest.take_one(row, number)
            self._send(channel, row, number, wanted, "correction" if revised else "update", late=not newest)

    def _send(
        self, channel: str, row: np.void, seq: int, to: Sequence[Subscription], kind: str, *, late: bool = False
    ) -> None:
        symbol = self.catalogue.symbols[row["symbol"]]
        shared = b""
        for subscription in to:
            if subscription.wants(symbol):
                shared = shared or self._body(channel, symbol, seq, row, late=late and kind == "update")
                subscription.client.offer(subscription, kind, shared, symbol, seq)

    def _body(self, channel: str, symbol: str, seq: int, row: np.void, *, late: bool) -> bytes:
        kind = channel.partition(".")[0].replace("indicators", "values")
        data = {**data_of(kind, row, self.catalogue), **({"late": True} if late else {})}
        return body(channel, symbol, seq, (int(row["ts_event"]), int(row["ts_recv"])), data)

    def _gap(
        self, channel: str, before: np.void, after: np.void, seqs: tuple[int, int], to: Sequence[Subscription]
    ) -> None:
        """Rows that never reached this gateway; they are in the store if the market process had taken them."""
        reason = "not_received" if seqs[1] > seqs[0] else "renumbered"  # a market process that crashed and came back
        said = {
            "from_ts": int(before["ts_event"]),
            "to_ts": int(after["ts_event"]),
            "from_seq": seqs[0],
            "to_seq": seqs[1],
        }
        self._say_gap(channel, before, {**said, "reason": reason, "backfill": "impossible"}, seqs[0], to)

    def _missed(self, batch: Batch) -> None:
        """What never reached the market process, said on every channel that is made of it."""
        for row in batch:
            for channel in [name for name in {**self._latest, **self._wanted} if touches(row, name)]:
                to = self._wanted.get(channel, [])
                seq = self._doubt(channel, row, to)
                if to:
                    self._say_gap(channel, row, data_of("gaps", row, self.catalogue), seq, to)

    def _doubt(self, channel: str, missed: np.void, to: Sequence[Subscription]) -> int:
        """The last number before a gap; the bar of that number is corrected if it closed before the gap was noticed."""
        latest, symbol = self._newest(channel), missed["symbol"]
        if latest is None or symbol >= len(latest.seq) or not latest.seq[symbol]:
            return 0
        if doubtful(latest.rows[symbol], missed):
            latest.rows[symbol]["quality"] = GAP
            self._send(channel, latest.rows[symbol], int(latest.own[symbol]), to, "correction")
        return int(latest.seq[symbol])

    def _say_gap(self, channel: str, row: np.void, data: Fields, seq: int, to: Sequence[Subscription]) -> None:
        symbol = self.catalogue.symbols[row["symbol"]]
        shared = body(channel, symbol, seq, (int(row["ts_event"]), int(row["ts_recv"])), data)
        for subscription in to:
            if subscription.wants(symbol):
                subscription.client.offer(subscription, "gap", shared, symbol, seq)

    def _system(self, data: dict[str, Any]) -> None:
        self._system_seq += 1
        shared = body("system", "", self._system_seq, (time.time_ns(), time.time_ns()), data)
        for subscription in self._wanted.get("system", ()):
            subscription.client.offer(subscription, "update", shared, "", self._system_seq)

    def _tell_all(self, event: str) -> None:
        self._system({"event": event})

    def shut_down(self) -> None:
        """Tell every client that the server goes on purpose."""
        for client in self.clients:
            client.leave(1001, frame("server_shutdown", message="this gateway stops; connect again in a moment"))
