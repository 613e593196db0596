"use strict";
const data = JSON.parse(document.getElementById("data").textContent);
const x = data.x;
const MARGIN = { left: 58, right: 10, top: 16, bottom: 20 };
const STEPS = data.isTime
  ? [1, 5, 15, 60, 300, 900, 3600, 10800, 21600, 43200, 86400, 172800, 604800, 1209600,
     2592000, 7776000, 31536000].map((seconds) => seconds * 1000)
  : [1, 2, 5].flatMap((n) => [...Array(9).keys()].map((p) => n * 10 ** p)).sort((a, b) => a - b);
const end = x[x.length - 1] + (x.length > 1 ? (x[x.length - 1] - x[0]) / (x.length - 1) : 1);
const whole = [x[0], end];
const usualStep = median(x.slice(1, 2000).map((value, i) => value - x[i])) || 1;
let view = [...whole];
let pointer = null;
let drag = null;
let isAsked = false;

function median(values) {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];
}

function firstAtLeast(value) {
  let low = 0, high = x.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (x[middle] < value) low = middle + 1; else high = middle;
  }
  return low;
}

function addPanel(title, plot) {
  const panel = document.createElement("div");
  panel.className = "panel";
  const heading = document.createElement("div");
  heading.className = "title";
  const name = document.createElement("b");
  name.textContent = title;
  const readout = document.createElement("span");
  readout.className = "readout";
  heading.append(name, readout);
  const canvas = document.createElement("canvas");
  canvas.setAttribute("role", "img");
  canvas.setAttribute("aria-label", title);
  panel.append(heading, canvas);
  document.getElementById("plots").append(panel);
  listen(canvas);
  return { canvas, readout, ...plot };
}

const panels = data.channels.map((channel) => addPanel(channel.name, {
  low: channel.low, high: channel.high, bandLow: channel.band_low, bandHigh: channel.band_high,
}));
panels.push(addPanel("How abnormal (beyond the dashed line is an event)", {
  low: data.score.high, high: data.score.high, threshold: data.score.threshold, isScore: true,
}));

function moveTo(first, last) {
  const least = (whole[1] - whole[0]) / 1e5 + Number.EPSILON;
  const width = Math.min(Math.max(last - first, least), whole[1] - whole[0]);
  const start = Math.min(Math.max(first, whole[0]), whole[1] - width);
  view = [start, start + width];
  document.body.dataset.view = view.join(",");
  askToDraw();
}

// Many moves of the pointer in one frame are drawn once.
function askToDraw() {
  if (!isAsked) requestAnimationFrame(draw);
  isAsked = true;
}

function draw() {
  isAsked = false;
  for (const panel of panels) drawPanel(panel);
}

function color(name) {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}

function drawPanel(panel) {
  const canvas = panel.canvas, ratio = window.devicePixelRatio || 1;
  const width = canvas.clientWidth, height = canvas.clientHeight;
  canvas.width = Math.round(width * ratio);
  canvas.height = Math.round(height * ratio);
  const pen = canvas.getContext("2d");
  pen.scale(ratio, ratio);
  const inner = { x: MARGIN.left, y: MARGIN.top, w: width - MARGIN.left - MARGIN.right, h: height - MARGIN.top - MARGIN.bottom };
  const part = partInView(panel, canvas.width);
  const limits = limitsOf(panel, part);
  const atX = (value) => inner.x + ((value - view[0]) / (view[1] - view[0])) * inner.w;
  const place = (value) => (panel.isScore ? Math.log1p(Math.max(value, 0)) : value);
  const [bottom, top] = limits.map(place);
  const atY = (value) => inner.y + inner.h - ((place(value) - bottom) / (top - bottom || 1)) * inner.h;
  pen.font = "11px system-ui, sans-serif";
  const middle = panel.isScore ? panel.threshold : (limits[0] + limits[1]) / 2;
  drawAxes(pen, inner, atX, atY, [limits[0], middle, limits[1]]);
  pen.save();
  pen.beginPath();
  pen.rect(inner.x, 0, inner.w, height);
  pen.clip();
  drawEvents(pen, inner, atX);
  if (part.bandLow) drawBand(pen, part, atX, atY);
  drawReadings(pen, part, atX, atY);
  if (panel.isScore) drawThreshold(pen, inner, atY(panel.threshold));
  if (pointer !== null) drawPointer(pen, panel, inner, atX);
  if (drag && drag.canvas === canvas) {
    pen.fillStyle = color("--band");
    pen.fillRect(Math.min(drag.from, drag.to), inner.y, Math.abs(drag.to - drag.from), inner.h);
  }
  pen.restore();
  if (pointer === null) panel.readout.textContent = "";
}

