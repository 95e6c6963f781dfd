"""Patience with a venue's REST interface: how long it is waited for, when it is asked again, what its refusals mean."""

import time

import msgspec

from core.errors import Unavailable, one_line

BUSY = frozenset({418, 429, 500, 502, 503, 504})  # ask again later; 418 is Binance's for who went on after 429
_MOST_S = 8.0
_SYMBOLS, _PLACE = "check that the symbols are the venue's", "it does not serve this place, or not for now"
_KEYS = "check CANDELA__FEED__KEY and CANDELA__FEED__SECRET, and what the account may see"
_PUBLIC = {400: _SYMBOLS, 404: _SYMBOLS, 422: _SYMBOLS, 403: _PLACE, 451: _PLACE}
_KEYED = {**_PUBLIC, 401: _KEYS, 403: _KEYS}


class Patience:
    """Until the deadline, in seconds since 1970."""

    def __init__(self, deadline: float) -> None:
        self._deadline = deadline

    def left(self) -> float:
        """Seconds until the deadline; Unavailable once it has passed."""
        left = self._deadline - time.time()
        if left <= 0:
            raise Unavailable("the time for it ran out; try again later, or ask for a shorter range")
        return left

    def wait(self, seconds: float, why: str) -> None:
        """Sleep, unless that took longer than there is time for."""
        left = self.left()
        if seconds >= left:
            raise Unavailable(
                f"{why}, and asks for {seconds:g} s of patience where {left:.0f} are left; try again later"
            )
        time.sleep(seconds)


def pause(told: str, attempt: int) -> float:
    """How long to wait before asking again: as long as its Retry-After says, or longer each time."""
    return float(told) if told.isascii() and told.isdecimal() else min(2.0**attempt, _MOST_S)


def refused(status: int, body: bytes, *, keyed: bool = False) -> Unavailable:
    """A refusal as a sentence, of a venue that was asked with a key or without."""
    advice = (_KEYED if keyed else _PUBLIC).get(status, "try again later")
    return Unavailable(f"it answered {status}, {_words(body)}; {advice}")


def busy(status: int, body: bytes) -> str:
    return f"it answered {status}, {_words(body)}"


def unreachable(base: str, error: BaseException) -> Unavailable:
    """No answer at all. What libraries raise says least; what it began with says why."""
    while error.__cause__ is not None or error.__context__ is not None:
        error = error.__cause__ or error.__context__ or error
    return Unavailable(f"{base} gave no answer, {one_line(error)}; check the network and the address of the feed")


class _Refusal(msgspec.Struct):
    """Binance's `msg`, the others' `message`."""

    msg: str = ""
    message: str = ""


def _words(body: bytes) -> str:
    try:
        told = msgspec.json.decode(body, type=_Refusal)
        words = told.msg or told.message
    except (msgspec.DecodeError, UnicodeDecodeError):
        words = ""
    return " ".join((words or body.decode(errors="replace")).split())[:200].rstrip(".;") or "without a word"
