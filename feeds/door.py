"""The local exchange's port: open, or shut and kept, so that connections are refused and nobody else is given it."""

import asyncio
import socket
from collections.abc import Awaitable, Callable

from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.http11 import Request, Response

Welcome = Callable[[ServerConnection], Awaitable[None]]
Answering = Callable[[ServerConnection, Request], Response | None]


class Door:
    """`welcome` has every socket for as long as it lives, `answering` may answer a request before it becomes one."""

    def __init__(self, host: str, port: int, welcome: Welcome, answering: Answering) -> None:
        self.host, self.port = host, port
        self._welcome, self._answering = welcome, answering
        self._server: Server | None = None
        self._kept: list[socket.socket] = []

    @property
    def listens(self) -> bool:
        return self._server is not None

    async def open(self) -> None:
        """OSError when the port is somebody else's."""
        self._let_go()
        self._server = await serve(
            self._welcome, self.host, self.port, compression=None, process_request=self._answering, ping_interval=20
        )
        self.port = self._server.sockets[0].getsockname()[1]

    async def shut(self, code: int, reason: str, *, keep: bool = False) -> None:
        """Close who is still connected with a code, and listen no longer."""
        server, self._server = self._server, None
        if server is not None:
            await _let_in(server)
            places = [(each.family, each.getsockname()) for each in server.sockets]
            server.close(code=code, reason=reason)
            await server.wait_closed()
            self._kept = [_bound(family, address) for family, address in places] if keep else []
        elif not keep:
            self._let_go()

    def _let_go(self) -> None:
        for kept in self._kept:
            kept.close()
        self._kept = []


async def _let_in(server: Server) -> None:
    """Accept nobody more, and let those be connected who were accepted: asyncio would leave them open for ever."""
    for each in server.sockets:
        asyncio.get_running_loop().remove_reader(each.fileno())
    for _ in range(2):
        await asyncio.sleep(0)


def _bound(family: int, address: tuple[str, int]) -> socket.socket:
    """A socket that has the address and does not listen."""
    kept = socket.socket(family)
    kept.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    kept.bind(address)
    return kept