// What lies in view, at most one point a pixel of the canvas: paths of more take seconds to paint.
function partInView(panel, most) {
  const key = `${view} ${most}`;
  if (panel.partKey !== key) {
    const from = Math.max(firstAtLeast(view[0]) - 1, 0), to = Math.min(firstAtLeast(view[1]) + 1, x.length);
    const each = Math.max(Math.ceil((to - from) / Math.max(most, 1)), 1);
    const thinned = (values, better) => values && merged(values, from, to, each, better);
    panel.part = {
      x: merged(x, from, to, each, (first) => first), step: each * usualStep,
      low: thinned(panel.low, Math.min), high: thinned(panel.high, Math.max),
      bandLow: thinned(panel.bandLow, Math.min), bandHigh: thinned(panel.bandHigh, Math.max),
    };
    panel.partKey = key;
  }
  return panel.part;
}

function merged(values, from, to, each, better) {
  const kept = [];
  for (let first = from; first < to; first += each) {
    let best = null;
    for (let i = first; i < Math.min(first + each, to); i++) {
      if (values[i] !== null) best = best === null ? values[i] : better(best, values[i]);
    }
    kept.push(best);
  }
  return kept;
}

function limitsOf(panel, part) {
  let low = Infinity, high = -Infinity;
  for (const values of [part.low, part.high, part.bandLow, part.bandHigh]) {
    for (const value of values || []) {
      if (value === null) continue;
      if (value < low) low = value;
      if (value > high) high = value;
    }
  }
  if (panel.isScore) { low = 0; high = Math.max(high, 1.3 * panel.threshold); }
  if (low > high) return [0, 1];
  const room = panel.isScore ? 0 : 0.05 * (high - low) || Math.abs(high) * 0.05 || 1;
  return [low - room, high + room];
}

function drawAxes(pen, inner, atX, atY, shown) {
  pen.strokeStyle = color("--rule");
  pen.fillStyle = color("--soft");
  pen.lineWidth = 1;
  pen.textAlign = "right";
  pen.textBaseline = "middle";
  for (const value of shown) {
    const y = Math.round(atY(value)) + 0.5;
    pen.beginPath(); pen.moveTo(inner.x, y); pen.lineTo(inner.x + inner.w, y); pen.stroke();
    pen.fillText(short(value), inner.x - 6, y);
  }
  pen.textAlign = "center";
  pen.textBaseline = "top";
  const room = data.isTime ? 92 : 70;
  const step = STEPS.find((size) => ((view[1] - view[0]) / size) * room <= inner.w) || STEPS[STEPS.length - 1];
  for (let tick = Math.ceil(view[0] / step) * step; tick < view[1]; tick += step) {
    const at = atX(tick);
    if (at < inner.x + 24 || at > inner.x + inner.w - 24) continue;
    pen.fillText(label(tick, step), at, inner.y + inner.h + 5);
  }
}

function drawEvents(pen, inner, atX) {
  for (const event of data.events) {
    if (event.last < view[0] || event.first > view[1]) continue;
    const left = atX(event.first) - 1, width = Math.max(atX(event.last + usualStep) - left, 3);
    pen.fillStyle = color("--event-soft");
    pen.fillRect(left, inner.y, width, inner.h);
    pen.save();
    pen.beginPath(); pen.rect(left, inner.y, width, inner.h); pen.clip();
    pen.strokeStyle = color("--event");
    pen.globalAlpha = 0.45;
    pen.lineWidth = 1;
    pen.beginPath();
    const start = Math.max(left, inner.x) - (Math.max(left, inner.x) % 7) - inner.h;
    for (let at = start; at < Math.min(left + width, inner.x + inner.w); at += 7) {
      pen.moveTo(at, inner.y + inner.h); pen.lineTo(at + inner.h, inner.y);
    }
    pen.stroke();
    pen.restore();
    pen.fillStyle = color("--event");
    pen.textAlign = "center";
    pen.textBaseline = "bottom";
    pen.font = "600 11px system-ui, sans-serif";
    const middle = (Math.max(left, inner.x) + Math.min(left + width, inner.x + inner.w)) / 2;
    pen.fillText(String(event.number), middle, inner.y - 1);
  }
}

function drawBand(pen, part, atX, atY) {
  pen.fillStyle = color("--band");
  for (const [first, last] of stretches(part, part.bandLow)) {
    pen.beginPath();
    for (let i = first; i < last; i++) pen.lineTo(atX(part.x[i]), atY(part.bandHigh[i]));
    for (let i = last - 1; i >= first; i--) pen.lineTo(atX(part.x[i]), atY(part.bandLow[i]));
    pen.fill();
  }
}

function drawReadings(pen, part, atX, atY) {
  pen.strokeStyle = color("--line");
  pen.lineWidth = 1.3;
  pen.lineJoin = "round";
  for (const [first, last] of stretches(part, part.low)) {
    pen.beginPath();
    for (let i = first; i < last; i++) {
      pen.lineTo(atX(part.x[i]), atY(part.low[i]));
      if (part.high[i] !== part.low[i]) pen.lineTo(atX(part.x[i]), atY(part.high[i]));
    }
    if (last - first === 1) pen.lineTo(atX(part.x[first]) + 1.5, atY(part.high[first]));
    pen.stroke();
  }
}

