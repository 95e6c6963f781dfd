"""A reel: one symbol's checkpoints, and the tape of what came and was made since the oldest of them."""

from dataclasses import dataclass, field

from core.bank import Bank
from core.events import BAR, NEVER, SIGNAL, TRADE, Batch
from core.remaking import Checkpoint, Made, Span
from core.tape import Strip


@dataclass(eq=False)
class Reel:
    """`missing`: the spans that lack trades, and whether they may still be filled; `filled`: with how many trades."""

    checkpoints: list[Checkpoint]
    trades: Strip
    bars: Strip
    values: Strip
    signals: Strip
    missing: dict[Span, bool] = field(default_factory=dict)
    filled: dict[Span, int] = field(default_factory=dict)
    told: list[Batch] = field(default_factory=list)  # by a history

    @classmethod
    def of(cls, bank: Bank, symbol: int, at: int) -> "Reel":
        """One that begins now."""
        first = [Checkpoint.of(bank, symbol, at, (0, 0, 0))]
        return cls(first, Strip(TRADE), Strip(BAR), Strip(bank.dtype), Strip(SIGNAL))

    @property
    def cut(self) -> bool:
        """Whether a gap has begun that has no end yet."""
        return any(end == NEVER for _, end in self.missing)

    def pending(self, since: int) -> bool:
        """Whether a gap that ended then or later may still be filled: the checkpoints before it are needed."""
        return any(fillable and end > since for (_, end), fillable in self.missing.items())

    def before(self, moment: int) -> Checkpoint | None:
        """The newest checkpoint that nothing of then or later is in."""
        return next((each for each in reversed(self.checkpoints) if each.behind <= moment), None)

    def since(self, base: Checkpoint) -> tuple[Batch, Made]:
        """The trades on the tape since then, and what was made of them."""
        trades, bars, signals = base.places
        made = Made(self.bars.since(bars), self.values.since(bars), self.signals.since(signals))
        return self.trades.since(trades), made

    def replace(self, base: Checkpoint, trades: Batch, made: Made) -> None:
        """Have these on the tape since then."""
        place, bars, signals = base.places
        self.trades.replace(place, trades)
        self.bars.replace(bars, made.bars)
        self.values.replace(bars, made.values)
        self.signals.replace(signals, made.signals)
        del self.checkpoints[self.checkpoints.index(base) + 1 :]

    def check(self, bank: Bank, symbol: int, at: int) -> None:
        """Make a checkpoint."""
        places = self.trades.end, self.bars.end, self.signals.end
        self.checkpoints.append(Checkpoint.of(bank, symbol, at, places))
        for i in range(len(self.checkpoints) - 2, 0, -1):  # the older, the fewer
            before, behind = self.checkpoints[i - 1], self.checkpoints[i + 1]
            if 2 * (behind.at - before.at) < at - before.at:
                del self.checkpoints[i]

    def forget(self, moment: int) -> int:
        """Let go of what is older than the newest checkpoint of that moment or before; how many trades that were."""
        old = sum(each.at <= moment for each in self.checkpoints) - 1
        if old <= 0:
            return 0
        before, places = len(self.trades), self.checkpoints[old].places
        del self.checkpoints[:old]
        for strip, place in ((self.trades, 0), (self.bars, 1), (self.values, 1), (self.signals, 2)):
            strip.forget(places[place])
        at = self.checkpoints[0].at
        self.missing = {span: may for span, may in self.missing.items() if span[1] > at}
        self.filled = {span: rows for span, rows in self.filled.items() if span[1] > at}
        return before - len(self.trades)
