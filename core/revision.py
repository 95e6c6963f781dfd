"""Revision: what was made of trades that came late, twice, or not at all at first is made again, and what differs told.

Of every symbol there are checkpoints of the last while, and a tape of all that came and was made since the oldest. A
trade out of order counts at once, as it comes; as soon as time passes, its symbol is made again from a checkpoint
before it with all trades in order, so that open bars close right and closed ones are corrected. So is a symbol whose
gap is filled by a venue's history. What is made in the end follows from the trades alone, however they came.
"""

from collections import Counter
from collections.abc import Iterable, Iterator

import numpy as np

from core.bank import Bank
from core.differing import differing
from core.events import (
    DONE,
    IMPOSSIBLE,
    LATE,
    MISSED,
    NEVER,
    NOT_RUNNING,
    PENDING,
    REVISED_BAR,
    REVISED_SIGNAL,
    TRADE,
    Batch,
    joined,
    kind,
    revised_values,
    rows,
)
from core.numbering import number
from core.reel import Reel, Tapes
from core.remaking import Checkpoint, Remaker, Span, in_order, none_of
from core.tape import by_symbol

_MOST = 2_000_000  # trades on all tapes
_WOUND = 32  # batches of a kind that may wait to be put on them
_AT_ONCE = 8  # symbols made again each time that time passes
_OFTEN = 64  # checkpoints of a symbol there would be if all were kept
_PART = 64  # of the symbols that a checkpoint is due of a 64th gets it at once
_NOWHEN: Span = (0, 0)


