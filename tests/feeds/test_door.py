"""The local exchange's port, and who stands in it as it shuts."""

import asyncio
import gc
import socket
from contextlib import suppress
from typing import Any

import pytest
from websockets.asyncio.server import ServerConnection

from feeds.door import Door


async def welcome(connection: ServerConnection) -> None:
    await connection.wait_closed()


@pytest.mark.parametrize("turns", range(5))
async def test_whoever_comes_as_it_shuts_is_not_left_open(turns: int) -> None:
    wrong: list[dict[str, Any]] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: wrong.append(context))
    door = Door("127.0.0.1", 0, welcome, lambda *_: None)
    await door.open()
    with socket.create_connection((door.host, door.port)) as coming:
        coming.sendall(b"GET / HTTP/1.1\r\nHost: here\r\n\r\n")
        coming.settimeout(0)
        for _ in range(turns):
            await asyncio.sleep(0)
        reading = asyncio.create_task(_read_and_close(coming))
        await door.shut(1001, "shut")
        await asyncio.wait_for(reading, 5)
    gc.collect()
    assert not wrong


async def _read_and_close(coming: socket.socket) -> None:
    with suppress(ConnectionError):
        while await asyncio.get_running_loop().sock_recv(coming, 1 << 16):
            pass
    coming.close()
