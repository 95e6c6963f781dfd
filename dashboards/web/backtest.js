// The page of a backtest: what came of it is in the page itself, so it needs no server and no network.

const told = JSON.parse(document.getElementById("told").textContent);
const at = (id) => document.getElementById(id);
const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name);
const [ink, dim, line, up, down, light] = ["--ink", "--dim", "--line", "--up", "--down", "--light"].map(colour);
const LEFT = 8, RIGHT = 74, TOP = 16, BOTTOM = 20, ROWS = 500;
const whole = [told.curve.ts[0], told.curve.ts.at(-1)];
const below = told.curve.drawdown.map((value) => -value);
let [from, to] = whole, pointer = null, drawing = false;

const number = (value, digits = 2) =>
  value.toLocaleString("en-US", { minimumFractionDigits: digits, maximumFractionDigits: digits });
const percent = (value) => `${number(100 * value)} %`;
const moment = (ms) => new Date(ms).toISOString().slice(0, 19).replace("T", " ");

// The first place in a rising list that is not below a value.
function place(list, value) {
  let low = 0, high = list.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (list[middle] < value) low = middle + 1;
    else high = middle;
  }
  return low;
}

// A canvas as sharp as the screen, its size, and the way from a moment to a pixel.
function prepared(id) {
  const canvas = at(id), ratio = devicePixelRatio || 1, { clientWidth: width, clientHeight: height } = canvas;
  if (canvas.width !== Math.round(width * ratio)) canvas.width = Math.round(width * ratio);
  if (canvas.height !== Math.round(height * ratio)) canvas.height = Math.round(height * ratio);
  const pen = canvas.getContext("2d");
  pen.setTransform(ratio, 0, 0, ratio, 0, 0);
  pen.clearRect(0, 0, width, height);
  pen.font = "11px ui-sans-serif, system-ui, sans-serif";
  return { pen, width, height, x: (ts) => LEFT + ((ts - from) / (to - from)) * (width - LEFT - RIGHT) };
}

// Whole steps of one, two or five, some six of them between two values.
function steps(low, high) {
  const rough = (high - low) / 5, power = 10 ** Math.floor(Math.log10(rough));
  const step = power * ([1, 2, 5, 10].find((each) => each * power >= rough) ?? 10);
  const found = [];
  for (let value = Math.ceil(low / step) * step; value <= high; value += step) found.push(value);
  return found;
}

// Lines over time in a canvas: [{ts, values, colour}], the numbers of the axis in words; gives the way to a pixel.
function lines(id, title, all, inWords) {
  const view = prepared(id), { pen, width, height, x } = view;
  let low = Infinity, high = -Infinity;
  const cut = all.map(({ ts }) => [Math.max(place(ts, from) - 1, 0), Math.min(place(ts, to) + 1, ts.length)]);
  all.forEach(({ values }, which) => {
    for (let i = cut[which][0]; i < cut[which][1]; i++) {
      if (values[i] < low) low = values[i];
      if (values[i] > high) high = values[i];
    }
  });
  if (!(high > low)) [low, high] = [low - 1, high + 1];
  view.y = (value) => TOP + ((high - value) / (high - low)) * (height - TOP - BOTTOM);
  pen.fillStyle = dim;
  pen.strokeStyle = line;
  pen.lineWidth = 1;
  for (const value of steps(low, high)) {
    pen.beginPath();
    pen.moveTo(LEFT, view.y(value));
    pen.lineTo(width - RIGHT, view.y(value));
    pen.stroke();
    pen.fillText(inWords(value), width - RIGHT + 6, view.y(value) + 4);
  }
  pen.fillText(title, LEFT, 11);
  pen.save();
  pen.beginPath();
  pen.rect(LEFT, 0, width - LEFT - RIGHT, height);
  pen.clip();
  pen.lineWidth = 1.3;
  all.forEach(({ ts, values, colour: stroke }, which) => {
    pen.beginPath();
    for (let i = cut[which][0]; i < cut[which][1]; i++) pen.lineTo(x(ts[i]), view.y(values[i]));
    pen.strokeStyle = stroke;
    pen.stroke();
  });
  pen.restore();
  return view;
}

// Dates below a canvas, and the line that follows the pointer.
function dated({ pen, width, height, x }) {
  pen.fillStyle = dim;
  const count = Math.max(2, Math.floor((width - RIGHT) / 150));
  for (let i = 0; i < count; i++) {
    const ts = from + ((i + 0.5) / count) * (to - from);
    pen.fillText(moment(ts).slice(0, to - from > 5 * 86_400_000 ? 10 : 16), x(ts) - 45, height - 6);
  }
  if (pointer === null) return;
  pen.strokeStyle = dim;
  pen.lineWidth = 1;
  pen.beginPath();
  pen.moveTo(pointer, TOP);
  pen.lineTo(pointer, height - BOTTOM);
  pen.stroke();
}