function* stretches(part, values) {
  const to = values.length;
  let first = null;
  for (let i = 0; i <= to; i++) {
    const ends = i === to || values[i] === null || (first !== null && part.x[i] - part.x[i - 1] > 2.5 * part.step);
    if (ends && first !== null) { yield [first, i]; first = null; }
    if (i < to && values[i] !== null && first === null) first = i;
  }
}

function drawThreshold(pen, inner, y) {
  pen.strokeStyle = color("--event");
  pen.setLineDash([5, 4]);
  pen.beginPath(); pen.moveTo(inner.x, y); pen.lineTo(inner.x + inner.w, y); pen.stroke();
  pen.setLineDash([]);
}

function drawPointer(pen, panel, inner, atX) {
  const i = Math.min(Math.max(firstAtLeast(pointer), 0), x.length - 1);
  pen.strokeStyle = color("--soft");
  pen.lineWidth = 1;
  pen.beginPath(); pen.moveTo(atX(x[i]), inner.y); pen.lineTo(atX(x[i]), inner.y + inner.h); pen.stroke();
  const parts = [label(x[i], data.isTime ? 1000 : 1, true)];
  if (panel.low[i] === null) parts.push("no data");
  else if (panel.low[i] === panel.high[i]) parts.push(short(panel.low[i]));
  else parts.push(`${short(panel.low[i])} to ${short(panel.high[i])}`);
  if (panel.bandLow && panel.bandLow[i] !== null) parts.push(`expected ${short(panel.bandLow[i])} to ${short(panel.bandHigh[i])}`);
  panel.readout.textContent = parts.join(" · ");
}

function short(value) {
  if (value === 0) return "0";
  const size = Math.abs(value);
  return size >= 1e5 || size < 1e-3 ? value.toExponential(1) : String(Number(value.toPrecision(4)));
}

function label(value, step, isFull) {
  if (!data.isTime) return Math.round(value).toLocaleString("en");
  const moment = new Date(value), iso = moment.toISOString();
  const day = moment.toLocaleDateString("en-GB", { day: "numeric", month: "short", timeZone: "UTC" });
  if (isFull) return `${day} ${iso.slice(0, 4)} ${iso.slice(11, 19)}`;
  if (step >= 2592000000) return moment.toLocaleDateString("en-GB", { month: "short", year: "numeric", timeZone: "UTC" });
  if (step >= 86400000 || iso.slice(11, 16) === "00:00") return day;
  return step < 60000 ? iso.slice(11, 19) : iso.slice(11, 16);
}

function listen(canvas) {
  const toX = (event) => event.clientX - canvas.getBoundingClientRect().left;
  const toValue = (at) => view[0] + ((at - MARGIN.left) / (canvas.clientWidth - MARGIN.left - MARGIN.right)) * (view[1] - view[0]);
  canvas.addEventListener("pointerdown", (event) => {
    drag = { canvas, from: toX(event), to: toX(event) };
    canvas.setPointerCapture(event.pointerId);
  });
  canvas.addEventListener("pointermove", (event) => {
    pointer = toValue(toX(event));
    if (drag) drag.to = toX(event);
    askToDraw();
  });
  canvas.addEventListener("pointerup", () => {
    const [from, to] = [drag.from, drag.to].sort((a, b) => a - b);
    drag = null;
    if (to - from > 6) moveTo(toValue(from), toValue(to)); else askToDraw();
  });
  canvas.addEventListener("pointercancel", () => { drag = null; });
  canvas.addEventListener("pointerleave", () => { pointer = null; askToDraw(); });
  canvas.addEventListener("dblclick", () => moveTo(...whole));
}

function showEvent(number) {
  const event = data.events.find((each) => each.number === number);
  const room = Math.max(2 * (event.last - event.first), 100 * usualStep);
  moveTo(event.first - room, event.last + room);
  for (const row of document.querySelectorAll("[data-event]")) row.classList.toggle("chosen", Number(row.dataset.event) === number);
  document.getElementById("plots-title").scrollIntoView({ block: "start" });
}

for (const row of document.querySelectorAll("[data-event]")) {
  row.addEventListener("click", () => showEvent(Number(row.dataset.event)));
  row.addEventListener("keydown", (event) => { if (event.key === "Enter") showEvent(Number(row.dataset.event)); });
}
for (const button of document.querySelectorAll("[data-move]")) {
  button.addEventListener("click", () => {
    const width = view[1] - view[0], middle = (view[0] + view[1]) / 2;
    const moves = {
      in: [middle - width / 4, middle + width / 4], out: [middle - width, middle + width],
      left: [view[0] - width / 2, view[1] - width / 2], right: [view[0] + width / 2, view[1] + width / 2],
      all: whole,
    };
    moveTo(...moves[button.dataset.move]);
  });
}
window.addEventListener("resize", askToDraw);
window.matchMedia("(prefers-color-scheme: dark)").addEventListener("change", askToDraw);
moveTo(...whole);
