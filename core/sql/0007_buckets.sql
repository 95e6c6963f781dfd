-- Rollups: bars of five minutes, an hour and a day (of UTC), made of the stored one-minute bars, of each origin apart.
-- A minute belongs to the bucket it closes in: the one of 10:05:00 is the last of 10:00–10:05. Minutes without trades have no
-- bar; a bucket is made of those there are, and is as good as the worst of them.

-- The close of the bucket of a bar that closes at ts_close, both in nanoseconds.
CREATE FUNCTION bucket_close(ts_close bigint, seconds integer) RETURNS bigint LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT ((ts_close - 1) / (seconds * 1000000000::bigint) + 1) * (seconds * 1000000000::bigint)
$$;
-- Nanoseconds as a moment: exact for whole seconds, as the closes of buckets are.
CREATE FUNCTION moment(ts bigint) RETURNS timestamptz LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT to_timestamp(ts / 1e9::double precision)
$$;
-- Qualities from the best to the worst: complete corrected backfilled gap partial synthetic.
-- It gives the place of a quality, and the quality at a place: it is its own inverse.
CREATE FUNCTION quality_order(code smallint) RETURNS smallint LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT CASE WHEN code BETWEEN 1 AND 4 THEN 5::smallint - code ELSE code END
$$;
