-- name: intern_symbols
INSERT INTO symbols (source, symbol) SELECT %(source)s, unnest(%(names)s::text[]) ON CONFLICT DO NOTHING

-- name: symbol_ids
SELECT symbol, id FROM symbols WHERE source = %(source)s AND symbol = ANY(%(names)s::text[])

-- name: intern_indicators
INSERT INTO indicators (name) SELECT unnest(%(names)s::text[]) ON CONFLICT DO NOTHING

-- name: indicator_ids
SELECT name, id FROM indicators WHERE name = ANY(%(names)s::text[])

-- name: intern_strategies
INSERT INTO strategies (name) SELECT unnest(%(names)s::text[]) ON CONFLICT DO NOTHING

-- name: strategy_ids
SELECT name, id FROM strategies WHERE name = ANY(%(names)s::text[])

-- name: positions
SELECT p.channel, s.symbol, p.seq FROM positions p JOIN symbols s ON s.id = p.symbol_id
WHERE s.source = %(source)s AND (cardinality(%(names)s::text[]) = 0 OR s.symbol = ANY(%(names)s::text[]))

-- name: advance_positions
INSERT INTO positions (channel, symbol_id, seq)
SELECT * FROM unnest(%(channels)s::text[], %(symbol_ids)s::integer[], %(seqs)s::bigint[])
ON CONFLICT (channel, symbol_id) DO UPDATE SET seq = GREATEST(positions.seq, excluded.seq)

-- name: new_watermark
INSERT INTO watermark (stream, source) VALUES (%(stream)s, %(source)s) ON CONFLICT DO NOTHING

-- name: watermark
SELECT position, rows FROM watermark WHERE stream = %(stream)s

-- name: lock_watermark
SELECT position FROM watermark WHERE stream = %(stream)s FOR UPDATE

-- name: move_watermark
UPDATE watermark SET position = %(position)s, rows = %(rows)s, moved = now() WHERE stream = %(stream)s

-- name: symbols
SELECT symbol, source FROM symbols ORDER BY symbol, source

-- name: known_symbols
SELECT DISTINCT symbol FROM symbols WHERE symbol = ANY(%(symbols)s::text[]) AND (%(source)s::text = '' OR source = %(source)s)

-- Ranges go forward from a start; "newest" ones go back from the end; each symbol by its own index. All that lie in the
-- last microsecond are taken along, for the index knows no more, and the exact order is that of ts_event. Names are
-- ordered by their bytes, as rows of the archive are.

-- name: trades
SELECT r.source, r.symbol, r.price, r.size, r.side, r.trade_id, r.ts_event, r.ts_recv, r.seq
FROM symbols s CROSS JOIN LATERAL (
    SELECT * FROM market_trades m
    WHERE m.symbol_id = s.id AND m.time BETWEEN %(from)s AND %(to)s AND m.ts_event >= %(start)s AND m.ts_event < %(end)s
      AND (m.ts_event, m.symbol COLLATE "C", m.seq, m.source COLLATE "C") > (%(after_ts)s, %(after_symbol)s, %(after_seq)s, %(after_source)s)
    ORDER BY m.time FETCH FIRST (%(limit)s) ROWS WITH TIES
) r WHERE (cardinality(%(symbols)s::text[]) = 0 OR s.symbol = ANY(%(symbols)s::text[])) AND (%(source)s::text = '' OR s.source = %(source)s)
ORDER BY r.ts_event, r.symbol COLLATE "C", r.seq, r.source COLLATE "C" LIMIT %(limit)s

-- name: newest_trades
SELECT r.source, r.symbol, r.price, r.size, r.side, r.trade_id, r.ts_event, r.ts_recv, r.seq
FROM symbols s CROSS JOIN LATERAL (
    SELECT * FROM market_trades m
    WHERE m.symbol_id = s.id AND m.time <= %(to)s AND m.ts_event < %(end)s
    ORDER BY m.time DESC FETCH FIRST (%(limit)s) ROWS WITH TIES
) r WHERE (cardinality(%(symbols)s::text[]) = 0 OR s.symbol = ANY(%(symbols)s::text[])) AND (%(source)s::text = '' OR s.source = %(source)s)
ORDER BY r.ts_event DESC, r.symbol COLLATE "C" DESC, r.seq DESC, r.source COLLATE "C" DESC LIMIT %(limit)s

