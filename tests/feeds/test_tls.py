"""TLS: every real venue is behind it, so the socket is read through it here as well, on both loops."""

import asyncio
import shutil
import ssl
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import uvloop
from websockets.asyncio.server import ServerConnection, serve

from core.events import TRADE, Batch, Symbols
from feeds import ALPACA
from feeds.scanner import Scanner
from feeds.websocket import connect
from tests.feeds.made import kernels
from tests.feeds.test_alpaca import TRADE_MESSAGE, packed
from tests.feeds.test_websocket import Kept

FRAMES, EACH = 300, 50


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A certificate for localhost that signs itself, and its key."""
    if shutil.which("openssl") is None:
        pytest.skip("openssl, which makes the certificate, is not installed")
    folder = tmp_path_factory.mktemp("tls")
    found = folder / "certificate.pem", folder / "key.pem"
    asked = "req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=localhost -addext subjectAltName=DNS:localhost"
    command = ["openssl", *asked.split(), "-out", str(found[0]), "-keyout", str(found[1])]
    subprocess.run(command, check=True, capture_output=True)
    return found


async def listen(certificate: tuple[Path, Path], reader: Kept) -> str:
    """Why the connection to a venue ended that sent a burst over TLS and said goodbye."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(*certificate)

    async def talk(connection: ServerConnection) -> None:
        await connection.recv()
        for number in range(FRAMES):
            first = number * EACH
            await connection.send(packed(*({**TRADE_MESSAGE, "i": first + i} for i in range(EACH))))

    async with serve(talk, "localhost", 0, ssl=context) as server:
        url = f"wss://localhost:{server.sockets[0].getsockname()[1]}/"
        connection = await connect(url, reader, {}, time.time_ns)
        return await asyncio.wait_for(connection.watch(10.0, 10.0), 20)


@pytest.mark.parametrize("loop", [asyncio.new_event_loop, uvloop.new_event_loop], ids=["asyncio", "uvloop"])
def test_a_burst_over_tls_is_read_whole_and_in_order(
    loop: Callable[[], asyncio.AbstractEventLoop], certificate: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate[0]))
    reader = Kept(Scanner(ALPACA.scanner, Symbols(["AAPL"]), kernels()))
    with asyncio.Runner(loop_factory=loop) as runner:
        said = runner.run(listen(certificate, reader))
    assert said == "the venue closed the connection"
    got: list[Batch] = [batch for batch in reader.batches if batch.dtype is TRADE]
    assert np.concatenate(got)["trade_id"].tolist() == list(range(FRAMES * EACH))
    assert (reader.frames, reader.messages) == (FRAMES, [])


def test_a_certificate_nobody_vouches_for_is_refused(certificate: tuple[Path, Path]) -> None:
    reader = Kept()
    with asyncio.Runner() as runner, pytest.raises(OSError, match="certificate verify failed"):
        runner.run(listen(certificate, reader))
    assert reader.messages == []
