// The first page: a client of the public stream like any other. One store, one animation frame, a set of what changed.

const KEEP_SIGNALS = 60, KEEP_POINTS = 120;
const symbols = new Map();   // name -> {first, bar, points, row}
const signals = [];
const changed = new Set();
let system = null, before = null, pageLatency = null, drawing = false, pause = 250;

const at = (id) => document.getElementById(id);
const number = (value, digits = 2) =>
  value == null ? "–" : value.toLocaleString("en-US", { minimumFractionDigits: digits, maximumFractionDigits: digits });
const time = (nanoseconds) => new Date(nanoseconds / 1e6).toLocaleTimeString("en-GB");
const sum = (counts) => Object.values(counts ?? {}).reduce((total, rows) => total + rows, 0);
const micro = (value) => (value == null ? "–" : value < 1000 ? `${number(value, 0)} µs` : `${number(value / 1000, 1)} ms`);

function state(text, kind) {
  at("state").textContent = text;
  at("state").className = `state ${kind}`;
}

function connect() {
  const address = `${location.protocol === "https:" ? "wss" : "ws"}://${location.host}/api/stream`;
  const socket = new WebSocket(address, "candela.json");
  socket.onmessage = (event) => {
    const frames = JSON.parse(event.data);
    for (const frame of Array.isArray(frames) ? frames : [frames]) take(frame, socket);
    draw();
  };
  socket.onclose = () => {
    state(`connection lost, trying again in ${number(pause / 1000, 1)} s`, "gone");
    setTimeout(connect, pause * (0.8 + Math.random() * 0.4));
    pause = Math.min(pause * 2, 10_000);
  };
}

function take(frame, socket) {
  if (frame.type === "welcome") return frame.auth_required ? authenticate(socket) : subscribe(socket);
  if (frame.type === "authenticated") return subscribe(socket);
  if (frame.type === "error") return state(frame.message, "gone");
  if (frame.type === "server_shutdown") return state("the server is stopping", "gone");
  if (frame.type === "gap") return gap(frame);
  if (!["update", "snapshot", "correction"].includes(frame.type)) return;
  if (frame.channel === "bars.1s") bar(frame);
  else if (frame.channel === "signals.*") signal(frame);
  else if (frame.channel === "system") tell(frame.data);
}

function authenticate(socket) {
  const token = sessionStorage.getItem("token") ?? prompt("This gateway needs its token:");
  if (token) {
    sessionStorage.setItem("token", token);
    socket.send(JSON.stringify({ op: "auth", token }));
  }
}

function subscribe(socket) {
  pause = 250;
  state("live", "live");
  const modes = { "bars.1s": "latest", "signals.*": "lossless", system: "latest" };
  Object.entries(modes).forEach(([channel, mode], id) =>
    socket.send(JSON.stringify({ op: "subscribe", id, channel, symbols: ["*"], snapshot: true, mode })));
}

// A bar takes its place by its close: the newest as a rule, an older one when it is corrected; one without trades is no more.
function bar({ type, symbol, ts_event, ts_out, data }) {
  const known = symbols.get(symbol) ?? { first: data.open, points: [], row: null };
  const { points } = known, place = points.findLastIndex((point) => point.at < ts_event) + 1;
  points.splice(place, points[place]?.at === ts_event ? 1 : 0, ...(data.trades ? [{ at: ts_event, close: data.close }] : []));
  if (place === points.length - 1) known.bar = data;
  if (points.length > KEEP_POINTS) points.shift();
  if (!known.bar) return;
  symbols.set(symbol, known);
  changed.add(symbol);
  if (type === "update") pageLatency = Date.now() - ts_out / 1e6;
}

// Bars that never came: the symbol says so until they have been filled in.
function gap({ symbol, data }) {
  const row = symbols.get(symbol)?.row;
  if (!row) return;
  row.className = data.backfill === "done" ? "" : "gap";
  row.title = data.backfill === "done" ? "" : `${hole(data)} (${data.reason})`;
}

function hole({ from_seq, to_seq, from_ts, to_ts }) {
  if (from_seq !== undefined) return `bars ${from_seq + 1} to ${to_seq - 1} are missing`;
  return to_ts ? `nothing came from ${time(from_ts)} to ${time(to_ts)}` : `nothing has come since ${time(from_ts)}`;
}