-- name: quotes
SELECT r.source, r.symbol, r.bid, r.bid_size, r.ask, r.ask_size, r.ts_event, r.ts_recv, r.seq
FROM symbols s CROSS JOIN LATERAL (
    SELECT * FROM market_quotes m
    WHERE m.symbol_id = s.id AND m.time BETWEEN %(from)s AND %(to)s AND m.ts_event >= %(start)s AND m.ts_event < %(end)s
      AND (m.ts_event, m.symbol COLLATE "C", m.seq, m.source COLLATE "C") > (%(after_ts)s, %(after_symbol)s, %(after_seq)s, %(after_source)s)
    ORDER BY m.time FETCH FIRST (%(limit)s) ROWS WITH TIES
) r WHERE (cardinality(%(symbols)s::text[]) = 0 OR s.symbol = ANY(%(symbols)s::text[])) AND (%(source)s::text = '' OR s.source = %(source)s)
ORDER BY r.ts_event, r.symbol COLLATE "C", r.seq, r.source COLLATE "C" LIMIT %(limit)s

-- name: newest_quotes
SELECT r.source, r.symbol, r.bid, r.bid_size, r.ask, r.ask_size, r.ts_event, r.ts_recv, r.seq
FROM symbols s CROSS JOIN LATERAL (
    SELECT * FROM market_quotes m
    WHERE m.symbol_id = s.id AND m.time <= %(to)s AND m.ts_event < %(end)s
    ORDER BY m.time DESC FETCH FIRST (%(limit)s) ROWS WITH TIES
) r WHERE (cardinality(%(symbols)s::text[]) = 0 OR s.symbol = ANY(%(symbols)s::text[])) AND (%(source)s::text = '' OR s.source = %(source)s)
ORDER BY r.ts_event DESC, r.symbol COLLATE "C" DESC, r.seq DESC, r.source COLLATE "C" DESC LIMIT %(limit)s

-- name: bars
SELECT r.source, r.symbol, %(timeframe)s::text AS timeframe, r.ts_open, r.ts_close, r.ts_event, r.ts_recv, r.open, r.high, r.low, r.close, r.volume, r.vwap, r.trades, r.quality, r.seq
FROM symbols s CROSS JOIN LATERAL (
    SELECT * FROM market_bars m
    WHERE m.symbol_id = s.id AND m.seconds = %(seconds)s AND m.origin_number = %(origin)s AND m.time BETWEEN %(from)s AND %(to)s AND m.ts_event >= %(start)s AND m.ts_event < %(end)s
      AND (m.ts_event, m.symbol COLLATE "C", m.seq, m.source COLLATE "C") > (%(after_ts)s, %(after_symbol)s, %(after_seq)s, %(after_source)s)
    ORDER BY m.time FETCH FIRST (%(limit)s) ROWS WITH TIES
) r WHERE (cardinality(%(symbols)s::text[]) = 0 OR s.symbol = ANY(%(symbols)s::text[])) AND (%(source)s::text = '' OR s.source = %(source)s)
ORDER BY r.ts_event, r.symbol COLLATE "C", r.seq, r.source COLLATE "C" LIMIT %(limit)s

-- name: newest_bars
SELECT r.source, r.symbol, %(timeframe)s::text AS timeframe, r.ts_open, r.ts_close, r.ts_event, r.ts_recv, r.open, r.high, r.low, r.close, r.volume, r.vwap, r.trades, r.quality, r.seq
FROM symbols s CROSS JOIN LATERAL (
    SELECT * FROM market_bars m
    WHERE m.symbol_id = s.id AND m.seconds = %(seconds)s AND m.origin_number = %(origin)s AND m.time <= %(to)s AND m.ts_event < %(end)s
    ORDER BY m.time DESC FETCH FIRST (%(limit)s) ROWS WITH TIES
) r WHERE (cardinality(%(symbols)s::text[]) = 0 OR s.symbol = ANY(%(symbols)s::text[])) AND (%(source)s::text = '' OR s.source = %(source)s)
ORDER BY r.ts_event DESC, r.symbol COLLATE "C" DESC, r.seq DESC, r.source COLLATE "C" DESC LIMIT %(limit)s

