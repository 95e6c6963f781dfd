-- Chunks that are no longer written to are compressed, by symbol and in order of time: 11 to 15 bytes a tick.
ALTER TABLE ticks SET (timescaledb.compress, timescaledb.compress_segmentby = 'symbol_id', timescaledb.compress_orderby = 'time DESC, seq DESC');
ALTER TABLE quotes SET (timescaledb.compress, timescaledb.compress_segmentby = 'symbol_id', timescaledb.compress_orderby = 'time DESC, seq DESC');
ALTER TABLE bars SET (timescaledb.compress, timescaledb.compress_segmentby = 'symbol_id, timeframe', timescaledb.compress_orderby = 'time DESC, seq DESC');
ALTER TABLE indicator_values SET (timescaledb.compress, timescaledb.compress_segmentby = 'symbol_id, timeframe, indicator_id', timescaledb.compress_orderby = 'time DESC, seq DESC');
ALTER TABLE signals SET (timescaledb.compress, timescaledb.compress_segmentby = 'symbol_id', timescaledb.compress_orderby = 'time DESC, seq_all DESC');
SELECT add_compression_policy('ticks', INTERVAL '2 days', if_not_exists => true);
SELECT add_compression_policy('quotes', INTERVAL '2 days', if_not_exists => true);
SELECT add_compression_policy('bars', INTERVAL '14 days', if_not_exists => true);
SELECT add_compression_policy('indicator_values', INTERVAL '2 days', if_not_exists => true);
SELECT add_compression_policy('signals', INTERVAL '14 days', if_not_exists => true);
