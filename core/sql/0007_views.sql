-- What people read, on either. vwap of a bucket in which nothing was traded is its close, as that of a bar is (core/bars.py).
-- Each symbol is asked for apart, and the order keeps it so: the planner would join after it grouped, all symbols for one that
-- is named. A month of market_bars_1h of one of 100 symbols with 8,640,000 minutes, on a busy machine: 400 to 900 ms on plain tables, for
-- each of its 43,000 minutes lies on a page of its own, 9 to 22 on hypertables; a day of market_bars_5m: 10 to 20 ms, 5 to 19.
CREATE VIEW market_bars_5m AS
    SELECT r.time, s.id AS symbol_id, s.source, s.symbol, r.ts_close - 300000000000 AS ts_open, r.ts_close, r.open, r.high, r.low, r.close,
           r.volume, CASE WHEN r.volume > 0 THEN r.notional / r.volume ELSE r.close END AS vwap, r.trades, quality_name(r.quality) AS quality,
           CASE r.origin WHEN 0 THEN 'engine' ELSE 'venue' END AS origin, r.origin AS origin_number
    FROM symbols s CROSS JOIN LATERAL (SELECT * FROM bars_5m b WHERE b.symbol_id = s.id ORDER BY b.time) r;
CREATE VIEW market_bars_1h AS
    SELECT r.time, s.id AS symbol_id, s.source, s.symbol, r.ts_close - 3600000000000 AS ts_open, r.ts_close, r.open, r.high, r.low, r.close,
           r.volume, CASE WHEN r.volume > 0 THEN r.notional / r.volume ELSE r.close END AS vwap, r.trades, quality_name(r.quality) AS quality,
           CASE r.origin WHEN 0 THEN 'engine' ELSE 'venue' END AS origin, r.origin AS origin_number
    FROM symbols s CROSS JOIN LATERAL (SELECT * FROM bars_1h b WHERE b.symbol_id = s.id ORDER BY b.time) r;
CREATE VIEW market_bars_1d AS
    SELECT r.time, s.id AS symbol_id, s.source, s.symbol, r.ts_close - 86400000000000 AS ts_open, r.ts_close, r.open, r.high, r.low, r.close,
           r.volume, CASE WHEN r.volume > 0 THEN r.notional / r.volume ELSE r.close END AS vwap, r.trades, quality_name(r.quality) AS quality,
           CASE r.origin WHEN 0 THEN 'engine' ELSE 'venue' END AS origin, r.origin AS origin_number
    FROM symbols s CROSS JOIN LATERAL (SELECT * FROM bars_1d b WHERE b.symbol_id = s.id ORDER BY b.time) r;
