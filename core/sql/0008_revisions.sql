-- What was made of trades that came late, or not at all at first, is made again: of a signal, how it was before is kept
-- beside it, as `corrections` keeps bars.
CREATE TABLE corrected_signals (LIKE signals);
ALTER TABLE corrected_signals ADD COLUMN superseded timestamptz NOT NULL DEFAULT now();
CREATE INDEX corrected_signals_symbol_time ON corrected_signals (symbol_id, time DESC);

CREATE VIEW market_corrected_signals AS
    SELECT g.time, g.symbol_id, s.source, s.symbol, t.name AS strategy, timeframe_name(g.timeframe) AS timeframe,
           g.timeframe AS seconds, g.side, g.strength, g.price, quality_name(g.quality) AS quality,
           g.ts_event, g.ts_recv, g.seq, g.seq_all, g.superseded
    FROM corrected_signals g JOIN symbols s ON s.id = g.symbol_id JOIN strategies t ON t.id = g.strategy_id;
