-- On plain tables buckets are made when they are asked for. PostgreSQL cannot turn a condition on a bucket's close into one on a
-- minute's, so the close is what is grouped by and has an index: the three take 27 bytes and some 30 µs a minute, on a busy machine,
-- and nothing of bars of other sizes. The statistics are for the planner: it takes none from an index of some rows only, and
-- thought a day to be a third of all time.
CREATE INDEX bars_symbol_5m ON bars (symbol_id, moment(bucket_close(ts_close, 300))) WHERE timeframe = 60;
CREATE INDEX bars_symbol_1h ON bars (symbol_id, moment(bucket_close(ts_close, 3600))) WHERE timeframe = 60;
CREATE INDEX bars_symbol_1d ON bars (symbol_id, moment(bucket_close(ts_close, 86400))) WHERE timeframe = 60;
CREATE STATISTICS bars_5m_closes ON (moment(bucket_close(ts_close, 300))) FROM bars;
CREATE STATISTICS bars_1h_closes ON (moment(bucket_close(ts_close, 3600))) FROM bars;
CREATE STATISTICS bars_1d_closes ON (moment(bucket_close(ts_close, 86400))) FROM bars;

-- The buckets of one symbol. The planner writes it into the query that calls it.
CREATE FUNCTION rollup(id integer, seconds integer) RETURNS TABLE (
    "time" timestamptz, ts_close bigint, origin smallint, open double precision, high double precision, low double precision,
    close double precision, volume double precision, notional double precision, trades bigint, quality smallint
) LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT moment(bucket_close(b.ts_close, seconds)), bucket_close(b.ts_close, seconds), b.origin,
           (array_agg(b.open ORDER BY b.time))[1], max(b.high), min(b.low), (array_agg(b.close ORDER BY b.time DESC))[1],
           sum(b.volume), sum(b.vwap * b.volume), sum(b.trades)::bigint, quality_order(max(quality_order(b.quality)))
    FROM bars b WHERE b.symbol_id = id AND b.timeframe = 60 GROUP BY bucket_close(b.ts_close, seconds), b.origin
$$;
CREATE VIEW bars_5m AS SELECT s.id AS symbol_id, r.* FROM symbols s CROSS JOIN LATERAL rollup(s.id, 300) r;
CREATE VIEW bars_1h AS SELECT s.id AS symbol_id, r.* FROM symbols s CROSS JOIN LATERAL rollup(s.id, 3600) r;
CREATE VIEW bars_1d AS SELECT s.id AS symbol_id, r.* FROM symbols s CROSS JOIN LATERAL rollup(s.id, 86400) r;
