"""Asking a venue's public REST interface, one request after another; a venue that is busy is asked again."""

from collections.abc import Mapping
from dataclasses import dataclass
from http.client import HTTPException, HTTPResponse
from itertools import count
from urllib.error import HTTPError
from urllib.parse import urlencode
from urllib.request import OpenerDirector, ProxyHandler, Request, build_opener

from core.errors import Unavailable
from feeds.patience import BUSY, Patience, busy, pause, refused, unreachable


@dataclass(frozen=True, slots=True)
class Reply:
    headers: Mapping[str, str]  # their names in small letters
    body: bytes


class Asker:
    """`get` gives what was answered, or raises Unavailable with what was found and what to do."""

    def __init__(self, base: str, deadline: float) -> None:
        self.patience = Patience(deadline)
        self._base = base
        self._opener: OpenerDirector = (
            build_opener() if base.startswith("https:") else build_opener(ProxyHandler({}))
        )  # who speaks plain HTTP is near: no proxy is on the way to it

    def get(self, path: str, **asked: str | int) -> Reply:
        for attempt in count():
            status, reply = self._once(f"{self._base}{path}?{urlencode(asked)}")
            if status == 200:
                return reply
            if status not in BUSY:
                raise refused(status, reply.body)
            self.patience.wait(pause(reply.headers.get("retry-after", ""), attempt), busy(status, reply.body))
        raise AssertionError  # it counts for ever

    def _once(self, url: str) -> tuple[int, Reply]:
        request = Request(url, headers={"User-Agent": "candela", "Accept": "application/json"})  # noqa: S310 see address
        try:
            with self._opener.open(request, timeout=self.patience.left()) as answer:
                return answer.status, _reply(answer)
        except HTTPError as error:
            with error:
                return error.code, _reply(error)
        except TimeoutError:
            raise Unavailable("it did not answer in time; try again later") from None
        except (OSError, HTTPException) as error:
            raise unreachable(self._base, error) from None


def _reply(answer: HTTPResponse | HTTPError) -> Reply:
    return Reply({name.lower(): value for name, value in answer.headers.items()}, answer.read())
