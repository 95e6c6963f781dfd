-- Market data as the stream carries it. `time` is ts_event in whole microseconds: what people and dashboards filter on,
-- and the column tables are partitioned by; ts_event and ts_recv are exact, in nanoseconds since 1970, UTC.

CREATE TABLE symbols (
    id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    source text NOT NULL,
    symbol text NOT NULL,
    UNIQUE (source, symbol)
);
CREATE TABLE indicators (id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY, name text NOT NULL UNIQUE);
CREATE TABLE strategies (id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY, name text NOT NULL UNIQUE);

CREATE TABLE ticks (
    time timestamptz NOT NULL,
    ts_event bigint NOT NULL,
    ts_recv bigint NOT NULL,
    seq bigint NOT NULL,
    trade_id bigint NOT NULL,
    price double precision NOT NULL,
    size double precision NOT NULL,
    symbol_id integer NOT NULL,
    side smallint NOT NULL
);
CREATE TABLE quotes (
    time timestamptz NOT NULL,
    ts_event bigint NOT NULL,
    ts_recv bigint NOT NULL,
    seq bigint NOT NULL,
    bid double precision NOT NULL,
    bid_size double precision NOT NULL,
    ask double precision NOT NULL,
    ask_size double precision NOT NULL,
    symbol_id integer NOT NULL
);
CREATE TABLE bars (
    time timestamptz NOT NULL,
    ts_event bigint NOT NULL,
    ts_recv bigint NOT NULL,
    seq bigint NOT NULL,
    ts_open bigint NOT NULL,
    ts_close bigint NOT NULL,
    open double precision NOT NULL,
    high double precision NOT NULL,
    low double precision NOT NULL,
    close double precision NOT NULL,
    volume double precision NOT NULL,
    vwap double precision NOT NULL,
    trades bigint NOT NULL,
    symbol_id integer NOT NULL,
    timeframe integer NOT NULL, -- seconds
    quality smallint NOT NULL,  -- 0 complete 1 partial 2 gap 3 backfilled 4 corrected 5 synthetic
    origin smallint NOT NULL    -- 0 made by the engine from trades, 1 the venue's own
);
CREATE TABLE indicator_values (
    time timestamptz NOT NULL,
    ts_event bigint NOT NULL,
    seq bigint NOT NULL,        -- of its bar
    value double precision NOT NULL,
    symbol_id integer NOT NULL,
    indicator_id integer NOT NULL,
    timeframe integer NOT NULL,
    quality smallint NOT NULL
);
CREATE TABLE signals (
    time timestamptz NOT NULL,
    ts_event bigint NOT NULL,
    ts_recv bigint NOT NULL,
    seq bigint NOT NULL,        -- per strategy and symbol
    seq_all bigint NOT NULL,    -- per symbol, over all strategies
    side double precision NOT NULL,
    strength double precision NOT NULL,
    price double precision NOT NULL,
    symbol_id integer NOT NULL,
    strategy_id integer NOT NULL,
    timeframe integer NOT NULL,
    quality smallint NOT NULL
);

-- (symbol_id, time) answers one symbol's reads; BRIN(time) answers "the last minute of all" at no cost to ingest.
CREATE INDEX ticks_symbol_time ON ticks (symbol_id, time DESC);
CREATE INDEX ticks_time ON ticks USING brin (time);
CREATE INDEX quotes_symbol_time ON quotes (symbol_id, time DESC);
CREATE INDEX quotes_time ON quotes USING brin (time);
CREATE INDEX bars_symbol_timeframe_time ON bars (symbol_id, timeframe, time DESC);
CREATE INDEX values_symbol_timeframe_time ON indicator_values (symbol_id, timeframe, time DESC);
CREATE INDEX signals_symbol_time ON signals (symbol_id, time DESC);
CREATE INDEX signals_time ON signals USING brin (time);

-- The last number given on each channel, written in the transaction of the rows that carry it.
CREATE TABLE positions (
    channel text NOT NULL,
    symbol_id integer NOT NULL,
    seq bigint NOT NULL,
    PRIMARY KEY (channel, symbol_id)
) WITH (fillfactor = 50); -- updated in place all the time

-- How many flushes each run has committed: tells a lost answer to COMMIT from a lost COMMIT.
CREATE TABLE writers (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    started timestamptz NOT NULL DEFAULT now(),
    flushes bigint NOT NULL DEFAULT 0
);

-- Views are what dashboards, REST and people read; tables may change behind them.
CREATE FUNCTION timeframe_name(seconds integer) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT CASE WHEN seconds % 86400 = 0 THEN seconds / 86400 || 'd'
                WHEN seconds % 3600 = 0 THEN seconds / 3600 || 'h'
                WHEN seconds % 60 = 0 THEN seconds / 60 || 'm'
                ELSE seconds || 's' END
$$;
CREATE FUNCTION quality_name(code smallint) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT (ARRAY['complete', 'partial', 'gap', 'backfilled', 'corrected', 'synthetic'])[code + 1]
$$;
CREATE VIEW market_trades AS
    SELECT t.time, t.symbol_id, s.source, s.symbol, t.price, t.size, t.side, t.trade_id, t.seq, t.ts_event, t.ts_recv
    FROM ticks t JOIN symbols s ON s.id = t.symbol_id;
CREATE VIEW market_quotes AS
    SELECT q.time, q.symbol_id, s.source, s.symbol, q.bid, q.bid_size, q.ask, q.ask_size, q.seq, q.ts_event, q.ts_recv
    FROM quotes q JOIN symbols s ON s.id = q.symbol_id;
CREATE VIEW market_bars AS
    SELECT b.time, b.symbol_id, s.source, s.symbol, timeframe_name(b.timeframe) AS timeframe, b.timeframe AS seconds,
           b.ts_open, b.ts_close, b.ts_event, b.ts_recv, b.open, b.high, b.low, b.close, b.volume, b.vwap, b.trades,
           quality_name(b.quality) AS quality, CASE b.origin WHEN 0 THEN 'engine' ELSE 'venue' END AS origin, b.seq
    FROM bars b JOIN symbols s ON s.id = b.symbol_id;
CREATE VIEW market_values AS
    SELECT v.time, v.symbol_id, s.source, s.symbol, timeframe_name(v.timeframe) AS timeframe, v.timeframe AS seconds,
           i.name AS indicator, v.value, quality_name(v.quality) AS quality, v.ts_event, v.seq
    FROM indicator_values v JOIN symbols s ON s.id = v.symbol_id JOIN indicators i ON i.id = v.indicator_id;
CREATE VIEW market_signals AS
    SELECT g.time, g.symbol_id, s.source, s.symbol, t.name AS strategy, timeframe_name(g.timeframe) AS timeframe,
           g.timeframe AS seconds, g.side, g.strength, g.price, quality_name(g.quality) AS quality,
           g.ts_event, g.ts_recv, g.seq, g.seq_all
    FROM signals g JOIN symbols s ON s.id = g.symbol_id JOIN strategies t ON t.id = g.strategy_id;