class Revision:
    """`heard` all that an engine gives; `disordered` trades, `told` histories; `missed` and `due` give what is revised.

    `lookback`: how long after it a trade may come and still be put right, in nanoseconds of the venue's clock. `counts`
    are symbols revised and trades backfilled.
    """

    def __init__(self, bank: Bank, lookback: int, counts: Counter[str]) -> None:
        self.now = 0  # by the venue's clock
        self._counts = counts
        self._bank, self._lookback, self._remaker = bank, lookback, Remaker(bank)
        self._revised = revised_values(bank.outputs)
        self._reels: list[Reel] = []
        self._tapes = Tapes.of(bank)
        self._next = np.empty(0, dtype=np.int64)  # when a symbol's next checkpoint is due
        self._disordered: dict[int, int] = {}  # symbols, and since when
        self._waiting: dict[str, list[Batch]] = {"trades": [], "bars": [], "values": [], "signals": []}
        self._looked = 0  # when it was, of which symbols a checkpoint is
        self._due: list[int] = []
        self._crowded = False  # the tapes are too long

    def grow(self, symbols: int) -> None:
        """Make room for `symbols` symbols."""
        first = len(self._reels)
        self._tapes.grow(symbols)
        self._reels += [Reel.of(self._bank, symbol, self.now, self._tapes) for symbol in range(first, symbols)]
        spread = self._lookback // _OFTEN * (np.arange(first, symbols) % _PART) // _PART  # not all at once
        self._next = np.concatenate([self._next, self.now + spread])

    def heard(self, made: Iterable[Batch]) -> None:
        """Put trades, bars, values and signals on the tapes, in time."""
        for batch in made:
            self._waiting[kind(batch)].append(batch)

    def wind(self) -> None:
        """Put on the tapes what waits."""
        for name, batches in self._waiting.items():
            if batches:
                self._put(name)

    def settle(self) -> None:
        """A small part of what can wait: one kind of what is to be put on the tapes, some checkpoints."""
        for name, batches in self._waiting.items():
            if len(batches) > _WOUND:
                self._put(name)
                break
        if self.now != self._looked:
            self._look()
        if self._due:
            self.wind()
            for _ in range(1 + len(self._due) // _PART):
                self._check(self._due.pop())

    def _put(self, name: str) -> None:
        getattr(self._tapes, name).add(joined(self._waiting[name]))
        self._waiting[name].clear()

    def repeated(self, trade: Batch) -> bool:
        """Whether a trade has come before; by the venue's number only, never by what it says."""
        self.wind()
        ts_event, trade_id, symbol = (trade[name].item() for name in ("ts_event", "trade_id", "symbol"))
        return bool(trade_id) and self._reels[symbol].holds(ts_event, trade_id)

    def disordered(self, symbol: int, ts_event: int) -> None:
        """A trade that happened before others of its symbol has come behind them."""
        self._disordered[symbol] = min(ts_event, self._disordered.get(symbol, ts_event))

    def told(self, history: Batch) -> None:
        """Trades of a gap, which is filled with them when it is said to be done."""
        for symbol, own in by_symbol(history.view(TRADE)):
            if 0 <= symbol < len(self._reels):
                self._reels[symbol].told.append(own)

    def due(self, now: int, ts_recv: int) -> Iterator[Batch]:
        """What the venue's clock reaching `now` brings: symbols with trades out of order are made again."""
        self.now = max(now, self.now)
        if self._disordered:
            self.wind()
            for symbol in list(self._disordered)[:_AT_ONCE]:
                if not self._reels[symbol].cut:
                    yield from self._put_in_order(symbol, self._disordered.pop(symbol), ts_recv)

    def _look(self) -> None:
        """Which symbols a checkpoint is due of, the longest due last."""
        self._looked, self._crowded = self.now, len(self._tapes.trades) > _MOST
        if self._crowded:
            self._next = np.minimum(self._next, self.now)
        due = np.flatnonzero(self._next <= self.now)
        self._due = due[np.argsort(self._next[due])[::-1]].tolist()

    def _check(self, symbol: int) -> None:
        """Make a symbol's checkpoint, and let go of what is older than need be."""
        self._next[symbol] = self.now + self._lookback // _OFTEN
        reel = self._reels[symbol]
        if not self._crowded and (symbol in self._disordered or reel.pending(self.now - self._lookback)):
            return
        if not reel.idle:
            reel.check(self._bank, self.now)
        reel.forget(self.now if self._crowded else self.now - self._lookback)

    def missed(self, row: Batch) -> Iterator[Batch]:
        """A gap in a symbol's trades begins, ends, is filled, or cannot be; what follows, and the row itself."""
        self.wind()
        symbol, start, end = (row[name].item() for name in ("symbol", "from_ts", "to_ts"))
        reel = self._reels[symbol]
        if row["backfill"][0] == PENDING:
            reel.missing.pop((start, NEVER), None)
            reel.missing[start, end] = row["reason"][0] != NOT_RUNNING
        elif row["backfill"][0] == DONE and (start, end) in reel.missing:
            yield from self._fill(symbol, (start, end), row)
        elif (start, end) in reel.filled:  # noted twice, as two bad frames of one moment are
            row["rows"] = reel.filled[start, end]
        else:
            reel.missing[start, end] = False
            row["backfill"] = IMPOSSIBLE
        if row["backfill"][0] != PENDING:
            reel.told.clear()
        yield row

    def _fill(self, symbol: int, span: Span, row: Batch) -> Iterator[Batch]:
        """Fill a gap with what the history told, if that can be, and note on its row whether it could."""
        reel = self._reels[symbol]
        trades = self._fillable(reel, span)
        base = reel.before(min([span[0], *trades["ts_event"][:1].tolist()])) if trades is not None else None
        if base is None or trades is None:
            reel.missing[span] = False
            row["backfill"] = IMPOSSIBLE
            return
        del reel.missing[span]
        row["rows"] = reel.filled[span] = len(trades)
        number(self._bank, symbol, trades)
        if len(trades):
            yield trades
        yield from self._again(symbol, base, trades, span, row["ts_recv"].item())

    def _fillable(self, reel: Reel, span: Span) -> Batch | None:
        """The trades that are lacking, in order: of a gap, and those before it that were still on their way when it
        began; None when that cannot be told."""
        told = joined([np.empty(0, dtype=TRADE), *reel.told])
        told = told[(told["ts_event"] < span[1]) & (told["ts_event"] >= reel.checkpoints[0].behind)]
        told = told[(told["price"] > 0) & (told["price"] < np.inf) & (told["size"] >= 0) & (told["size"] < np.inf)]
        known = reel.trades()
        if not (told["trade_id"].all() and known["trade_id"].all()):
            told, known = (each[(each["ts_event"] >= span[0]) & (each["ts_event"] < span[1])] for each in (told, known))
            if len(known):
                return None
        return in_order(none_of(told, known))

    def _put_in_order(self, symbol: int, since: int, ts_recv: int) -> Iterator[Batch]:
        base = self._reels[symbol].before(since)
        if base is not None:
            yield from self._again(symbol, base, np.empty(0, dtype=TRADE), _NOWHEN, ts_recv)
        else:  # the trade is there, and in no bar that it belongs to
            seq = self._bank.ticks["trades"][symbol]
            late = (self.now, ts_recv, seq, since, since + 1, symbol, 0, LATE, IMPOSSIBLE, 0)
            yield rows(MISSED, [late])

    def _again(self, symbol: int, base: Checkpoint, added: Batch, doubted: Span, ts_recv: int) -> Iterator[Batch]:
        """Make a symbol again from `base`, with trades that were `added`; what differs."""
        reel = self._reels[symbol]
        old, trades = reel.made(base), in_order(joined([reel.trades(base), added]))
        new = self._remaker.again(base, trades, list(reel.missing), self.now)
        for batch in new:
            batch["symbol"] = symbol
        self._remaker.keep(symbol)
        revised, made = differing(old, new, doubted, ts_recv, lambda fresh: number(self._bank, symbol, fresh))
        reel.replace(base, trades, made)
        reel.check(self._bank, self.now)
        self._counts["revised"] += 1
        self._counts["backfilled"] += len(added)
        for batch, dtype in zip(revised, (REVISED_BAR, self._revised, REVISED_SIGNAL), strict=True):
            if len(batch):
                yield batch.view(dtype)
