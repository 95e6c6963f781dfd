-- Run once after the tables were made, where the server offers the timescaledb extension: the same tables, partitioned.
CREATE EXTENSION IF NOT EXISTS timescaledb;
SELECT create_hypertable('ticks', 'time', chunk_time_interval => INTERVAL '1 day', create_default_indexes => false);
SELECT create_hypertable('quotes', 'time', chunk_time_interval => INTERVAL '1 day', create_default_indexes => false);
SELECT create_hypertable('bars', 'time', chunk_time_interval => INTERVAL '7 days', create_default_indexes => false);
SELECT create_hypertable('indicator_values', 'time', chunk_time_interval => INTERVAL '1 day', create_default_indexes => false);
SELECT create_hypertable('signals', 'time', chunk_time_interval => INTERVAL '7 days', create_default_indexes => false);

-- Chunks that are no longer written to are compressed, by symbol and in order of time: some 15 bytes a tick.
ALTER TABLE ticks SET (timescaledb.compress, timescaledb.compress_segmentby = 'symbol_id', timescaledb.compress_orderby = 'time DESC, seq DESC');
ALTER TABLE quotes SET (timescaledb.compress, timescaledb.compress_segmentby = 'symbol_id', timescaledb.compress_orderby = 'time DESC, seq DESC');
ALTER TABLE bars SET (timescaledb.compress, timescaledb.compress_segmentby = 'symbol_id, timeframe', timescaledb.compress_orderby = 'time DESC, seq DESC');
ALTER TABLE indicator_values SET (timescaledb.compress, timescaledb.compress_segmentby = 'symbol_id, timeframe, indicator_id', timescaledb.compress_orderby = 'time DESC, seq DESC');
ALTER TABLE signals SET (timescaledb.compress, timescaledb.compress_segmentby = 'symbol_id', timescaledb.compress_orderby = 'time DESC, seq_all DESC');
SELECT add_compression_policy('ticks', INTERVAL '2 days');
SELECT add_compression_policy('quotes', INTERVAL '2 days');
SELECT add_compression_policy('bars', INTERVAL '14 days');
SELECT add_compression_policy('indicator_values', INTERVAL '2 days');
SELECT add_compression_policy('signals', INTERVAL '14 days');