-- A row a bar. `limit` bars are found by their times first; one more, for the first may lie before the start.

-- name: values
SELECT source, symbol, timeframe, ts_event, seq, quality, jsonb_object_agg(indicator, value) AS values
FROM market_values
WHERE symbol = ANY(%(symbols)s::text[]) AND (%(source)s::text = '' OR source = %(source)s) AND seconds = %(seconds)s
  AND time >= %(from)s AND ts_event >= %(start)s AND ts_event < %(end)s
  AND (ts_event, symbol COLLATE "C", seq, source COLLATE "C") > (%(after_ts)s, %(after_symbol)s, %(after_seq)s, %(after_source)s)
  AND time <= (SELECT max(t.time) FROM symbols s CROSS JOIN LATERAL (
      SELECT DISTINCT m.time FROM indicator_values m
      WHERE m.symbol_id = s.id AND m.timeframe = %(seconds)s AND m.time BETWEEN %(from)s AND %(to)s
      ORDER BY m.time LIMIT %(limit)s + 1
  ) t WHERE s.symbol = ANY(%(symbols)s::text[]) AND (%(source)s::text = '' OR s.source = %(source)s))
GROUP BY source, symbol, timeframe, ts_event, seq, quality
ORDER BY ts_event, symbol COLLATE "C", seq, source COLLATE "C" LIMIT %(limit)s

-- name: newest_values
SELECT source, symbol, timeframe, ts_event, seq, quality, jsonb_object_agg(indicator, value) AS values
FROM market_values
WHERE symbol = ANY(%(symbols)s::text[]) AND (%(source)s::text = '' OR source = %(source)s) AND seconds = %(seconds)s AND time <= %(to)s AND ts_event < %(end)s
  AND time >= (SELECT min(t.time) FROM symbols s CROSS JOIN LATERAL (
      SELECT DISTINCT m.time FROM indicator_values m
      WHERE m.symbol_id = s.id AND m.timeframe = %(seconds)s AND m.time <= %(to)s
      ORDER BY m.time DESC LIMIT %(limit)s + 1
  ) t WHERE s.symbol = ANY(%(symbols)s::text[]) AND (%(source)s::text = '' OR s.source = %(source)s))
GROUP BY source, symbol, timeframe, ts_event, seq, quality
ORDER BY ts_event DESC, symbol COLLATE "C" DESC, seq DESC, source COLLATE "C" DESC LIMIT %(limit)s

-- name: signals
SELECT r.source, r.symbol, r.strategy, r.timeframe, r.side, r.strength, r.price, r.quality, r.ts_event, r.ts_recv, r.seq, r.seq_all
FROM symbols s CROSS JOIN LATERAL (
    SELECT * FROM market_signals m
    WHERE m.symbol_id = s.id AND (%(strategy)s::text = '' OR m.strategy = %(strategy)s) AND m.time BETWEEN %(from)s AND %(to)s AND m.ts_event >= %(start)s AND m.ts_event < %(end)s
      AND (m.ts_event, m.symbol COLLATE "C", m.seq_all, m.source COLLATE "C") > (%(after_ts)s, %(after_symbol)s, %(after_seq)s, %(after_source)s)
    ORDER BY m.time FETCH FIRST (%(limit)s) ROWS WITH TIES
) r WHERE (cardinality(%(symbols)s::text[]) = 0 OR s.symbol = ANY(%(symbols)s::text[])) AND (%(source)s::text = '' OR s.source = %(source)s)
ORDER BY r.ts_event, r.symbol COLLATE "C", r.seq_all, r.source COLLATE "C" LIMIT %(limit)s

