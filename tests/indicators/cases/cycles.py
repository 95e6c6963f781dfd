"""The Hilbert-transform family against TA-Lib."""

import numpy as np
import talib

from tests.indicators.cases.case import Case, Columns, Series

STILL = {
    "flat": "a cycle of nothing: the period comes from rounding errors",
    "steps": "a cycle of nothing between the steps: the period comes from rounding errors",
}
LOST = {"offset": "a detrended price at 1e9 has few digits left, and the phase none", **STILL}


def _mode(x: Columns) -> Series:
    mode: Series = talib.HT_TRENDMODE(x["close"]).astype(float)
    mode[:63] = np.nan
    return mode


CASES = (
    Case("ht_dcperiod", lambda x: talib.HT_DCPERIOD(x["close"]), unit=50.0, skip=LOST),
    Case("ht_phasor", lambda x: talib.HT_PHASOR(x["close"]), skip=LOST),
    Case("ht_dcphase", lambda x: talib.HT_DCPHASE(x["close"]), unit=360.0, skip=LOST),
    Case("ht_sine", lambda x: talib.HT_SINE(x["close"]), unit=1.0, skip=LOST),
    Case("ht_trendline", lambda x: talib.HT_TRENDLINE(x["close"]), skip=LOST),
    Case("ht_trendmode", _mode, unit=1.0, skip=LOST),
    Case("mama", lambda x: talib.MAMA(x["close"], 0.5, 0.05), skip=LOST),
    Case("mama(0.3, 0.1)", lambda x: talib.MAMA(x["close"], 0.3, 0.1), skip=LOST),
)
