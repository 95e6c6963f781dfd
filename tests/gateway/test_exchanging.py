"""The local exchange as a person runs it, by itself and under the platform, with faults."""

import asyncio
import json
import subprocess
from collections import Counter
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest
import websockets

from tests.command import CANDELA, CLEAN, ROOT, Up

KEYS = {"APCA-API-KEY-ID": "candela-local", "APCA-API-SECRET-KEY": "candela-local"}


async def test_a_finite_session_says_in_the_end_what_was_sent_and_what_faults_did(folder: Path) -> None:
    process = await asyncio.create_subprocess_exec(
        *CANDELA, "exchange", "--json", "--seconds", "12", "--speed", "4", "--seed", "3", "--fault", "corrupt=0.05",
        "--fault", "mute@4s+2s", cwd=ROOT, stdout=subprocess.PIPE, env={**CLEAN, "CANDELA__DATA__FOLDER": str(folder)},
    )  # fmt: skip
    assert process.stdout is not None
    told = json.loads(await process.stdout.readline())
    got, spoiled = Counter[str](), 0
    async with websockets.connect(told["addresses"]["alpaca"]) as client:
        for message in (
            {"action": "auth", "key": told["key"], "secret": "candela-local"},
            {"action": "subscribe", "trades": ["*"], "quotes": ["*"]},
        ):
            await client.send(json.dumps(message))
        try:
            while True:
                found = _decoded(await client.recv())
                spoiled += found is None
                got.update({"t": "trades", "q": "quotes"}.get(each["T"], "") for each in found or ())
        except websockets.ConnectionClosedOK:
            final = json.loads(await process.stdout.readline())
    assert await asyncio.wait_for(process.wait(), 20) == 0
    del got[""]
    assert dict(got) == final["sent"]
    assert (final["faults"]["mute"], final["faults"]["corrupt"]) == (1, spoiled)
    assert spoiled > 20
    assert set(final["withheld"]) == {"mute", "corrupt"}


def _decoded(frame: str | bytes) -> list[dict[str, Any]] | None:
    try:
        return msgspec.json.decode(frame, type=list[dict[str, Any]])
    except msgspec.DecodeError:
        return None


@pytest.mark.timeout(300)  # a whole platform, and a process that asks
async def test_the_platform_goes_through_faults_and_accounts_for_every_row(folder: Path) -> None:
    with Up(folder, "--fault", "drop@3s", "--fault", "dup=0.02", "--fault", "corrupt=0.02") as platform:
        address = platform.told("addresses")["exchange"]
        await asyncio.sleep(14)  # the history is asked two seconds after a gap, by a process that has to start
        async with httpx.AsyncClient(
            base_url=address.replace("ws", "http").replace("/v2/iex", ""), headers=KEYS
        ) as http:
            trades = (await http.get("/v2/stocks/trades?symbols=AAPL")).json()["trades"]["AAPL"]
        summary = platform.stop()
    assert summary["balanced"]
    assert summary["received"] == summary["sent_by_exchange"] + summary["backfilled"]
    assert summary["backfilled"] > 0
    assert summary["dropped"].keys() == {"refused: repeated"}
    assert summary["faults"]["drop"] == 1
    assert summary["faults"]["dup"] > 10
    assert summary["withheld"]["corrupt"]["trades"] > 10
    assert sum(summary["repeated"].values()) >= summary["faults"]["dup"]
    assert [trade["i"] for trade in trades] == list(range(1, len(trades) + 1))