-- name: newest_signals
SELECT r.source, r.symbol, r.strategy, r.timeframe, r.side, r.strength, r.price, r.quality, r.ts_event, r.ts_recv, r.seq, r.seq_all
FROM symbols s CROSS JOIN LATERAL (
    SELECT * FROM market_signals m
    WHERE m.symbol_id = s.id AND (%(strategy)s::text = '' OR m.strategy = %(strategy)s) AND m.time <= %(to)s AND m.ts_event < %(end)s
    ORDER BY m.time DESC FETCH FIRST (%(limit)s) ROWS WITH TIES
) r WHERE (cardinality(%(symbols)s::text[]) = 0 OR s.symbol = ANY(%(symbols)s::text[])) AND (%(source)s::text = '' OR s.source = %(source)s)
ORDER BY r.ts_event DESC, r.symbol COLLATE "C" DESC, r.seq_all DESC, r.source COLLATE "C" DESC LIMIT %(limit)s

-- Within a microsecond the higher number is the newer. Compressed chunks are in this very order, or each would be read whole (0.2 and 16 ms).

-- name: last_trades
SELECT s.source, s.symbol, t.price, t.size, t.side, t.ts_event, t.ts_recv, t.seq FROM symbols s CROSS JOIN LATERAL (
    SELECT * FROM market_trades m WHERE m.symbol_id = s.id AND m.time <= %(to)s AND m.ts_event < %(end)s
    ORDER BY m.time DESC, m.seq DESC LIMIT 1
) t WHERE (cardinality(%(symbols)s::text[]) = 0 OR s.symbol = ANY(%(symbols)s::text[])) AND (%(source)s::text = '' OR s.source = %(source)s)
ORDER BY s.symbol COLLATE "C", s.source COLLATE "C"

-- name: traded_symbols
SELECT s.source, s.symbol FROM symbols s JOIN positions p ON p.symbol_id = s.id AND p.channel = 'trades'
WHERE (cardinality(%(symbols)s::text[]) = 0 OR s.symbol = ANY(%(symbols)s::text[])) AND (%(source)s::text = '' OR s.source = %(source)s)

-- What bars may be made of: the timeframes that were ever stored, of all these symbols together; where they begin and end.

-- name: stored_timeframes
SELECT DISTINCT p.channel FROM positions p JOIN symbols s ON s.id = p.symbol_id
WHERE p.channel LIKE 'bars.%%' AND (cardinality(%(symbols)s::text[]) = 0 OR s.symbol = ANY(%(symbols)s::text[])) AND (%(source)s::text = '' OR s.source = %(source)s)

-- name: bar_ends
SELECT s.source, s.symbol, (SELECT min(b.time) FROM bars b WHERE b.symbol_id = s.id AND b.timeframe = %(seconds)s AND b.origin = %(origin)s) AS first,
       (SELECT max(b.time) FROM bars b WHERE b.symbol_id = s.id AND b.timeframe = %(seconds)s AND b.origin = %(origin)s) AS last
FROM symbols s WHERE (cardinality(%(symbols)s::text[]) = 0 OR s.symbol = ANY(%(symbols)s::text[])) AND (%(source)s::text = '' OR s.source = %(source)s)

-- What `candela backfill` asks. Only the stream's own rows have numbers above zero.

-- name: sources
SELECT DISTINCT source FROM symbols ORDER BY source

-- name: stream_reached
SELECT max(LEAST(newest.ts_event, newest.ts_recv)) FROM symbols s CROSS JOIN LATERAL (
    (SELECT t.ts_event, t.ts_recv FROM ticks t WHERE t.symbol_id = s.id AND t.seq > 0 ORDER BY t.time DESC LIMIT 1)
    UNION ALL
    (SELECT q.ts_event, q.ts_recv FROM quotes q WHERE q.symbol_id = s.id ORDER BY q.time DESC LIMIT 1)
) newest WHERE s.source = %(source)s

