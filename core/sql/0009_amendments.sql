-- A venue takes trades back, or corrects them: how they were before is kept beside those that stand.
CREATE TABLE amended_trades (LIKE ticks);
ALTER TABLE amended_trades ADD COLUMN superseded timestamptz NOT NULL DEFAULT now();
CREATE INDEX amended_trades_symbol_time ON amended_trades (symbol_id, time DESC);

CREATE VIEW market_amended_trades AS
    SELECT a.time, a.symbol_id, s.source, s.symbol, a.price, a.size, a.side, a.trade_id, a.ts_event, a.ts_recv, a.seq, a.superseded
    FROM amended_trades a JOIN symbols s ON s.id = a.symbol_id;
