"""Every error Candela raises on purpose.

CandelaError
 ├── BadInput            what a person or client gave us is wrong        400, exit 2
 │    └── ConfigError    a setting is unknown or has a bad value         400, exit 2
 ├── NotAuthenticated    no or wrong credentials for our gateway         401
 ├── NotFound            the thing asked for does not exist              404
 ├── FeedError           something about a venue                         502
 │    ├── FeedLost       the connection broke; try again                 502, retry
 │    ├── FeedRefused    the venue said no (key, limit, symbol)          502, exit 3
 │    └── BadFrame       one frame made no sense: count it and go on     502
 └── Unavailable         a part we need is not there                     503, retry, exit 3
      └── StoreDown      the database cannot be reached                  503, retry, exit 3

Each knows its HTTP `status`, whether trying again may help (`retry`) and the command line's `exit_code`.
Messages say what was expected, what was found and what to do.
"""

import difflib
from collections.abc import Iterable


class CandelaError(Exception):
    status = 500
    retry = False
    exit_code = 1
    code = "internal"


class BadInput(CandelaError):
    status = 400
    exit_code = 2
    code = "bad_input"


class ConfigError(BadInput):
    code = "bad_config"


class NotAuthenticated(CandelaError):
    status = 401
    code = "not_authenticated"


class NotFound(CandelaError):
    status = 404
    code = "not_found"


class FeedError(CandelaError):
    status = 502
    code = "feed_error"


class FeedLost(FeedError):
    retry = True
    code = "feed_lost"


class FeedRefused(FeedError):
    exit_code = 3
    code = "feed_refused"


class BadFrame(FeedError):
    code = "bad_frame"


class Unavailable(CandelaError):
    status = 503
    retry = True
    exit_code = 3
    code = "unavailable"


class StoreDown(Unavailable):
    code = "store_down"


def nearest(name: str, known: Iterable[str]) -> str:
    """`, did you mean 'ema'?`, or nothing when no name is near."""
    near = difflib.get_close_matches(name, list(known), n=1, cutoff=0.5)
    return f", did you mean {near[0]!r}?" if near else ""


def one_line(error: BaseException) -> str:
    """What another library's error says, on one line."""
    return " ".join(str(error).split()) or type(error).__name__
