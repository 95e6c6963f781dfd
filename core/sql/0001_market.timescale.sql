-- The same tables, partitioned. A step of this kind is run where the server offered the extension to an empty database.
CREATE EXTENSION IF NOT EXISTS timescaledb;
SELECT create_hypertable('ticks', 'time', chunk_time_interval => INTERVAL '1 day', create_default_indexes => false);
SELECT create_hypertable('quotes', 'time', chunk_time_interval => INTERVAL '1 day', create_default_indexes => false);
SELECT create_hypertable('bars', 'time', chunk_time_interval => INTERVAL '7 days', create_default_indexes => false);
SELECT create_hypertable('indicator_values', 'time', chunk_time_interval => INTERVAL '1 day', create_default_indexes => false);
SELECT create_hypertable('signals', 'time', chunk_time_interval => INTERVAL '7 days', create_default_indexes => false);