-- name: bar_timeframes
SELECT DISTINCT f.seconds FROM symbols s CROSS JOIN unnest(%(timeframes)s::integer[]) AS f(seconds) CROSS JOIN LATERAL (
    SELECT 1 FROM bars b WHERE b.symbol_id = s.id AND b.timeframe = f.seconds AND b.origin = 0 ORDER BY b.time DESC LIMIT 1
) any_bar WHERE s.source = %(source)s ORDER BY f.seconds

-- name: closed_bars
SELECT f.seconds, newest.ts_close FROM unnest(%(timeframes)s::integer[]) AS f(seconds) CROSS JOIN LATERAL (
    SELECT b.ts_close FROM bars b
    WHERE b.symbol_id = %(symbol_id)s AND b.timeframe = f.seconds AND b.origin = 0 AND b.seq > 0 ORDER BY b.time DESC LIMIT 1
) newest

-- name: day_trades
SELECT time, ts_event, ts_recv, seq, trade_id, price, size, symbol_id, side FROM ticks
WHERE symbol_id = %(symbol_id)s AND time BETWEEN %(from)s AND %(to)s AND ts_event >= %(start)s AND ts_event < %(end)s

-- name: gone_trades
SELECT trade_id FROM amended_trades WHERE symbol_id = %(symbol_id)s AND ts_event >= %(start)s AND ts_event < %(end)s

-- name: day_bars
SELECT time, ts_event, ts_recv, seq, ts_open, ts_close, trades, open, high, low, close, volume, vwap, symbol_id, timeframe, quality, origin
FROM bars
WHERE symbol_id = %(symbol_id)s AND timeframe = ANY(%(timeframes)s::integer[]) AND origin = 0
  AND time BETWEEN %(from)s AND %(to)s AND ts_open >= %(start)s AND ts_close <= %(end)s

-- name: numbers_below
INSERT INTO merged_numbers (channel, symbol_id, lowest) VALUES (%(channel)s, %(symbol_id)s, -%(rows)s::bigint)
ON CONFLICT (channel, symbol_id) DO UPDATE SET lowest = merged_numbers.lowest - %(rows)s::bigint RETURNING lowest

-- name: remove_trades
DELETE FROM ticks WHERE symbol_id = %(symbol_id)s AND time BETWEEN %(from)s AND %(to)s AND seq = ANY(%(seqs)s::bigint[]) AND seq < 0

-- name: remove_bars
DELETE FROM bars b USING unnest(%(timeframes)s::integer[], %(closes)s::bigint[], %(seqs)s::bigint[]) AS old(timeframe, ts_close, seq)
WHERE b.symbol_id = %(symbol_id)s AND b.time BETWEEN %(from)s AND %(to)s AND b.origin = 0
  AND b.timeframe = old.timeframe AND b.ts_close = old.ts_close AND b.seq = old.seq

-- name: gaps
SELECT id, from_ts, to_ts, backfill = 'done' FROM gaps
WHERE symbol_id = %(symbol_id)s AND channel = 'trades' AND from_ts < %(end)s AND to_ts > %(start)s ORDER BY from_ts, id

-- name: note_gaps
WITH told AS (
    SELECT * FROM unnest(
        %(symbol_ids)s::integer[], %(channels)s::text[], %(begins)s::bigint[], %(ends)s::bigint[], %(reasons)s::text[], %(backfills)s::text[], %(filled)s::bigint[]
    ) AS told(symbol_id, channel, from_ts, to_ts, reason, backfill, rows)
), known AS (
    UPDATE gaps g SET backfill = told.backfill, rows = told.rows FROM told
    WHERE g.symbol_id = told.symbol_id AND g.channel = told.channel AND g.from_ts = told.from_ts AND g.to_ts = told.to_ts AND g.reason = told.reason
    RETURNING g.symbol_id, g.channel, g.from_ts, g.to_ts, g.reason
)
INSERT INTO gaps (symbol_id, channel, from_ts, to_ts, reason, backfill, rows)
SELECT told.* FROM told WHERE (symbol_id, channel, from_ts, to_ts, reason) NOT IN (SELECT * FROM known)

