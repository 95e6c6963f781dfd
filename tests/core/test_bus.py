"""The bus: what was put arrives, in order, and a reader that does not read is told what it missed."""

import asyncio
from pathlib import Path

import numpy as np
import pytest

from core.bus import BusServer, Message, connect
from core.errors import BadInput, ConfigError, Unavailable
from core.events import TIME, TRADE, Batch
from core.ports import Catalogue
from tests.core.made import CATALOGUE, EVERY, empty, filled


@pytest.fixture(params=["unix", "memory"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    return f"unix://{tmp_path}/bus" if request.param == "unix" else f"memory://{tmp_path}"


async def finish(server: BusServer) -> None:
    server.close()
    await server.drain()


async def test_every_kind_of_batch_arrives_in_order_as_the_very_same_dtype(url: str) -> None:
    server = BusServer(url)
    await server.start(CATALOGUE)
    sent = [filled(dtype, size) for size in (1, 7, 3000) for dtype in EVERY]
    got: list[Message] = []
    async with connect(url) as messages:
        got.append(await anext(messages))
        for batch in sent:
            server.put(batch)
        server.put(empty(TIME, 1))
        server.tell({"rows": 3})
        await asyncio.gather(finish(server), collect(messages, got))
    assert got[0] == Message("catalogue", CATALOGUE)
    assert got[-1] == Message("stats", {"rows": 3})
    batches = [rows_of(message) for message in got[1:-1]]
    assert len(batches) == len(sent)
    for batch, expected in zip(batches, sent, strict=True):
        assert batch.tobytes() == expected.tobytes()
        assert batch.dtype == expected.dtype
    assert batches[0].dtype is TRADE


def rows_of(message: Message) -> Batch:
    assert isinstance(message.payload, np.ndarray)
    return message.payload


def count(messages: list[Message]) -> int:
    return sum(len(rows_of(message)) for message in messages if message.kind == "trades")


async def collect(messages: object, into: list[Message]) -> None:
    async for message in messages:  # type: ignore[attr-defined]
        into.append(message)  # noqa: PERF401 a partial list is worth having when a test fails


async def test_a_reader_that_does_not_read_costs_nothing_to_the_others_and_is_told_what_it_missed(
    tmp_path: Path,
) -> None:
    url = f"unix://{tmp_path}/bus"
    server = BusServer(url, capacity=200_000)
    await server.start(CATALOGUE)
    batch = filled(TRADE, 100)
    async with connect(url) as quick, connect(url) as slow:
        await anext(quick), await anext(slow)
        got: list[Message] = []
        reading = asyncio.create_task(collect(quick, got))
        for _ in range(2_000):
            server.put(batch)
            await asyncio.sleep(0)
        await asyncio.sleep(0.1)
        assert count(got) == 200_000
        late: list[Message] = []
        reading_late = asyncio.create_task(collect(slow, late))
        await asyncio.sleep(0.2)
        server.put(batch)
        await finish(server)
        await asyncio.gather(reading, reading_late)
    lost = sum(message.payload["trades"] for message in late if isinstance(message.payload, dict))
    assert lost > 0
    assert count(late) + lost == 200_100


async def test_new_names_reach_those_who_are_connected(url: str) -> None:
    server = BusServer(url)
    await server.start(CATALOGUE)
    more = Catalogue(source="test", symbols=("A", "B"), timeframes=("1s",))
    async with connect(url) as messages:
        await anext(messages)
        server.announce(more)
        assert await anext(messages) == Message("catalogue", more)
        await finish(server)


async def test_a_stale_socket_is_replaced_and_a_live_one_is_not(tmp_path: Path) -> None:
    path = tmp_path / "bus"
    path.touch()
    server = BusServer(f"unix://{path}")
    await server.start(CATALOGUE)
    with pytest.raises(BadInput, match="another Candela is running"):
        await BusServer(f"unix://{path}").start(CATALOGUE)
    await asyncio.sleep(0.05)  # let the server see that whoever knocked is gone
    await finish(server)


@pytest.mark.parametrize("url", ["redis://localhost", "unix://relative", "nonsense", "unix:///" + "x" * 200])
async def test_an_address_it_cannot_use_is_answered_with_a_sentence(url: str) -> None:
    with pytest.raises(ConfigError, match=r"expected a bus.url|longer than"):
        await BusServer(url).start(CATALOGUE)


async def test_without_a_market_the_gateway_is_told(tmp_path: Path) -> None:
    for url in (f"unix://{tmp_path}/none", "memory://none"):
        with pytest.raises(Unavailable):
            async with connect(url):
                pass
