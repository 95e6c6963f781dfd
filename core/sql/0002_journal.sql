-- How far each journal has been carried over: the position behind the last row that is here, written in the
-- transaction of the rows. `rows` counts the rows of the stream up to there.
CREATE TABLE watermark (
    stream uuid PRIMARY KEY,
    source text NOT NULL,
    position bigint NOT NULL DEFAULT 0,
    rows bigint NOT NULL DEFAULT 0,
    moved timestamptz NOT NULL DEFAULT now()
) WITH (fillfactor = 10); -- one row a journal, updated all the time, in place
DROP TABLE writers;
