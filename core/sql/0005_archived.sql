-- Old rows that were moved into Parquet files, a row a file, written in the transaction that deletes them here.
-- The highest id and the number of files are the archive's version: a reader that finds it unchanged behind its read has
-- missed nothing.
CREATE TABLE archived (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    kind text NOT NULL,          -- trades quotes bars values signals
    path text NOT NULL UNIQUE,   -- below the archive's folder
    rows bigint NOT NULL,
    bytes bigint NOT NULL,
    first_event bigint NOT NULL, -- the least and the greatest ts_event
    last_event bigint NOT NULL,
    made timestamptz NOT NULL DEFAULT now()
);
-- What this database's files are called in a folder that it may share with others: theirs are not ours to touch.
CREATE TABLE archive_name AS SELECT left(md5(gen_random_uuid()::text), 8) AS name;