function signal(frame) {
  const same = ({ symbol, ts_event, data }) => symbol === frame.symbol && ts_event === frame.ts_event &&
    data.strategy === frame.data.strategy && data.timeframe === frame.data.timeframe;
  const place = frame.type === "correction" ? signals.findIndex(same) : -1;
  if (place >= 0) signals.splice(place, 1);
  if (frame.data.side) signals.unshift(frame);
  if (frame.type !== "update") signals.sort((one, other) => other.ts_event - one.ts_event);
  signals.length = Math.min(signals.length, KEEP_SIGNALS);
  changed.add("signals");
}

function tell(data) {
  if (data.event === "market_gone") state("the market process is gone; waiting for it", "gone");
  if (data.event === "market_connected") state("live", "live");
  if (data.event !== "stats") return;
  before = system;
  system = { ...data, at: performance.now() };
  changed.add("system");
}

function draw() {
  if (drawing) return;
  drawing = true;
  requestAnimationFrame(() => {
    drawing = false;
    for (const name of changed) {
      if (name === "signals") drawSignals();
      else if (name === "system") drawSystem();
      else drawSymbol(name);
    }
    changed.clear();
  });
}

function cell(row, text, kind = "") {
  const made = row.insertCell();
  made.textContent = text;
  made.className = kind;
  return made;
}

function drawSymbol(name) {
  const known = symbols.get(name), { bar, points } = known;
  const row = known.row ?? newRow(name, known);
  const change = 100 * (bar.close / known.first - 1);
  const texts = [name, number(bar.close), `${change >= 0 ? "+" : ""}${number(change)} %`, number(bar.high), number(bar.low), number(bar.volume, 0)];
  texts.forEach((text, i) => { row.cells[i].textContent = text; });
  row.cells[2].className = change >= 0 ? "up" : "down";
  const prices = points.map(({ close }) => close), low = Math.min(...prices), span = Math.max(...prices) - low || 1;
  const path = prices.map((price, i) => `${((i / Math.max(prices.length - 1, 20)) * 120).toFixed(1)},${(19 - ((price - low) / span) * 18).toFixed(1)}`).join(" ");
  row.querySelector("polyline").setAttribute("points", path);
}

function newRow(name, known) {
  const body = at("symbols");
  const after = [...body.rows].findIndex((row) => row.cells[0].textContent > name);
  const row = known.row = body.insertRow(after);
  for (let i = 0; i < 6; i++) cell(row, "");
  cell(row, "", "path").innerHTML = '<svg viewBox="0 0 120 20" aria-hidden="true"><polyline/></svg>'; // no data in it
  return row;
}

function drawSignals() {
  const body = at("signals"), newest = body.rows[0]?.dataset.key;
  body.replaceChildren();
  let fresh = newest !== undefined;
  for (const { symbol, seq, ts_event, data } of signals) {
    const row = body.insertRow();
    row.dataset.key = `${symbol} ${seq}`;
    fresh &&= row.dataset.key !== newest;
    if (fresh) row.className = "new";
    cell(row, time(ts_event));
    cell(row, symbol, "left");
    cell(row, data.strategy, "left");
    cell(row, data.timeframe);
    cell(row, data.side > 0 ? "buy" : "sell", data.side > 0 ? "up" : "down");
    cell(row, number(data.price));
    cell(row, number(data.strength));
  }
}

function drawSystem() {
  const seconds = before ? (system.at - before.at) / 1000 : 0;
  at("rate").textContent = seconds > 0 ? number((system.ticks - before.ticks) / seconds, 0) : "–";
  const { p50, p99 } = system.tick_to_signal_us ?? {};
  at("latency").textContent = p50 == null ? "–" : `${micro(p50)} · p99 ${micro(p99)}`;
  at("page").textContent = pageLatency == null ? "–" : `${number(Math.max(pageLatency, 0), 1)} ms`;
  at("stored").textContent = number(sum(system.stored), 0);
  at("dropped").textContent = `${number(sum(system.refused), 0)}, ${number(sum(system.dropped), 0)}`;
}

connect();
