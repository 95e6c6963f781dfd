-- Run once after the tables were made, where the server offers the timescaledb extension: the same tables, partitioned.
CREATE EXTENSION IF NOT EXISTS timescaledb;
SELECT create_hypertable('ticks', 'time', chunk_time_interval => INTERVAL '1 day', create_default_indexes => false);
SELECT create_hypertable('quotes', 'time', chunk_time_interval => INTERVAL '1 day', create_default_indexes => false);
SELECT create_hypertable('bars', 'time', chunk_time_interval => INTERVAL '7 days', create_default_indexes => false);
SELECT create_hypertable('indicator_values', 'time', chunk_time_interval => INTERVAL '1 day', create_default_indexes => false);
SELECT create_hypertable('signals', 'time', chunk_time_interval => INTERVAL '7 days', create_default_indexes => false);
