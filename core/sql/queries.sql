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

-- Ranges go forward from a start; "newest" ones go back from the end, each symbol by its own index.

-- name: bars
SELECT source, symbol, %(timeframe)s::text AS timeframe, ts_open, ts_close, ts_event, ts_recv, open, high, low, close, volume, vwap, trades, quality, seq
FROM market_bars
WHERE symbol = ANY(%(symbols)s::text[]) AND (%(source)s::text = '' OR source = %(source)s) AND seconds = %(seconds)s AND origin_number = %(origin)s
  AND time BETWEEN %(from)s AND %(to)s AND ts_event >= %(start)s AND ts_event < %(end)s
  AND (ts_event, symbol, seq) > (%(after_ts)s, %(after_symbol)s, %(after_seq)s)
ORDER BY ts_event, symbol, seq LIMIT %(limit)s

-- name: newest_bars
SELECT b.source, b.symbol, %(timeframe)s::text AS timeframe, b.ts_open, b.ts_close, b.ts_event, b.ts_recv, b.open, b.high, b.low, b.close, b.volume,
       b.vwap, b.trades, b.quality, b.seq
FROM symbols s CROSS JOIN LATERAL (
    SELECT * FROM market_bars m
    WHERE m.symbol_id = s.id AND m.seconds = %(seconds)s AND m.origin_number = %(origin)s AND m.time <= %(to)s AND m.ts_event < %(end)s
    ORDER BY m.time DESC LIMIT %(limit)s
) b WHERE s.symbol = ANY(%(symbols)s::text[]) AND (%(source)s::text = '' OR s.source = %(source)s)
ORDER BY b.ts_event DESC, b.symbol DESC, b.seq DESC LIMIT %(limit)s

-- name: values
SELECT source, symbol, timeframe, ts_event, seq, quality, jsonb_object_agg(indicator, value) AS values
FROM market_values
WHERE symbol = ANY(%(symbols)s::text[]) AND (%(source)s::text = '' OR source = %(source)s) AND seconds = %(seconds)s
  AND time BETWEEN %(from)s AND %(to)s AND ts_event >= %(start)s AND ts_event < %(end)s
  AND (ts_event, symbol, seq) > (%(after_ts)s, %(after_symbol)s, %(after_seq)s)
GROUP BY source, symbol, timeframe, ts_event, seq, quality ORDER BY ts_event, symbol, seq LIMIT %(limit)s

-- name: newest_values
SELECT source, symbol, timeframe, ts_event, seq, quality, jsonb_object_agg(indicator, value) AS values
FROM market_values
WHERE symbol = ANY(%(symbols)s::text[]) AND (%(source)s::text = '' OR source = %(source)s) AND seconds = %(seconds)s AND time <= %(to)s AND ts_event < %(end)s
  AND time >= (SELECT min(b.time) FROM symbols s CROSS JOIN LATERAL (
      SELECT m.time FROM market_bars m
      WHERE m.symbol_id = s.id AND m.seconds = %(seconds)s AND m.origin_number = 0 AND m.time <= %(to)s
      ORDER BY m.time DESC LIMIT %(limit)s
  ) b WHERE s.symbol = ANY(%(symbols)s::text[]) AND (%(source)s::text = '' OR s.source = %(source)s))
GROUP BY source, symbol, timeframe, ts_event, seq, quality ORDER BY ts_event DESC, symbol DESC, seq DESC LIMIT %(limit)s

-- name: signals
SELECT source, symbol, strategy, timeframe, side, strength, price, quality, ts_event, ts_recv, seq, seq_all
FROM market_signals
WHERE (cardinality(%(symbols)s::text[]) = 0 OR symbol = ANY(%(symbols)s::text[]))
  AND (%(source)s::text = '' OR source = %(source)s)
  AND (%(strategy)s::text = '' OR strategy = %(strategy)s)
  AND time BETWEEN %(from)s AND %(to)s AND ts_event >= %(start)s AND ts_event < %(end)s
  AND (ts_event, symbol, seq_all) > (%(after_ts)s, %(after_symbol)s, %(after_seq)s)
ORDER BY ts_event, symbol, seq_all LIMIT %(limit)s

-- name: newest_signals
SELECT g.source, g.symbol, g.strategy, g.timeframe, g.side, g.strength, g.price, g.quality, g.ts_event, g.ts_recv, g.seq, g.seq_all
FROM symbols s CROSS JOIN LATERAL (
    SELECT * FROM market_signals m
    WHERE m.symbol_id = s.id AND (%(strategy)s::text = '' OR m.strategy = %(strategy)s)
      AND m.time <= %(to)s AND m.ts_event < %(end)s
    ORDER BY m.time DESC LIMIT %(limit)s
) g WHERE (cardinality(%(symbols)s::text[]) = 0 OR s.symbol = ANY(%(symbols)s::text[])) AND (%(source)s::text = '' OR s.source = %(source)s)
ORDER BY g.ts_event DESC, g.symbol DESC, g.seq_all DESC LIMIT %(limit)s

-- Within a microsecond the higher number is the newer. Compressed chunks are in this very order, or each would be read whole (0.2 and 16 ms).

-- name: last_trades
SELECT s.source, s.symbol, t.price, t.size, t.side, t.ts_event, t.ts_recv, t.seq FROM symbols s CROSS JOIN LATERAL (
    SELECT * FROM market_trades m WHERE m.symbol_id = s.id AND m.time <= %(to)s AND m.ts_event < %(end)s
    ORDER BY m.time DESC, m.seq DESC LIMIT 1
) t WHERE (cardinality(%(symbols)s::text[]) = 0 OR s.symbol = ANY(%(symbols)s::text[])) AND (%(source)s::text = '' OR s.source = %(source)s)
ORDER BY s.symbol, s.source

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