-- name: supersede_trades
WITH told AS (
    SELECT * FROM unnest(%(symbol_ids)s::integer[], %(times)s::bigint[], %(seqs)s::bigint[]) AS told(symbol_id, ts_event, seq)
), gone AS (
    DELETE FROM ticks t USING told
    WHERE t.symbol_id = told.symbol_id AND t.ts_event = told.ts_event AND t.seq = told.seq
      AND t.time BETWEEN to_timestamp(%(start)s / 1e9) - interval '1 millisecond' AND to_timestamp(%(end)s / 1e9) + interval '1 millisecond'
      AND t.time BETWEEN to_timestamp(told.ts_event / 1e9) - interval '1 millisecond' AND to_timestamp(told.ts_event / 1e9) + interval '1 millisecond'
    RETURNING t.*
)
INSERT INTO amended_trades SELECT gone.*, now() FROM gone

-- name: supersede_bars
WITH told AS (
    SELECT * FROM unnest(%(symbol_ids)s::integer[], %(timeframes)s::integer[], %(times)s::bigint[]) AS told(symbol_id, timeframe, ts_event)
), gone AS (
    DELETE FROM bars b USING told
    WHERE b.symbol_id = told.symbol_id AND b.timeframe = told.timeframe AND b.time = to_timestamp(told.ts_event / 1e9) AND b.origin = 0
    RETURNING b.*
)
INSERT INTO corrections (time, ts_event, ts_recv, seq, ts_open, ts_close, open, high, low, close, volume, vwap, trades, symbol_id, timeframe, quality, origin, reason)
SELECT time, ts_event, ts_recv, seq, ts_open, ts_close, open, high, low, close, volume, vwap, trades, symbol_id, timeframe, quality, origin, 'revision' FROM gone

-- name: supersede_values
DELETE FROM indicator_values v USING unnest(%(symbol_ids)s::integer[], %(timeframes)s::integer[], %(times)s::bigint[]) AS told(symbol_id, timeframe, ts_event)
WHERE v.symbol_id = told.symbol_id AND v.timeframe = told.timeframe AND v.time = to_timestamp(told.ts_event / 1e9)

-- name: supersede_signals
WITH told AS (
    SELECT * FROM unnest(%(symbol_ids)s::integer[], %(timeframes)s::integer[], %(times)s::bigint[], %(strategy_ids)s::integer[])
        AS told(symbol_id, timeframe, ts_event, strategy_id)
), gone AS (
    DELETE FROM signals g USING told
    WHERE g.symbol_id = told.symbol_id AND g.timeframe = told.timeframe AND g.strategy_id = told.strategy_id AND g.time = to_timestamp(told.ts_event / 1e9)
    RETURNING g.*
)
INSERT INTO corrected_signals SELECT gone.*, now() FROM gone

-- name: doubt_bars
UPDATE bars t SET quality = 2
FROM unnest(%(symbol_ids)s::integer[], %(begins)s::bigint[], %(ends)s::bigint[]) AS missed(symbol_id, from_ts, to_ts)
WHERE t.symbol_id = missed.symbol_id AND t.ts_close > missed.from_ts AND t.ts_close <= missed.to_ts AND t.quality = 0 AND t.origin = 0
  AND t.time BETWEEN to_timestamp(%(start)s / 1e9) - interval '1 millisecond' AND to_timestamp(%(end)s / 1e9)

-- name: doubt_values
UPDATE indicator_values t SET quality = 2
FROM unnest(%(symbol_ids)s::integer[], %(begins)s::bigint[], %(ends)s::bigint[]) AS missed(symbol_id, from_ts, to_ts)
WHERE t.symbol_id = missed.symbol_id AND t.ts_event > missed.from_ts AND t.ts_event <= missed.to_ts AND t.quality = 0
  AND t.time BETWEEN to_timestamp(%(start)s / 1e9) - interval '1 millisecond' AND to_timestamp(%(end)s / 1e9)

