"""Indicators: one file each, candlestick patterns in a folder of their own, every one listed in ALL."""

from core.making import build
from core.node import Node
from indicators import candles
from indicators.ac import ac
from indicators.accbands import accbands
from indicators.ad import ad
from indicators.adosc import adosc
from indicators.adr import adr
from indicators.adx import adx
from indicators.adxr import adxr
from indicators.alma import alma
from indicators.amihud import amihud
from indicators.ao import ao
from indicators.apo import apo
from indicators.aroon import aroon
from indicators.aroonosc import aroonosc
from indicators.atr import atr
from indicators.avgdev import avgdev
from indicators.avgprice import avgprice
from indicators.beta import beta
from indicators.bollinger import bollinger
from indicators.bollinger_b import bollinger_b
from indicators.bollinger_width import bollinger_width
from indicators.bop import bop
from indicators.buying import buying
from indicators.cci import cci
from indicators.chop import chop
from indicators.cmf import cmf
from indicators.cmo import cmo
from indicators.cmou import cmou
from indicators.comoments import comoments
from indicators.coppock import coppock
from indicators.correl import correl
from indicators.cvi import cvi
from indicators.dema import dema
from indicators.directional import directional
from indicators.donchian import donchian
from indicators.dpo import dpo
from indicators.dx import dx
from indicators.efi import efi
from indicators.ema import ema
from indicators.eom import eom
from indicators.er import er
from indicators.eri import eri
from indicators.ewma_volatility import ewma_volatility
from indicators.extreme import extreme
from indicators.fisher import fisher
from indicators.fosc import fosc
from indicators.garman_klass import garman_klass
from indicators.ha import ha
from indicators.highest import highest
from indicators.highest_age import highest_age
from indicators.hilbert import hilbert
from indicators.hma import hma
from indicators.ht_dcperiod import ht_dcperiod
from indicators.ht_dcphase import ht_dcphase
from indicators.ht_phasor import ht_phasor
from indicators.ht_sine import ht_sine
from indicators.ht_trendline import ht_trendline
from indicators.ht_trendmode import ht_trendmode
from indicators.ichimoku import ichimoku
from indicators.imbalance import imbalance
from indicators.imi import imi
from indicators.kama import kama
from indicators.kdj import kdj
from indicators.keltner import keltner
from indicators.kst import kst
from indicators.kurtosis import kurtosis
from indicators.kvo import kvo
from indicators.kyle import kyle
from indicators.linearreg import linearreg
from indicators.linearreg_angle import linearreg_angle
from indicators.linearreg_intercept import linearreg_intercept
from indicators.linearreg_slope import linearreg_slope
from indicators.log_return import log_return
from indicators.lowest import lowest
from indicators.lowest_age import lowest_age
from indicators.ma import ma
from indicators.macd import macd
from indicators.macdext import macdext
from indicators.mama import mama
from indicators.marketfi import marketfi
from indicators.mass import mass
from indicators.median import median
from indicators.medprice import medprice
from indicators.mfi import mfi
from indicators.microprice import microprice
from indicators.mid import mid
from indicators.midpoint import midpoint
from indicators.midprice import midprice
from indicators.minus_di import minus_di
from indicators.minus_dm import minus_dm
from indicators.mom import mom
from indicators.moments import moments
from indicators.money import money
from indicators.moves import moves
from indicators.natr import natr
from indicators.nvi import nvi
from indicators.obv import obv
from indicators.ofi import ofi
from indicators.parkinson import parkinson
from indicators.percentrank import percentrank
from indicators.plus_di import plus_di
from indicators.plus_dm import plus_dm
from indicators.ppo import ppo
from indicators.pvi import pvi
from indicators.pvo import pvo
from indicators.pvt import pvt
from indicators.qstick import qstick
from indicators.quantile import quantile
from indicators.realised import realised
from indicators.regression import regression
from indicators.rma import rma
from indicators.roc import roc
from indicators.rocp import rocp
from indicators.rocr import rocr
from indicators.rocr100 import rocr100
from indicators.rogers_satchell import rogers_satchell
from indicators.roll import roll
from indicators.rolling_sum import rolling_sum
from indicators.rsi import rsi
from indicators.rvi import rvi
from indicators.rvol import rvol
from indicators.sar import sar
from indicators.signed_size import signed_size
from indicators.skew import skew
from indicators.sma import sma
from indicators.smi import smi
from indicators.spread import spread
from indicators.spread_bps import spread_bps
from indicators.stddev import stddev
from indicators.stoch import stoch
from indicators.stochf import stochf
from indicators.stochrsi import stochrsi
from indicators.supertrend import supertrend
from indicators.t3 import t3
from indicators.tema import tema
from indicators.trade_imbalance import trade_imbalance
from indicators.trade_rate import trade_rate
from indicators.trade_size import trade_size
from indicators.trange import trange
from indicators.trima import trima
from indicators.trix import trix
from indicators.tsf import tsf
from indicators.tsi import tsi
from indicators.turnover import turnover
from indicators.typprice import typprice
from indicators.ulcer import ulcer
from indicators.ultosc import ultosc
from indicators.var import var
from indicators.vhf import vhf
from indicators.volume_profile import volume_profile
from indicators.vortex import vortex
from indicators.vpin import vpin
from indicators.vwap_anchored import vwap_anchored
from indicators.vwap_rolling import vwap_rolling
from indicators.vwap_session import vwap_session
from indicators.vwma import vwma
from indicators.wad import wad
from indicators.wclprice import wclprice
from indicators.willr import willr
from indicators.wma import wma
from indicators.yang_zhang import yang_zhang
from indicators.zlema import zlema
from indicators.zscore import zscore

