-- A venue takes trades back, or corrects them: its word is kept, and how a trade was before, beside those that stand.
CREATE TABLE amendments (
    time timestamptz NOT NULL,
    ts_event bigint NOT NULL,
    ts_recv bigint NOT NULL,
    trade_id bigint NOT NULL,
    new_id bigint NOT NULL,
    price double precision NOT NULL, -- NaN when the trade is taken back
    size double precision NOT NULL,
    old_price double precision NOT NULL,
    old_size double precision NOT NULL,
    symbol_id integer NOT NULL
);
CREATE INDEX amendments_symbol_time ON amendments (symbol_id, time DESC);

CREATE TABLE amended_trades (LIKE ticks);
ALTER TABLE amended_trades ADD COLUMN superseded timestamptz NOT NULL DEFAULT now();
CREATE INDEX amended_trades_symbol_time ON amended_trades (symbol_id, time DESC);

CREATE VIEW market_amended_trades AS
    SELECT a.time, a.symbol_id, s.source, s.symbol, a.price, a.size, a.side, a.trade_id, a.ts_event, a.ts_recv, a.seq, a.superseded
    FROM amended_trades a JOIN symbols s ON s.id = a.symbol_id;
CREATE VIEW market_amendments AS
    SELECT a.time, a.symbol_id, s.source, s.symbol, CASE WHEN a.size > 0 THEN 'corrected' ELSE 'taken back' END AS what, a.trade_id,
           NULLIF(a.new_id, 0) AS new_id, NULLIF(a.price, 'NaN') AS price, NULLIF(a.size, 0) AS size, a.old_price, a.old_size, a.ts_event, a.ts_recv
    FROM amendments a JOIN symbols s ON s.id = a.symbol_id;