-- name: doubt_signals
UPDATE signals t SET quality = 2
FROM unnest(%(symbol_ids)s::integer[], %(begins)s::bigint[], %(ends)s::bigint[]) AS missed(symbol_id, from_ts, to_ts)
WHERE t.symbol_id = missed.symbol_id AND t.ts_event > missed.from_ts AND t.ts_event <= missed.to_ts AND t.quality = 0
  AND t.time BETWEEN to_timestamp(%(start)s / 1e9) - interval '1 millisecond' AND to_timestamp(%(end)s / 1e9)

-- name: split_gap
INSERT INTO gaps (symbol_id, channel, from_ts, to_ts, reason, backfill, noted)
SELECT symbol_id, channel, %(start)s, %(end)s, reason, backfill, noted FROM gaps WHERE id = %(id)s

-- name: fill_gap
UPDATE gaps SET from_ts = %(start)s, to_ts = %(end)s, backfill = 'done', rows = %(rows)s WHERE id = %(id)s

-- name: filled_gap
INSERT INTO gaps (symbol_id, channel, from_ts, to_ts, reason, backfill, rows)
VALUES (%(symbol_id)s, 'trades', %(start)s, %(end)s, 'backfill', 'done', %(rows)s)

-- name: archived_within
SELECT count(*) FROM archived WHERE kind IN ('trades', 'bars') AND first_event < %(end)s AND last_event >= %(start)s

-- What `candela doctor` asks.

-- name: server_version
SHOW server_version

-- name: listen_addresses
SHOW listen_addresses

-- name: port
SHOW port

-- name: database_size
SELECT pg_size_pretty(pg_database_size(current_database()))

-- name: timescale_installed
SELECT extversion FROM pg_extension WHERE extname = 'timescaledb'

-- name: timescale_offered
SELECT default_version FROM pg_available_extensions WHERE name = 'timescaledb'

-- name: hypertable
SELECT 1 FROM timescaledb_information.hypertables WHERE hypertable_name = 'ticks'

-- name: schema_table
SELECT to_regclass('schema_version')::text

-- name: schema_version
SELECT max(version) FROM schema_version

-- What the archive asks.

-- name: archived_version
SELECT concat(max(id), '/', count(*)) AS version FROM archived

-- name: archived_parts
SELECT id, kind, path, rows, first_event, last_event FROM archived ORDER BY id

-- name: archive_name
SELECT name FROM archive_name

-- name: listed_paths
SELECT path FROM archived

-- name: parts_before
SELECT path, rows FROM archived WHERE kind = %(kind)s AND last_event < %(end)s ORDER BY id

-- name: unlist_part
DELETE FROM archived WHERE path = %(path)s

-- name: list_part
INSERT INTO archived (kind, path, rows, bytes, first_event, last_event)
VALUES (%(kind)s, %(path)s, %(rows)s, %(bytes)s, %(first)s, %(last)s)

-- One at a time: who moves old rows, and who changes them.

-- name: old_rows_lock
SELECT pg_try_advisory_lock(7264002)

-- A store that is busy with its flush is waited for, and a table that is locked for long is not.

-- name: archive_patience
SET LOCAL lock_timeout = '10s'

-- name: stop_stores
LOCK TABLE watermark IN EXCLUSIVE MODE

-- name: chunks
SELECT range_start, range_end FROM timescaledb_information.chunks
WHERE hypertable_schema = 'public' AND hypertable_name = %(table)s AND range_end <= %(to)s ORDER BY range_start

-- name: days
SELECT date_trunc('day', time, 'UTC') AS day, count(*) FROM {table} WHERE time >= %(from)s AND time < %(to)s GROUP BY 1 ORDER BY 1

-- name: count_span
SELECT count(*) FROM {table} WHERE time >= %(from)s AND time < %(to)s

-- name: delete_span
DELETE FROM {table} WHERE time >= %(from)s AND time < %(to)s

-- name: drop_chunks
SELECT drop_chunks(%(table)s::text::regclass, older_than => %(to)s::timestamptz, newer_than => %(from)s::timestamptz)
