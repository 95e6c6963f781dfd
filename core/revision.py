"""Revision: what was made of trades that came late, twice, or not at all at first is made again, and what differs told.

Of every symbol there are checkpoints of the last while, and a tape of all that came and was made since the oldest. A
trade out of order counts at once, as it comes; as soon as time passes, its symbol is made again from a checkpoint
before it with all trades in order, so that open bars close right and closed ones are corrected. So is a symbol whose
gap is filled by a venue's history. What is made in the end follows from the trades alone, however they came.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

import numpy as np

from core.amending import amended, taken_back, unmended
from core.bank import Bank
from core.differing import differing
from core.events import (
    DONE,
    IMPOSSIBLE,
    LATE,
    MISSED,
    NEVER,
    PENDING,
    REVISED_BAR,
    REVISED_SIGNAL,
    REVISED_TRADE,
    SECOND,
    TRADE,
    Batch,
    joined,
    revised_values,
    rows,
)
from core.numbering import number
from core.reel import Reel
from core.remaking import Checkpoint, Made, Remaker, Span, in_order, none_of
from core.tape import by_symbol
from core.winding import Winding

_AT_ONCE = 8  # symbols made again each time that time passes
_NOWHEN: Span = (0, 0)
_PATIENCE = 10 * SECOND  # an amendment may come before its trade, which is late
_NONE = np.empty(0, dtype=TRADE)


class Revision:
    """`heard` all that an engine gives; `disordered` trades, `amended` ones, `told` histories; `missed` and `due` give
    what is revised.

    `lookback`: how long after it a trade may come and still be put right, in nanoseconds of the venue's clock. `counts`
    are symbols revised, trades backfilled and trades amended.
    """

    def __init__(self, bank: Bank, lookback: int, counts: Counter[str]) -> None:
        self.now = 0  # by the venue's clock
        self._counts = counts
        self._bank, self._remaker = bank, Remaker(bank)
        self._revised = revised_values(bank.outputs)
        self.winding = Winding(bank, lookback)
        self._reels = self.winding.reels
        self.unordered: dict[int, int] = {}  # symbols, and since when: never, when only trades of before are amended
        # Symbols with amendments whose trade is not there: until when it is waited for, and where it would be.
        self.wanting: dict[int, tuple[int, int]] = {}

    def grow(self, symbols: int) -> None:
        """Make room for `symbols` symbols."""
        self.winding.grow(symbols, self.now)

    def heard(self, made: Iterable[Batch]) -> None:
        """All that an engine gives, in time."""
        self.winding.heard(made)

    def settle(self) -> None:
        """A small part of what can wait."""
        self.winding.settle(self.now, self.unordered)

    def repeated(self, trade: Batch) -> bool:
        """Whether a trade has come before; by the venue's number only, never by what it says."""
        self.winding.wind()
        ts_event, trade_id, symbol = (trade[name].item() for name in ("ts_event", "trade_id", "symbol"))
        return bool(trade_id) and self._reels[symbol].holds(ts_event, trade_id)

    def disordered(self, symbol: int, ts_event: int) -> None:
        """A trade that happened before others of its symbol has come behind them."""
        self.unordered[symbol] = min(ts_event, self.unordered.get(symbol, ts_event))

    def amended(self, amendments: Batch) -> None:
        """Trades of before are taken back or corrected, as soon as time passes."""
        for symbol, own in by_symbol(amendments):
            self._reels[symbol].amendments = joined([self._reels[symbol].amendments, own])
            self.unordered.setdefault(symbol, NEVER)

    def told(self, history: Batch) -> None:
        """Trades of a gap, which is filled with them when it is said to be done."""
        for symbol, own in by_symbol(history.view(TRADE)):
            told = self._reels[symbol].told if 0 <= symbol < len(self._reels) else []
            if not told or told[-1].tobytes() != own.tobytes():  # asked again after a restart
                told.append(own)

    def due(self, now: int, ts_recv: int) -> Iterator[Batch]:
        """What the venue's clock reaching `now` brings: symbols with trades out of order are made again."""
        self.now = max(now, self.now)
        yield from self._waited(ts_recv)
        if self.unordered:
            self.winding.wind()
            for symbol in list(self.unordered)[:_AT_ONCE]:
                if not self._reels[symbol].cut:
                    yield from self._put_right(symbol, self.unordered.pop(symbol), ts_recv)

    def _waited(self, ts_recv: int) -> Iterator[Batch]:
        """Amendments whose trade was not there: it has come meanwhile, or is waited for no longer."""
        for symbol, (until, place) in list(self.wanting.items()):
            self.winding.wind()
            reel = self._reels[symbol]
            if len(amended(reel.tapes.trades.since(symbol, place), reel.amendments).told):
                self.unordered.setdefault(symbol, NEVER)
            elif self.now > until and not reel.pending(0):
                del self.wanting[symbol]
                yield self._in_vain(reel, ts_recv)

    @property
    def unanswered(self) -> Batch:
        """The gaps that have no answer yet, as MISSED rows."""
        told = (
            (self.now, self.now, 0, *span, reel.symbol, 0, why, PENDING, 0)
            for reel in self._reels
            for span, why in reel.missing.items()
            if why is not None
        )
        return rows(MISSED, told)

    def _in_vain(self, reel: Reel, ts_recv: int) -> Batch:
        """Amendments that change nothing, which is said."""
        amendments, reel.amendments = reel.amendments, reel.amendments[:0]
        return unmended(amendments, self._bank.ticks["trades"], self.now, ts_recv)

    def missed(self, row: Batch) -> Iterator[Batch]:
        """A gap in a symbol's trades begins, ends, is filled, or cannot be; what follows, and the row itself."""
        self.winding.wind()
        symbol, start, end = (row[name].item() for name in ("symbol", "from_ts", "to_ts"))
        reel = self._reels[symbol]
        if row["backfill"][0] == PENDING:
            reel.missing.pop((start, NEVER), None)
            reel.missing[start, end] = row["reason"].item()
        elif row["backfill"][0] == DONE and (start, end) in reel.missing:
            yield from self._fill(symbol, (start, end), row)
        elif (start, end) in reel.filled:  # noted twice, as two bad frames of one moment are
            row["rows"] = reel.filled[start, end]
        else:
            reel.missing[start, end] = None
            row["backfill"] = IMPOSSIBLE
        if row["backfill"][0] != PENDING:
            reel.told.clear()
        yield row

    def _fill(self, symbol: int, span: Span, row: Batch) -> Iterator[Batch]:
        """Fill a gap with what the history told, if that can be, and note on its row whether it could."""
        reel, ts_recv = self._reels[symbol], row["ts_recv"].item()
        trades = self._fillable(reel, span)
        if trades is not None:
            self._take_back(reel, ts_recv)
            since = min([span[0], *trades["ts_event"][:1].tolist()])
            made = self._again(symbol, since, trades, span, ts_recv)
        if trades is None or made is None:
            reel.missing[span] = None
            row["backfill"] = IMPOSSIBLE
            return
        row["rows"] = reel.filled[span] = len(trades)
        yield from made

    def _fillable(self, reel: Reel, span: Span) -> Batch | None:
        """The trades that are lacking, in order: of a gap, and those before it that were still on their way when it
        began; None when that cannot be told."""
        told = joined([_NONE, *reel.told])
        told = told[(told["ts_event"] < span[1]) & (told["ts_event"] >= reel.checkpoints[0].behind)]
        told = told[(told["price"] > 0) & (told["price"] < np.inf) & (told["size"] >= 0) & (told["size"] < np.inf)]
        told = told[~np.isin(told["trade_id"], list(reel.gone))]
        known = reel.trades()
        if not (told["trade_id"].all() and known["trade_id"].all()):
            told, known = (each[(each["ts_event"] >= span[0]) & (each["ts_event"] < span[1])] for each in (told, known))
            if len(known):
                return None
        return in_order(none_of(told, known))

    def _take_back(self, reel: Reel, ts_recv: int) -> None:
        """What a history says was taken back, when the venue's word of it was missed, or came before its trade."""
        told = joined([_NONE, *reel.told])
        told, known = told[np.isnan(told["price"]) & (told["trade_id"] > 0)], reel.trades()
        still = known[np.isin(known["trade_id"], told["trade_id"])]
        waiting = reel.amendments[~np.isin(reel.amendments["trade_id"], told["trade_id"])]
        reel.amendments = joined([waiting, taken_back(still, ts_recv)])
        reel.gone.update(zip(told["trade_id"].tolist(), told["ts_event"].tolist(), strict=True))

    def _put_right(self, symbol: int, since: int, ts_recv: int) -> Iterator[Batch]:
        """Make a symbol again of which trades came out of order, or are amended."""
        made = self._again(symbol, since, _NONE, _NOWHEN, ts_recv)
        if made is None and len(self._reels[symbol].amendments):  # perhaps of a trade of too long ago
            yield self._in_vain(self._reels[symbol], ts_recv)
            made = self._again(symbol, since, _NONE, _NOWHEN, ts_recv)
        if made is None:  # the trade is there, and in no bar that it belongs to
            seq = self._bank.ticks["trades"][symbol]
            yield rows(MISSED, [(self.now, ts_recv, seq, since, since + 1, symbol, 0, LATE, IMPOSSIBLE, 0)])
        else:
            yield from made

    def _again(self, symbol: int, since: int, added: Batch, doubted: Span, ts_recv: int) -> list[Batch] | None:
        """Make a symbol again, from before a moment, with trades that were `added` and what is amended: those trades,
        and what differs. None when there is no checkpoint before."""
        reel = self._reels[symbol]
        if len(reel.amendments):
            known = joined([reel.trades(), added])
            since = min([since, *amended(known, reel.amendments).told["ts_event"].tolist()])
        base = reel.before(since)
        if base is None:
            return None
        given = self._mended(reel, base, added, doubted, ts_recv) if since < NEVER else ()
        if not len(reel.amendments):
            self.wanting.pop(symbol, None)
        else:
            until, _ = self.wanting.get(symbol, (self.now + _PATIENCE, 0))
            self.wanting[symbol] = until, reel.tapes.trades.end(symbol)
        return [batch.view(dtype) for batch, dtype in given if len(batch)]

    def _mended(
        self, reel: Reel, base: Checkpoint, added: Batch, doubted: Span, ts_recv: int
    ) -> Sequence[tuple[Batch, np.dtype[np.void]]]:
        """What is told of a symbol that is made again from a checkpoint."""
        reel.missing.pop(doubted, None)
        number(self._bank, reel.symbol, added)
        trades, told, reel.amendments, gone = amended(joined([reel.trades(base), added]), reel.amendments)
        reel.gone |= gone
        self._counts.update(revised=1, backfilled=len(added), amended=len(told))
        bars, values, signals = self._differing(reel, base, in_order(trades), doubted, ts_recv)
        revised = (told, REVISED_TRADE), (bars, REVISED_BAR), (values, self._revised), (signals, REVISED_SIGNAL)
        return [(added, added.dtype), *revised]

    def _differing(self, reel: Reel, base: Checkpoint, trades: Batch, doubted: Span, ts_recv: int) -> Made:
        """What differs when these are the trades since a checkpoint."""
        old, symbol = reel.made(base), reel.symbol
        new = self._remaker.again(base, trades, list(reel.missing), self.now)
        for batch in new:
            batch["symbol"] = symbol
        self._remaker.keep(symbol)
        revised, made = differing(old, new, doubted, ts_recv, lambda fresh: number(self._bank, symbol, fresh))
        reel.replace(base, trades, made)
        reel.check(self._bank, self.now)
        return revised
