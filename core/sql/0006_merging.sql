-- History merged with what was stored live. A merged row was never on the stream: its number is below zero.

-- Stretches of a channel that are known to be missing, from one moment until before another.
CREATE TABLE gaps (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    symbol_id integer NOT NULL,
    channel text NOT NULL,
    from_ts bigint NOT NULL,
    to_ts bigint NOT NULL,
    reason text NOT NULL,
    backfill text NOT NULL DEFAULT 'pending' CHECK (backfill IN ('pending', 'done', 'impossible')),
    rows bigint NOT NULL DEFAULT 0, -- that filled it
    noted timestamptz NOT NULL DEFAULT now(),
    CHECK (from_ts <= to_ts)
);
CREATE INDEX gaps_symbol_from ON gaps (symbol_id, from_ts);

-- Bars as they were before they were replaced; without values where there was none.
CREATE TABLE corrections (
    time timestamptz NOT NULL,
    ts_event bigint NOT NULL,
    ts_recv bigint,
    seq bigint NOT NULL,        -- of the bar then and now; of the new bar where there was none
    ts_open bigint NOT NULL,
    ts_close bigint NOT NULL,
    open double precision,
    high double precision,
    low double precision,
    close double precision,
    volume double precision,
    vwap double precision,
    trades bigint,
    symbol_id integer NOT NULL,
    timeframe integer NOT NULL, -- seconds
    quality smallint,
    origin smallint NOT NULL,
    reason text NOT NULL DEFAULT 'backfill',
    superseded timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX corrections_symbol_timeframe_time ON corrections (symbol_id, timeframe, time DESC);

-- The lowest number given to a merged row on each channel: the next ones are below it.
CREATE TABLE merged_numbers (
    channel text NOT NULL,
    symbol_id integer NOT NULL,
    lowest bigint NOT NULL,
    PRIMARY KEY (channel, symbol_id)
);

CREATE VIEW market_gaps AS
    SELECT to_timestamp(g.from_ts / 1e9) AS time, g.symbol_id, s.source, s.symbol, g.channel, g.from_ts, g.to_ts, g.reason, g.backfill,
           g.rows, g.noted
    FROM gaps g JOIN symbols s ON s.id = g.symbol_id;
CREATE VIEW market_corrections AS
    SELECT c.time, c.symbol_id, s.source, s.symbol, timeframe_name(c.timeframe) AS timeframe, c.timeframe AS seconds,
           c.ts_open, c.ts_close, c.ts_event, c.ts_recv, c.open, c.high, c.low, c.close, c.volume, c.vwap, c.trades,
           quality_name(c.quality) AS quality, CASE c.origin WHEN 0 THEN 'engine' ELSE 'venue' END AS origin, c.seq,
           c.reason, c.superseded
    FROM corrections c JOIN symbols s ON s.id = c.symbol_id;