ALL = (
    ac, accbands, ad, adosc, adr, adx, adxr, alma, amihud, ao, apo, aroon, aroonosc, atr, avgdev, avgprice, beta,
    bollinger, bollinger_b, bollinger_width, bop, buying, cci, chop, cmf, cmo, cmou, comoments, coppock, correl, cvi,
    dema, directional, donchian, dpo, dx, efi, ema, eom, er, eri, ewma_volatility, extreme, fisher, fosc,
    garman_klass, ha, highest, highest_age, hilbert, hma, ht_dcperiod, ht_dcphase, ht_phasor, ht_sine, ht_trendline,
    ht_trendmode, ichimoku, imbalance, imi, kama, kdj, keltner, kst, kurtosis, kvo, kyle, linearreg, linearreg_angle,
    linearreg_intercept, linearreg_slope, log_return, lowest, lowest_age, ma, macd, macdext, mama, marketfi, mass,
    median, medprice, mfi, microprice, mid, midpoint, midprice, minus_di, minus_dm, mom, moments, money, moves, natr,
    nvi, obv, ofi, parkinson, percentrank, plus_di, plus_dm, ppo, pvi, pvo, pvt, qstick, quantile, realised,
    regression, rma, roc, rocp, rocr, rocr100, rogers_satchell, roll, rolling_sum, rsi, rvi, rvol, sar, signed_size,
    skew, sma, smi, spread, spread_bps, stddev, stoch, stochf, stochrsi, supertrend, t3, tema, trade_imbalance,
    trade_rate, trade_size, trange, trima, trix, tsf, tsi, turnover, typprice, ulcer, ultosc, var, vhf,
    volume_profile, vortex, vpin, vwap_anchored, vwap_rolling, vwap_session, vwma, wad, wclprice, willr, wma,
    yang_zhang, zlema, zscore, *candles.ALL,
)  # fmt: skip
NAMED = {maker.__name__: maker for maker in ALL}


def indicator(text: str) -> Node:
    """The indicator a person asks for, such as "ema(12)"; BadInput for anything else."""
    return build(text, NAMED)
