"""The first page in a real browser, fed by a real gateway."""

import asyncio
import re

import numpy as np
from playwright.async_api import Page, expect

from core.events import DONE, MISSED, PENDING, REVISED_BAR, REVISED_SIGNAL, SILENT, rows
from tests.running import Start, bars, signals


async def test_live_numbers_from_the_stream_reach_the_page(start: Start, page: Page) -> None:
    gateway = await start()
    gateway.bus.put(signals(3))
    await page.goto(gateway.url)
    await expect(page.locator("#state")).to_have_text("live")
    gateway.bus.put(bars(5))
    gateway.bus.put(signals(9)[3:])
    stats = {"ticks": 100, "stored": {"trades": 90}, "tick_to_signal_us": {"p50": 250.0, "p99": 900.0}}
    gateway.bus.tell(stats)
    row = page.locator("#symbols tr")
    await expect(row).to_have_count(1)
    await expect(row.locator("td").first).to_have_text("AAPL")
    await expect(page.locator("#signals tr")).to_have_count(7)
    await expect(page.locator("#signals tr").first).to_contain_text("buy")
    await expect(page.locator("#stored")).to_have_text("90")
    await expect(page.locator("#latency")).to_have_text("250 µs · p99 900 µs")
    await asyncio.sleep(0.2)
    gateway.bus.tell({**stats, "ticks": 300})
    await expect(page.locator("#rate")).not_to_have_text("–")


async def test_the_page_says_when_the_market_or_the_server_goes(start: Start, page: Page) -> None:
    gateway = await start()
    await page.goto(gateway.url)
    await expect(page.locator("#state")).to_have_text("live")
    gateway.bus.close()
    await gateway.bus.drain()
    await expect(page.locator("#state")).to_have_text("the market process is gone; waiting for it")
    gateway.stop.set()
    await expect(page.locator("#state")).to_contain_text("connection lost, trying again")


async def test_a_gap_is_marked_on_its_symbol(start: Start, page: Page) -> None:
    gateway = await start()
    await page.goto(gateway.url)
    await expect(page.locator("#state")).to_have_text("live")
    made = bars(6)
    gateway.bus.put(made[:2])
    await expect(page.locator("#symbols tr")).to_have_count(1)
    gateway.bus.put(made[4:])
    await expect(page.locator("#symbols tr")).to_have_class("gap")
    await expect(page.locator("#symbols tr")).to_have_attribute("title", "bars 3 to 4 are missing (not_received)")


async def test_what_is_corrected_takes_its_place_and_a_filled_gap_is_none_any_more(start: Start, page: Page) -> None:
    gateway = await start()
    await page.goto(gateway.url)
    await expect(page.locator("#state")).to_have_text("live")
    made, said = bars(6), signals(2)
    made["close"] = np.arange(101.0, 107.0)
    gateway.bus.put(made)
    gateway.bus.put(said)
    row, price = page.locator("#symbols tr"), page.locator("#symbols td").nth(1)
    await expect(price).to_have_text("106.00")
    end = int(made["ts_event"][-1])
    gateway.bus.put(rows(MISSED, [(end, end, 6, end - 9, end + 9, 0, 0, SILENT, PENDING, 0)]))
    await expect(row).to_have_attribute("title", re.compile(r"nothing came from \d\d:\d\d:\d\d to .* \(silent\)"))
    older, withdrawn = made[2:3].copy().view(REVISED_BAR), said[:1].copy().view(REVISED_SIGNAL)
    older["close"], withdrawn["side"] = 150.0, 0.0
    gateway.bus.put(older)
    gateway.bus.put(withdrawn)
    gateway.bus.put(rows(MISSED, [(end, end, 6, end - 9, end + 9, 0, 0, SILENT, DONE, 3)]))
    await expect(page.locator("#signals tr")).to_have_count(1)
    await expect(row).not_to_have_class("gap")
    await expect(price).to_have_text("106.00")
    newest = made[5:].copy().view(REVISED_BAR)
    newest["close"] = 107.5
    gateway.bus.put(newest)
    await expect(price).to_have_text("107.50")


async def test_the_page_fits_a_phone(start: Start, page: Page) -> None:
    gateway = await start()
    await page.set_viewport_size({"width": 390, "height": 844})
    await page.goto(gateway.url)
    gateway.bus.put(bars(3))
    await expect(page.locator("#symbols tr")).to_have_count(1)
    assert await page.evaluate("document.documentElement.scrollWidth") <= 390
