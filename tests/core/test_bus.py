"""The bus: what was put arrives, in order, and a reader that does not read is told what it missed."""

import asyncio
import socket
from pathlib import Path

import numpy as np
import pytest

from core.bus import BusServer, listen
from core.errors import BadInput, ConfigError, Unavailable
from core.events import TIME, TRADE, Batch
from core.framing import Message, Reader, packed
from core.ports import Catalogue
from tests.core.made import CATALOGUE, EVERY, empty, filled


@pytest.fixture(params=["unix", "memory"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    return f"unix://{tmp_path}/bus" if request.param == "unix" else f"memory://{tmp_path}"


async def finish(server: BusServer) -> None:
    server.close()
    await server.drain()


class Listener:
    """A gateway's end of the bus, as a list of what it heard."""

    def __init__(self, url: str) -> None:
        self.heard: list[Message] = []
        self._connected = asyncio.Event()
        self._task = asyncio.create_task(listen(url, self.heard.append, self._connected.set))

    async def connected(self) -> "Listener":
        await self._connected.wait()
        while not self.heard:  # noqa: ASYNC110 the catalogue: by then the server counts us in
            await asyncio.sleep(0.001)
        return self

    async def gone(self) -> list[Message]:
        await asyncio.wait_for(self._task, 5)
        return self.heard


async def test_every_kind_of_batch_arrives_in_order_as_the_very_same_dtype(url: str) -> None:
    server = BusServer(url)
    await server.start(CATALOGUE)
    sent = [filled(dtype, size) for size in (1, 7, 3000) for dtype in EVERY]
    listener = await Listener(url).connected()
    for batch in sent:
        server.put(batch)
    server.put(empty(TIME, 1))
    server.tell({"rows": 3})
    await finish(server)
    heard = await listener.gone()
    assert heard[0] == Message("catalogue", CATALOGUE)
    assert heard[-1] == Message("stats", {"rows": 3})
    batches = [rows_of(message) for message in heard[1:-1]]
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


async def test_a_reader_that_does_not_read_costs_nothing_to_the_others_and_is_told_what_it_missed(
    tmp_path: Path,
) -> None:
    url = f"unix://{tmp_path}/bus"
    server = BusServer(url, capacity=200_000)
    await server.start(CATALOGUE)
    batch = filled(TRADE, 100)
    quick = await Listener(url).connected()
    slow, writer = await asyncio.open_unix_connection(f"{tmp_path}/bus", limit=1)
    await asyncio.sleep(0.05)
    for _ in range(2_000):
        server.put(batch)
        await asyncio.sleep(0)
    await asyncio.sleep(0.1)
    assert count(quick.heard) == 200_000
    reading = asyncio.create_task(slow.read())
    await asyncio.sleep(0.2)
    server.put(batch)
    await finish(server)
    await quick.gone()
    writer.close()
    late = heard_in(await reading)
    lost = sum(message.payload["trades"] for message in late if isinstance(message.payload, dict))
    assert lost > 0
    assert count(late) + lost == 200_100


async def test_new_names_are_told_even_to_a_gateway_that_is_behind(tmp_path: Path) -> None:
    server = BusServer(f"unix://{tmp_path}/bus", capacity=200_000)
    await server.start(CATALOGUE)
    slow, writer = await asyncio.open_unix_connection(f"{tmp_path}/bus", limit=1)
    await asyncio.sleep(0.05)
    for _ in range(500):
        server.put(filled(TRADE, 100))
        server.flush()
    more = Catalogue(source="test", symbols=("A", "B"), timeframes=("1s",))
    server.announce(more)
    reading = asyncio.create_task(slow.read())
    await asyncio.sleep(0.1)
    await finish(server)
    writer.close()
    assert Message("catalogue", more) in heard_in(await reading)


def heard_in(data: bytes) -> list[Message]:
    """The messages in the bytes of a connection."""
    heard: list[Message] = []
    Reader(heard.append).data_received(data)
    return heard


async def test_frames_cut_anywhere_are_put_together_again(url: str) -> None:
    batches = [filled(TRADE, size) for size in (1, 2, 3)]
    data = b"".join(part for batch in batches for part in packed("trades", batch))
    for step in (1, 2, 7, 100, len(data)):
        heard: list[Message] = []
        reader = Reader(heard.append)
        for start in range(0, len(data), step):
            reader.data_received(data[start : start + step])
        assert [rows_of(message).tobytes() for message in heard] == [batch.tobytes() for batch in batches]


async def test_new_names_reach_those_who_are_connected(url: str) -> None:
    server = BusServer(url)
    await server.start(CATALOGUE)
    more = Catalogue(source="test", symbols=("A", "B"), timeframes=("1s",))
    listener = await Listener(url).connected()
    server.announce(more)
    await finish(server)
    assert (await listener.gone())[1] == Message("catalogue", more)


async def test_a_file_in_the_place_of_the_socket_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "bus"
    path.write_text("precious")
    with pytest.raises(BadInput, match="found something else"):
        await BusServer(f"unix://{path}").start(CATALOGUE)
    assert path.read_text() == "precious"


async def test_a_stale_socket_is_replaced_and_a_live_one_is_not(tmp_path: Path) -> None:
    path = tmp_path / "bus"
    with socket.socket(socket.AF_UNIX) as stale:
        stale.bind(str(path))
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
            await listen(url, print, print)
