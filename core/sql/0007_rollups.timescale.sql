-- On hypertables buckets are kept, each size made of the one below. `bucket` is what TimescaleDB needs: its buckets have their left
-- edge and not their right one, so that of 10:00–10:05 begins a microsecond, the smallest step, after 10:00. `time`, the close, is
-- grouped by as well: as a column it can have an index; computed from `bucket` it could not be filtered by one.

-- What a refresh asks for: the minutes of all symbols in a span of time, out of many more bars of seconds.
CREATE INDEX bars_minutes ON bars (time) WHERE timeframe = 60;

CREATE MATERIALIZED VIEW bars_5m
WITH (timescaledb.continuous, timescaledb.materialized_only = false, timescaledb.create_group_indexes = false, timescaledb.chunk_interval = '28 days') AS
    SELECT time_bucket('5 minutes', b.time, "offset" => '1 microsecond') AS bucket, b.symbol_id, moment(bucket_close(b.ts_close, 300)) AS time,
           bucket_close(b.ts_close, 300) AS ts_close, b.origin, first(b.open, b.time) AS open, max(b.high) AS high, min(b.low) AS low,
           last(b.close, b.time) AS close, sum(b.volume) AS volume, sum(b.vwap * b.volume) AS notional, sum(b.trades)::bigint AS trades,
           quality_order(max(quality_order(b.quality))) AS quality
    FROM bars b WHERE b.timeframe = 60 GROUP BY 1, 2, 3, 4, 5 WITH NO DATA;
CREATE MATERIALIZED VIEW bars_1h
WITH (timescaledb.continuous, timescaledb.materialized_only = false, timescaledb.create_group_indexes = false) AS
    SELECT time_bucket('1 hour', b.bucket, "offset" => '1 microsecond') AS bucket, b.symbol_id, moment(bucket_close(b.ts_close, 3600)) AS time,
           bucket_close(b.ts_close, 3600) AS ts_close, b.origin, first(b.open, b.time) AS open, max(b.high) AS high, min(b.low) AS low,
           last(b.close, b.time) AS close, sum(b.volume) AS volume, sum(b.notional) AS notional, sum(b.trades)::bigint AS trades,
           quality_order(max(quality_order(b.quality))) AS quality
    FROM bars_5m b GROUP BY 1, 2, 3, 4, 5 WITH NO DATA;
CREATE MATERIALIZED VIEW bars_1d
WITH (timescaledb.continuous, timescaledb.materialized_only = false, timescaledb.create_group_indexes = false) AS
    SELECT time_bucket('1 day', b.bucket, "offset" => '1 microsecond') AS bucket, b.symbol_id, moment(bucket_close(b.ts_close, 86400)) AS time,
           bucket_close(b.ts_close, 86400) AS ts_close, b.origin, first(b.open, b.time) AS open, max(b.high) AS high, min(b.low) AS low,
           last(b.close, b.time) AS close, sum(b.volume) AS volume, sum(b.notional) AS notional, sum(b.trades)::bigint AS trades,
           quality_order(max(quality_order(b.quality))) AS quality
    FROM bars_1h b GROUP BY 1, 2, 3, 4, 5 WITH NO DATA;
CREATE INDEX ON bars_5m (symbol_id, time DESC);
CREATE INDEX ON bars_1h (symbol_id, time DESC);
CREATE INDEX ON bars_1d (symbol_id, time DESC);

-- The smallest buckets are nine tenths of all, and are compressed when they are old: 198 to 45 bytes each. A late minute is taken in then as well.
ALTER MATERIALIZED VIEW bars_5m SET (timescaledb.compress, timescaledb.compress_segmentby = 'symbol_id', timescaledb.compress_orderby = 'time DESC');
SELECT add_compression_policy('bars_5m', INTERVAL '28 days');

-- Once a minute: buckets that ended ten minutes ago, and those that late minutes fell into since the last time, however old. What is
-- younger is made when it is asked for. One job and not a policy a size, for each size is made of the one before. It begins
-- behind the last day that was archived, where a policy has a distance: with none it would remove the buckets of bars that were
-- archived, which stay as they were; with one it would pass over what a backfill brings.
CREATE PROCEDURE refresh_rollups(job integer, config jsonb) LANGUAGE plpgsql AS $$
DECLARE
    since timestamptz := (SELECT moment(bucket_close(max(last_event), 86400)) + INTERVAL '1 microsecond' FROM archived WHERE kind = 'bars');
    until timestamptz := now() - INTERVAL '10 minutes';
BEGIN -- a span that holds no whole bucket is refused
    IF since IS NULL OR since + INTERVAL '5 minutes' <= until THEN CALL refresh_continuous_aggregate('bars_5m', since, until); END IF;
    IF since IS NULL OR since + INTERVAL '1 hour' <= until THEN CALL refresh_continuous_aggregate('bars_1h', since, until); END IF;
    IF since IS NULL OR since + INTERVAL '24 hours' <= until THEN CALL refresh_continuous_aggregate('bars_1d', since, until); END IF;
END
$$;
SELECT add_job('refresh_rollups', INTERVAL '1 minute', initial_start => now() + INTERVAL '1 minute');