// Fills as triangles at their prices: up is bought.
function marked({ pen, x, y }, fills) {
  const first = place(fills.ts, from), last = place(fills.ts, to);
  if (last - first > 3000) return;
  for (let i = first; i < last; i++) {
    const bought = fills.quantity[i] > 0, [left, height] = [x(fills.ts[i]), y(fills.price[i])], tip = bought ? 7 : -7;
    pen.fillStyle = bought ? up : down;
    pen.beginPath();
    pen.moveTo(left, height);
    pen.lineTo(left - 4.5, height + tip);
    pen.lineTo(left + 4.5, height + tip);
    pen.fill();
  }
}

function legend({ width }) {
  if (pointer === null) return (at("legend").textContent = `${moment(from)} – ${moment(to)}`);
  const ts = from + ((pointer - LEFT) / (width - LEFT - RIGHT)) * (to - from);
  const i = Math.min(place(told.curve.ts, ts), told.curve.ts.length - 1), { equity, held, drawdown } = told.curve;
  at("legend").textContent =
    [moment(told.curve.ts[i]), `equity ${number(equity[i])}`, `held ${number(held[i])}`,
      `${percent(drawdown[i])} below its peak`].join(" · ");
}

function draw() {
  drawing = false;
  const price = told.prices[at("symbol").value], { ts, equity, held, drawdown } = told.curve;
  if (price) {
    const view = lines("price", "price", [{ ts: price.ts, values: price.close, colour: ink }], (value) => number(value));
    marked(view, price.fills);
    dated(view);
  }
  const both = [{ ts, values: held, colour: dim }, { ts, values: equity, colour: light }];
  const view = lines("equity", "equity, and (grey) what was bought and held", both, (value) => number(value, 0));
  dated(view);
  dated(lines("drawdown", "below its peak", [{ ts, values: below, colour: down }], percent));
  legend(view);
}

function soon() {
  if (!drawing) requestAnimationFrame(draw);
  drawing = true;
}

function shown(start, end) {
  const span = Math.min(Math.max(end - start, 1), whole[1] - whole[0]);
  from = Math.min(Math.max(start, whole[0]), whole[1] - span);
  to = from + span;
  soon();
}

for (const id of ["price", "equity", "drawdown"]) {
  const canvas = at(id), share = (event) => (event.offsetX - LEFT) / (canvas.clientWidth - LEFT - RIGHT);
  canvas.addEventListener("wheel", (event) => {
    event.preventDefault();
    const here = from + share(event) * (to - from), scale = event.deltaY < 0 ? 0.8 : 1.25;
    shown(here - (here - from) * scale, here + (to - here) * scale);
  }, { passive: false });
  canvas.addEventListener("pointermove", (event) => {
    if (event.buttons) {
      const along = (event.movementX / (canvas.clientWidth - LEFT - RIGHT)) * (to - from);
      shown(from - along, to - along);
    }
    pointer = event.offsetX;
    soon();
  });
  canvas.addEventListener("pointerleave", () => ((pointer = null), soon()));
  canvas.addEventListener("dblclick", () => shown(...whole));
}

function row(trade) {
  const [symbol, begun, ended, position, profit] = trade, cells = document.createElement("tr");
  const words = [moment(begun), moment(ended), symbol, number(position, 4), number(profit)];
  words.forEach((text, i) => (cells.insertCell().textContent = text, i === 2 && (cells.cells[2].className = "left")));
  cells.cells[4].className = profit > 0 ? "up" : "down";
  cells.addEventListener("click", () => {
    if (symbol in told.prices) at("symbol").value = symbol;
    shown(begun - (ended - begun) - 1, ended + (ended - begun) + 1);
  });
  return cells;
}

at("strategy").textContent = told.strategy;
document.title = `${told.strategy} – Candela backtest`;
at("about").textContent = told.about;
at("terms").textContent = told.terms;
for (const [name, value] of told.figures) {
  const figure = at("figures").appendChild(document.createElement("div"));
  figure.appendChild(document.createElement("dt")).textContent = name;
  figure.appendChild(document.createElement("dd")).textContent = value;
}
for (const symbol of Object.keys(told.prices)) at("symbol").add(new Option(symbol));
at("symbol").addEventListener("change", soon);
at("trades").append(...told.trades.slice(0, ROWS).map(row));
at("many").textContent = told.rounds > told.trades.length || told.trades.length > ROWS
  ? `the ${Math.min(ROWS, told.trades.length)} that won or lost most, of ${told.rounds}` : "a click shows one";
addEventListener("resize", soon);
draw();
