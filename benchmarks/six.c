/* The six indicators by hand: what a C programmer would write for the same rows in and the same rows out.
   EMA(20) SMA(20) RSI(14) MACD(12,26,9) Bollinger(20,2) ATR(14), TA-Lib 0.8's order of operations. */
#include <math.h>
#include <stdint.h>

typedef struct {
    int64_t ts_event, ts_recv, seq, ts_open, ts_close;
    double open, high, low, close, volume, vwap;
    int64_t trades;
    int32_t symbol;
    int16_t timeframe, closed;
    int32_t quality, origin;
} Bar;

typedef struct {
    int64_t ts_event, ts_recv, seq;
    int32_t symbol;
    int16_t timeframe, quality;
    double ema, sma, rsi, line, signal, histogram, upper, middle, lower, atr;
} Value;

typedef struct {
    int64_t n, left;
    double ema, sum, previous, gain, loss, fast, slow, signal, shift, first, second, mean;
    double ring[32];
} State;

static inline double ago(const State *s, int64_t k) { return s->ring[(s->n - 1 - k) & 31]; }

static double recentre(State *s) {
    double total = 0;
    for (int i = 19; i >= 0; i--) total += ago(s, i);
    s->shift = total * (1.0 / 20);
    s->first = s->second = 0;
    for (int i = 19; i >= 0; i--) {
        double d = ago(s, i) - s->shift;
        s->first += d;
        s->second += d * d;
    }
    s->left = 32 * 20;
    double mean = s->first * (1.0 / 20), variance = s->second * (1.0 / 20) - mean * mean;
    return variance >= 1e-12 * (s->second * (1.0 / 20)) ? variance : 0;
}

static inline double ema(double mean, double value, double weight) { return fma(weight, value - mean, mean); }

void six(State *states, const Bar *bars, Value *values, int64_t count) {
    for (int64_t i = 0; i < count; i++) {
        const Bar *x = &bars[i];
        State *s = &states[x->symbol];
        Value *v = &values[i];
        double c = x->close, nan = NAN;
        int64_t n = s->n;
        s->ring[n & 31] = c;
        s->n = ++n;
        v->ts_event = x->ts_event, v->ts_recv = x->ts_recv, v->seq = x->seq;
        v->symbol = x->symbol, v->timeframe = x->timeframe, v->quality = x->quality;
        if (n > 20) s->ema = ema(s->ema, c, 2.0 / 21);
        else s->ema = n < 20 ? s->ema + c : (s->ema + c) / 20;
        v->ema = n >= 20 ? s->ema : nan;
        double total = s->sum + c;
        v->sma = n >= 20 ? total / 20 : nan;
        s->sum = n >= 20 ? total - ago(s, 19) : total;
        double change = c - s->previous;
        double reach = fmax(x->high - x->low, fmax(fabs(x->high - s->previous), fabs(x->low - s->previous)));
        s->previous = c;
        if (n > 1) {
            double up = change > 0 ? change : 0, down = change < 0 ? -change : 0;
            if (n > 15) {
                s->gain = (s->gain * 13 + up) * (1.0 / 14);
                s->loss = (s->loss * 13 + down) * (1.0 / 14);
                if (s->gain < 1e-290) s->gain = 0;
                if (s->loss < 1e-290) s->loss = 0;
                s->mean = fma(s->mean, 13.0 / 14, reach * (1 - 13.0 / 14));
                if (s->mean < 1e-290) s->mean = 0;
            } else {
                s->gain += up, s->loss += down, s->mean += reach;
                if (n == 15) s->gain *= 1.0 / 14, s->loss *= 1.0 / 14, s->mean /= 14;
            }
        }
        double moved = s->gain + s->loss;
        v->rsi = n > 14 ? (moved > 0 ? 100 * (s->gain / moved) : 0) : nan;
        v->atr = n > 14 ? s->mean : nan;
        v->line = v->signal = v->histogram = nan;
        if (n > 26) s->fast = ema(s->fast, c, 2.0 / 13), s->slow = ema(s->slow, c, 2.0 / 27);
        else {
            s->slow += c;
            if (n > 14) s->fast += c;
            if (n == 26) s->slow /= 26, s->fast /= 12;
        }
        if (n >= 26) {
            double line = s->fast - s->slow;
            if (n > 34) s->signal = ema(s->signal, line, 2.0 / 10);
            else s->signal = n < 34 ? s->signal + line : (s->signal + line) / 9;
            if (n >= 34) v->line = line, v->signal = s->signal, v->histogram = line - s->signal;
        }
        if (n == 1) s->shift = c, s->left = 32 * 20;
        double d = c - s->shift;
        s->first += d;
        s->second += d * d;
        v->upper = v->middle = v->lower = nan;
        if (n >= 20) {
            double mean = s->first * (1.0 / 20), variance = s->second * (1.0 / 20) - mean * mean;
            double gone = ago(s, 19) - s->shift, second = s->second - gone * gone;
            s->left--;
            if (variance < (1.0 / 20) * second * 1e-6 || gone * gone > second * 1e6 || s->left <= 0) {
                variance = recentre(s);
                gone = ago(s, 19) - s->shift;
            }
            s->first -= gone;
            s->second -= gone * gone;
            double wide = 2.0 * sqrt(fmax(variance, 0));
            v->middle = v->sma, v->upper = v->sma + wide, v->lower = v->sma - wide;
        }
    }
}
