"""Candlestick patterns: the whole of TA-Lib's family, each 0 or ±100 a bar."""

from indicators.candles.doji import (
    cdl_doji,
    cdl_dragonflydoji,
    cdl_gravestonedoji,
    cdl_longleggeddoji,
    cdl_rickshawman,
    cdl_takuri,
)
from indicators.candles.engulfing import cdl_engulfing, cdl_harami, cdl_haramicross
from indicators.candles.five import cdl_breakaway, cdl_ladderbottom, cdl_mathold, cdl_risefall3methods
from indicators.candles.four import cdl_3blackcrows, cdl_3linestrike, cdl_concealbabyswall
from indicators.candles.hammers import cdl_dojistar, cdl_hammer, cdl_hangingman, cdl_invertedhammer, cdl_shootingstar
from indicators.candles.hikkake import cdl_hikkake, cdl_hikkakemod
from indicators.candles.one import (
    cdl_belthold,
    cdl_closingmarubozu,
    cdl_highwave,
    cdl_longline,
    cdl_marubozu,
    cdl_shortline,
    cdl_spinningtop,
)
from indicators.candles.pairs import (
    cdl_homingpigeon,
    cdl_kicking,
    cdl_kickingbylength,
    cdl_matchinglow,
    cdl_separatinglines,
)
from indicators.candles.stars import (
    cdl_abandonedbaby,
    cdl_eveningdojistar,
    cdl_eveningstar,
    cdl_morningdojistar,
    cdl_morningstar,
)
from indicators.candles.three import (
    cdl_2crows,
    cdl_3inside,
    cdl_3starsinsouth,
    cdl_3whitesoldiers,
    cdl_advanceblock,
    cdl_unique3river,
    cdl_upsidegap2crows,
)
from indicators.candles.threes import (
    cdl_3outside,
    cdl_gapsidesidewhite,
    cdl_identical3crows,
    cdl_stalledpattern,
    cdl_sticksandwich,
    cdl_tasukigap,
    cdl_tristar,
    cdl_xsidegap3methods,
)
from indicators.candles.two import (
    cdl_counterattack,
    cdl_darkcloudcover,
    cdl_inneck,
    cdl_onneck,
    cdl_piercing,
    cdl_thrusting,
)

ALL = (
    cdl_2crows, cdl_3blackcrows, cdl_3inside, cdl_3linestrike, cdl_3outside, cdl_3starsinsouth, cdl_3whitesoldiers,
    cdl_abandonedbaby, cdl_advanceblock, cdl_belthold, cdl_breakaway, cdl_closingmarubozu, cdl_concealbabyswall,
    cdl_counterattack, cdl_darkcloudcover, cdl_doji, cdl_dojistar, cdl_dragonflydoji, cdl_engulfing,
    cdl_eveningdojistar, cdl_eveningstar, cdl_gapsidesidewhite, cdl_gravestonedoji, cdl_hammer, cdl_hangingman,
    cdl_harami, cdl_haramicross, cdl_highwave, cdl_hikkake, cdl_hikkakemod, cdl_homingpigeon, cdl_identical3crows,
    cdl_inneck, cdl_invertedhammer, cdl_kicking, cdl_kickingbylength, cdl_ladderbottom, cdl_longleggeddoji,
    cdl_longline, cdl_marubozu, cdl_matchinglow, cdl_mathold, cdl_morningdojistar, cdl_morningstar, cdl_onneck,
    cdl_piercing, cdl_rickshawman, cdl_risefall3methods, cdl_separatinglines, cdl_shootingstar, cdl_shortline,
    cdl_spinningtop, cdl_stalledpattern, cdl_sticksandwich, cdl_takuri, cdl_tasukigap, cdl_thrusting, cdl_tristar,
    cdl_unique3river, cdl_upsidegap2crows, cdl_xsidegap3methods,
)  # fmt: skip
