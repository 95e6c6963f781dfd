"""A venue that only sends: ready frames of Alpaca's protocol, over and over, as fast as they are read.

`python -m benchmarks.venue MESSAGES_A_FRAME KINDS` prints its port. A client asks for so many messages by the address:
ws://127.0.0.1:PORT/1000000. KINDS is "trades" or "mixed": one in three is a trade then, the others are quotes.
"""

import asyncio
import sys

import msgpack
import numpy as np
import uvloop
from websockets.http11 import Request
from websockets.server import ServerProtocol

NAMES = [f"S{number:03d}" for number in range(500)]
READY = 20_000  # messages; a trade's id is its place among them
_PART = 1_000  # messages that are written at a time
_START = 1_700_000_000


def frame(messages: list[dict[str, object]]) -> bytes:
    payload: bytes = msgpack.packb(messages)
    size = len(payload)
    return b"\x82" + (bytes([size]) if size < 126 else b"\x7e" + size.to_bytes(2, "big")) + payload


def made(kinds: str) -> list[dict[str, object]]:
    """Trades and quotes with the fields that Alpaca sends, in its order."""
    random = np.random.default_rng(1)
    names = random.integers(0, len(NAMES), READY).tolist()
    prices = np.round(100 + 100 * random.random(READY), 2).tolist()
    sizes = random.integers(1, 500, READY).tolist()
    trades = [kinds == "trades"] * READY if kinds == "trades" else (random.random(READY) < 1 / 3).tolist()
    found: list[dict[str, object]] = []
    for number, (name, price, size, traded) in enumerate(zip(names, prices, sizes, trades, strict=True)):
        when = msgpack.Timestamp(_START + number // 1000, number % 1000 * 1_000_000 + 137)
        tape: dict[str, object] = {"t": when, "c": ["@"], "z": "C"}
        head: dict[str, object] = {"T": "t" if traded else "q", "S": NAMES[name]}
        if traded:
            found.append({**head, "i": number, "x": "V", "p": price, "s": size, **tape})
        else:
            asked = {"ax": "V", "ap": round(price + 0.01, 2), "as": size}
            found.append({**head, **asked, "bx": "V", "bp": price, "bs": size, **tape})
    return found


async def serve(each: int, kinds: str) -> None:
    messages = made(kinds)
    frames = [frame(messages[at : at + each]) for at in range(0, READY, each)]
    step = _PART // each
    parts = [b"".join(frames[at : at + step]) for at in range(0, len(frames), step)]

    async def listened(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        protocol = ServerProtocol()
        events: list[object] = []
        while not events:
            protocol.receive_data(await reader.read(1 << 16))
            events += protocol.events_received()
        request = events[0]
        assert isinstance(request, Request)
        protocol.send_response(protocol.accept(request))
        writer.writelines(protocol.data_to_send())
        for event in ("connected", "authenticated"):
            writer.write(frame([{"T": "success", "msg": event}]))
            await reader.read(1 << 16)
        writer.write(frame([{"T": "subscription", "trades": ["*"], "quotes": ["*"]}]))
        for number in range(int(request.path.strip("/")) // _PART):
            writer.write(parts[number % len(parts)])
            await writer.drain()
        await reader.read()  # until it leaves
        writer.close()

    server = await asyncio.start_server(listened, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    uvloop.run(serve(int(sys.argv[1]), sys.argv[2]))
