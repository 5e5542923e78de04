// What the page to draw on shows of arithmetic.js, and what one can do on it.

const page = JSON.parse(document.getElementById("data").textContent);

function bytesOf(base64) {
  return Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
}

const layers = page.layers.map(({ inputs, outputs, activation, parameters }) => {
  // Little-endian float32: W row by row, each row the weights of one input, and then b.
  const numbers = new Float32Array(bytesOf(parameters).buffer);
  const W = numbers.subarray(0, inputs * outputs);
  return { inputs, outputs, activation, W, b: numbers.subarray(inputs * outputs) };
});

// ------------------------------------------------------------------------------- What is shown

const MOST_UNITS = 200; // of a layer, so many are shown
const MOST_FEEDERS = 8;
const LINKS = 6;
const PAPER = 224; // the sides of the sheet that is drawn on, in its own pixels
const PHOTO = 400; // the longer side of a picture file; finer ones show no more of a digit
const BRUSH = 18; // about MNIST's pen, for a digit that fills the sheet

const $ = (id) => document.getElementById(id);
const classes = page.classes;
const last = layers.length - 1;
// All is drawn twice: as sharply as the screen can show it, and on a sheet that is read.
const screen = $("pad").getContext("2d");
const sheet = element("canvas").getContext("2d", { willReadFrequently: true });
sheet.canvas.width = sheet.canvas.height = PAPER;

/** An element with classes, text and children. Text never becomes markup. */
function element(name, className = "", ...content) {
  const made = document.createElement(name);
  if (className) made.className = className;
  made.append(...content);
  return made;
}

function svg(name, attributes = {}) {
  const made = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  return made;
}

/** Changes a text only where it differs: most of them stay the same from one stroke to the next. */
function write(node, text) {
  if (node.firstChild?.nodeType === Node.TEXT_NODE) {
    if (node.firstChild.data !== text) node.firstChild.data = text;
  } else if (node.textContent !== text) node.textContent = text;
}

/** The same for a formula, in which `^{…}` is an exponent. */
function writeFormula(node, text) {
  if (node.formula === text) return;
  node.formula = text;
  const parts = text.split(/\^\{(.*?)\}/);
  node.replaceChildren(...parts.map((part, i) => (i % 2 ? element("sup", "", part) : part)));
}

function number(value, decimals = 4) {
  if (Number.isNaN(value)) return "?";
  if (!Number.isFinite(value)) return value > 0 ? "∞" : "−∞";
  const size = Math.abs(value);
  const text = size >= 1e4 ? value.toExponential(1).replace("e+", "e") : value.toFixed(decimals);
  return text.replace("-", "−");
}

function shortened(text, most) {
  return text.length > most ? `${text.slice(0, most - 1)}…` : text;
}

const subscript = (n) => String(n).replace(/\d/g, (digit) => "₀₁₂₃₄₅₆₇₈₉"[digit]);
const inBrackets = (value) => (value < 0 ? `(${number(value, 2)})` : number(value, 2));

// Colours of signed numbers: the theme's for -1, 0 and 1, and STEPS between them on both sides.
const STEPS = 48;
let palette = [];

function readTheme() {
  const style = getComputedStyle(document.documentElement);
  const [low, zero, high] = ["--low", "--zero", "--high"].map((name) =>
    style.getPropertyValue(name).match(/\w\w/g).map((part) => parseInt(part, 16)),
  );
  palette = Array.from({ length: 2 * STEPS + 1 }, (_, i) => {
    const share = Math.abs(i - STEPS) / STEPS;
    const end = i < STEPS ? low : high;
    return zero.map((value, channel) => Math.round(value + share * (end[channel] - value)));
  });
}

/** The colour of a number, of which `limit` is the largest that is told from larger ones. */
function colourOf(value, limit = 1) {
  return palette[STEPS + Math.round(clamp(value / (limit || 1), -1, 1) * STEPS)];
}

/** Paints 28x28 pixels, of each of which `colourAt` tells red, green and blue. */
function paint(canvas, colourAt) {
  const image = new ImageData(FIELD, FIELD);
  for (let i = 0; i < FIELD * FIELD; i++) {
    image.data.set(colourAt(i), 4 * i);
    image.data[4 * i + 3] = 255;
  }
  canvas.getContext("2d").putImageData(image, 0, 0);
}

const greys = Array.from({ length: 256 }, (_, value) => [value, value, value]);

/** The name of a value that goes into a layer, or comes out of the one before it. */
function unitName(l, j) {
  if (l < 0) return `x[${Math.floor(j / FIELD)}, ${j % FIELD}]`;
  return l === last ? `class ${classes[j]}` : `layer ${l + 1}, unit ${j}`;
}

// Buttons of the units that are shown, layer by layer, and what was last drawn of each.
const cells = layers.map(({ outputs }, l) =>
  Array.from({ length: Math.min(outputs, MOST_UNITS) }, (_, j) => {
    const button = element("button", l === last ? "row" : "cell");
    button.type = "button";
    button.tabIndex = j ? -1 : 0;
    button.setAttribute("aria-pressed", "false");
    button.addEventListener("click", () => choose({ l, j }));
    if (l < last) button.setAttribute("aria-label", unitName(l, j));
    return button;
  }),
);

const rows = cells[last].map((button, j) => {
  const row = {};
  for (const part of ["name", "logit", "bar", "share", "y"]) row[part] = element("span", part);
  row.name.textContent = classes[j];
  row.shareBar = row.share.appendChild(element("i"));
  row.logitBar = row.bar.appendChild(element("i"));
  const said = (text) => element("span", "spoken", text);
  button.append(said("class "), row.name, said(" logit "), row.logit, row.bar,
    said(" probability "), row.y, row.share);
  return row;
});

function addLayers() {
  layers.forEach(({ outputs, activation }, l) => {
    const box = element("section", l === last ? "layer outputs" : "layer");
    const before = l ? `z${subscript(l)}` : "x";
    const sum = `${before}·W${subscript(l + 1)} + b${subscript(l + 1)}`;
    const title = element("h2", "", l === last ? "Output" : `Layer ${l + 1}`);
    title.id = `layer-${l}`;
    box.setAttribute("aria-labelledby", title.id);
    box.append(title, element("p", "formula", activation === "identity" ? sum
      : `${activation}(${sum})`));
    const grid = element("div", "cells", ...cells[l]);
    const columns = clamp(Math.ceil(outputs / 10), 1, 10);
    grid.style.setProperty("--columns", l === last ? 1 : columns);
    grid.addEventListener("keydown", (event) => moveFocus(event, cells[l]));
    box.append(grid);
    if (outputs > MOST_UNITS) {
      box.append(element("p", "formula", `the first ${MOST_UNITS} of ${outputs}`));
    }
    $("layers").append(box);
  });
}

/** Within a layer the arrow keys move; the tab key goes from layer to layer. */
function moveFocus(event, buttons) {
  const place = buttons.indexOf(document.activeElement);
  const middle = (button) => {
    const box = button.getBoundingClientRect();
    return [box.left + box.width / 2, box.top + box.height / 2];
  };
  const directions = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
  let next;
  if (event.key === "Home") next = buttons[0];
  else if (event.key === "End") next = buttons[buttons.length - 1];
  else if (directions[event.key] && place >= 0) {
    const [right, down] = directions[event.key];
    const [x, y] = middle(buttons[place]);
    let nearest = Infinity;
    for (const button of buttons) {
      const [dx, dy] = [middle(button)[0] - x, middle(button)[1] - y];
      const [ahead, aside] = [dx * right + dy * down, Math.abs(dx * down) + Math.abs(dy * right)];
      if (ahead > 1 && aside < 1 && ahead < nearest) [nearest, next] = [ahead, button];
    }
  } else return;
  event.preventDefault();
  if (!next) return;
  for (const button of buttons) button.tabIndex = button === next ? 0 : -1;
  next.focus();
}

// What is known of the drawing at this moment: the reading, and from it each layer's step.
let drawing = { picture: null, strokes: [] };
const past = [];
let stroke = null;
let chosen = null; // { l, j }, or null while the answer is followed
let seen = null;
let steps = null;
let overflows = false; // whether a logit is more than a number can be
let y = null;

/** Reads the drawing, runs the network, and shows what changed. */
function update() {
  seen = drawing.strokes.length
    ? read(inkOf(sheet.getImageData(0, 0, PAPER, PAPER)))
    : drawing.picture?.reading ?? null;
  steps = seen && forward(layers, Float64Array.from(seen.pixels, (value) => value / 255));
  overflows = Boolean(steps) && !steps[last].z.every(Number.isFinite);
  if (overflows) steps = null;
  y = steps && softmax(steps[last].z);
  show();
}

function show() {
  paint($("pixels"), (i) => greys[seen ? seen.pixels[i] : 0]);
  showAnswer();
  cells.forEach((buttons, l) => l < last && showLayer(buttons, steps && steps[l]));
  showOutputs();
  showUnit();
  showSlopes();
  showSoftmax();
  enable($("undo"), past.length > 0);
  enable($("clear"), !isEmpty(drawing));
  $("hint").hidden = !isEmpty(drawing);
}

/** Says whether a button has something to do; disabling it would take the focus from it. */
function enable(button, useful) {
  button.setAttribute("aria-disabled", String(!useful));
}

function isEmpty({ picture, strokes }) {
  return !picture && !strokes.length;
}

function showAnswer() {
  const answer = y && argmax(y);
  const doubts = y ? [...seen.doubts, ...doubtsOf(y)].join(", ") : "";
  const name = y ? classes[answer] : "–";
  write($("digit"), name);
  $("answer").classList.toggle("none", !y);
  $("answer").classList.toggle("word", name.length > 1);
  write($("probability"), y ? number(y[answer]) : "");
  const refusal = overflows ? "the weights are so large that the network's output overflows" : "";
  write($("doubts"), doubts ? `doubtful: ${doubts}` : refusal);
  // A screen reader hears the answer once a stroke is done, not at each of its points.
  if (!stroke) {
    write($("spoken"),
      y ? `Read as ${name}, probability ${number(y[answer], 2)}. ${doubts}` : refusal);
  }
}

function showLayer(buttons, step) {
  const bounded = step && ["sigmoid", "tanh"].includes(step.layer.activation);
  const limit = step && !bounded ? Math.max(...step.z.map(Math.abs)) : 1;
  buttons.forEach((button, j) => {
    const colour = colourOf(step ? step.z[j] : 0, limit);
    if (button.colour === colour) return;
    button.colour = colour;
    button.style.backgroundColor = `rgb(${colour})`;
  });
}

function showOutputs() {
  const z = steps && steps[last].z;
  const limit = z ? Math.max(...z.map(Math.abs)) : 1;
  const answer = y && argmax(y);
  rows.forEach((row, j) => {
    write(row.logit, z ? number(z[j], 2) : "–");
    write(row.y, y ? number(y[j]) : "–");
    const share = z ? z[j] / (limit || 1) : 0;
    row.logitBar.style.transform = `translateX(${share < 0 ? -100 : 0}%) scaleX(${Math.abs(share)})`;
    row.logitBar.className = share < 0 ? "negative" : "";
    row.shareBar.style.transform = `scaleX(${y ? y[j] : 0})`;
    cells[last][j].classList.toggle("answer", j === answer);
  });
}

// ---- One unit, and what feeds it

const feeders = Array.from({ length: MOST_FEEDERS }, () => {
  const row = element("tr");
  const parts = { row, name: element("th"), product: element("td"), value: element("td", "value") };
  parts.name.scope = "row";
  parts.button = element("button", "link");
  parts.button.type = "button";
  parts.button.addEventListener("click", () => parts.unit && choose(parts.unit));
  const bar = element("td", "bar");
  parts.bar = bar.appendChild(element("i"));
  row.append(parts.name, parts.product, bar, parts.value);
  $("feeders").tBodies[0].append(row);
  return parts;
});

function choose(unit) {
  chosen = unit;
  show();
  // On a telephone it is told far below where it was chosen.
  if (unit && $("unit").getBoundingClientRect().top > innerHeight) $("unit").scrollIntoView();
}

/** What each input of a unit adds to its sum: z·W, the largest first. */
function contributions({ x, layer }, j) {
  const products = Array.from(x, (value, i) => value * layer.W[i * layer.outputs + j]);
  const order = [...products.keys()].filter((i) => products[i] !== 0);
  order.sort((p, q) => Math.abs(products[q]) - Math.abs(products[p]));
  return { products, order };
}

function showUnit() {
  const unit = chosen ?? (y && { l: last, j: argmax(y) });
  cells.forEach((buttons, l) => buttons.forEach((button, j) => {
    const pressed = String(unit?.l === l && unit.j === j);
    if (button.getAttribute("aria-pressed") !== pressed) {
      button.setAttribute("aria-pressed", pressed);
    }
  }));
  enable($("follow"), chosen !== null);
  write($("unit-title"), unit ? heading(unit) : "One unit");
  $("maps").hidden = unit?.l !== 0;
  write($("feeders").caption, `What feeds it most${unit?.l === 0 ? ": x[row, column]" : ""}`);
  const step = unit && steps && steps[unit.l];
  const { products, order } = step ? contributions(step, unit.j) : { products: [], order: [] };
  const lines = unit ? formulas(unit, step, products, order)
    : ["Nothing is drawn yet."];
  [...$("formulas").children].forEach((line, i) => writeFormula(line, lines[i] ?? ""));
  showFeeders(unit, step, products, order);
  if (unit?.l === 0) showMaps(unit, products);
  showLinks(unit, products, order.slice(0, LINKS));
}

function heading({ l, j }) {
  const name = unitName(l, j);
  return name[0].toUpperCase() + name.slice(1);
}

/** The unit's formulas, with letters and with the numbers of this drawing. */
function formulas({ l, j }, step, products, order) {
  const [input, n] = [l ? `z${subscript(l)}` : "x", subscript(l + 1)];
  const lines = [`a${n}[${j}] = ${input}·W${n}[:, ${j}] + b${n}[${j}]`];
  if (!step) return lines;
  const { W, b, outputs, activation } = step.layer;
  const largest = order.slice(0, 3);
  const terms = largest.map((i) => `${number(step.x[i], 2)}·${inBrackets(W[i * outputs + j])}`);
  const rest = total(products) - total(largest.map((i) => products[i]));
  if (order.length > 3) terms.push(`${inBrackets(rest)} from ${order.length - 3} more`);
  terms.push(inBrackets(b[j]));
  const a = number(step.a[j]);
  lines.push(`= ${terms.join(" + ")} = ${a}`);
  const inside = { sigmoid: `1 / (1 + e^{${number(-step.a[j])}})`, relu: `max(0, ${a})` }[activation];
  if (activation !== "identity") {
    const written = inside ? ` = ${inside}` : "";
    lines.push(`z${n}[${j}] = ${activation}(${a})${written} = ${number(step.z[j])}`);
  }
  if (l === last) {
    const max = Math.max(...step.z);
    const sum = total(step.z.map((value) => Math.exp(value - max)));
    const top = `e^{${number(step.z[j], 2)} − ${inBrackets(max)}}`;
    lines.push(`y[${j}] = ${top} / ${number(sum)} = ${number(y[j])}`);
  }
  return lines;
}

function showFeeders(unit, step, products, order) {
  const limit = Math.abs(products[order[0]] ?? 1);
  feeders.forEach((parts, rank) => {
    const i = order[rank];
    const there = i !== undefined;
    const isUnit = there && unit.l > 0;
    parts.unit = isUnit && i < MOST_UNITS ? { l: unit.l - 1, j: i } : null;
    if (parts.unit) {
      write(parts.button, unitName(unit.l - 1, i));
      if (!parts.button.isConnected) parts.name.replaceChildren(parts.button);
    } else write(parts.name, there ? unitName(unit.l - 1, i) : "–");
    const weight = there && step.layer.W[i * step.layer.outputs + unit.j];
    write(parts.product, there ? `${number(step.x[i], 2)} × ${inBrackets(weight)}` : "");
    write(parts.value, there ? number(products[i], 2) : "");
    const share = there ? products[i] / limit : 0;
    parts.bar.style.transform = `translateX(${share < 0 ? -100 : 0}%) scaleX(${Math.abs(share)})`;
    parts.bar.className = share < 0 ? "negative" : "";
  });
}

function showMaps({ j }, products) {
  const { W, inputs, outputs } = layers[0];
  const weights = Array.from({ length: inputs }, (_, i) => W[i * outputs + j]);
  // Beyond this quantile most weights would be pale for the sake of a few.
  const limit = quantile(Float32Array.from(weights, Math.abs), 0.995);
  paint($("weights"), (i) => colourOf(weights[i], limit));
  paint($("products"), (i) => colourOf(products[i] ?? 0, limit));
}

// ---- Lines from a unit to what feeds it most

// Where everything lies in the stage; measured only when that changes, for measuring takes time.
let places = null;

function measure() {
  const stage = $("stage").getBoundingClientRect();
  const of = (node) => {
    const box = node.getBoundingClientRect();
    return { left: box.left - stage.left, right: box.right - stage.left,
      top: box.top - stage.top, width: box.width, y: box.top - stage.top + box.height / 2 };
  };
  places = { pixels: of($("pixels")), cells: cells.map((buttons) => buttons.map(of)) };
  $("links").setAttribute("viewBox", `0 0 ${stage.width} ${stage.height}`);
}

const links = Array.from({ length: LINKS }, () => $("links").appendChild(svg("path")));

function showLinks(unit, products, order) {
  const end = unit && places?.cells[unit.l][unit.j];
  const limit = Math.abs(products[order[0]] ?? 1);
  links.forEach((path, rank) => {
    const start = end && order[rank] !== undefined && placeOf(unit.l - 1, order[rank]);
    // Where the page is narrow, layers lie below each other and lines would cross them.
    if (!start || start.x > end.left) return path.setAttribute("d", "");
    const bend = (end.left - start.x) / 2;
    path.setAttribute("d", `M${start.x} ${start.y}C${start.x + bend} ${start.y} ` +
      `${end.left - bend} ${end.y} ${end.left} ${end.y}`);
    path.setAttribute("class", products[order[rank]] < 0 ? "negative" : "");
    path.setAttribute("stroke-width", 0.75 + 2.75 * Math.abs(products[order[rank]]) / limit);
  });
}

function placeOf(l, i) {
  if (l >= 0) return places.cells[l][i] && { x: places.cells[l][i].right, y: places.cells[l][i].y };
  const { left, top, width } = places.pixels;
  const pixel = width / FIELD;
  return { x: left + (i % FIELD + 0.5) * pixel, y: top + (Math.floor(i / FIELD) + 0.5) * pixel };
}

// ---- Softmax

const MOST_SLOPES = 12;
const AXES = [135, 265];
const [TOP, BOTTOM, LINE] = [14, 278, 14];
const slopes = Array.from({ length: Math.min(classes.length, MOST_SLOPES) }, () => {
  const parts = { line: svg("path"), labels: [svg("text", { x: AXES[0] - 18, class: "left" }),
    svg("text", { x: AXES[1] + 18 })] };
  $("slopes").append(parts.line, ...parts.labels);
  return parts;
});

/** Heights of labels in their order from the top, each at its place or as near as there is room. */
function apart(heights) {
  const result = [];
  for (const height of heights) result.push(Math.max(height, (result.at(-1) ?? -LINE) + LINE));
  for (let i = result.length - 1, most = BOTTOM; i >= 0; i--, most -= LINE) {
    result[i] = Math.min(result[i], most);
  }
  return result;
}

function showSlopes() {
  const z = steps && steps[last].z;
  const order = z ? [...z.keys()].sort((p, q) => z[q] - z[p]).slice(0, slopes.length) : [];
  const [high, low] = [z?.[order[0]], z?.[order.at(-1)]];
  const height = (share) => BOTTOM - share * (BOTTOM - TOP);
  const ends = [order.map((j) => height((z[j] - low) / (high - low || 1))),
    order.map((j) => height(y[j]))];
  const texts = ends.map(apart);
  slopes.forEach(({ line, labels }, rank) => {
    const j = order[rank];
    const there = j !== undefined;
    line.setAttribute("class", rank === 0 ? "answer" : "");
    const [left, right] = AXES;
    line.setAttribute("d", there
      ? `M${left - 14} ${texts[0][rank]}L${left} ${ends[0][rank]}L${right} ${ends[1][rank]}` +
        `L${right + 14} ${texts[1][rank]}`
      : "");
    labels.forEach((label, side) => {
      const name = there && shortened(classes[j], 10);
      const text = side ? there && `${number(y[j])}  ${name}` : there && `${name}  ${number(z[j], 2)}`;
      write(label, text || "");
      label.setAttribute("y", there ? texts[side][rank] + 4 : 0);
      label.classList.toggle("answer", rank === 0);
    });
  });
}

const softmaxRows = rows.map((_, j) => {
  const name = element("th", "", classes[j]);
  name.scope = "row";
  const values = Array.from({ length: 5 }, () => element("td", "", "–"));
  $("steps").tBodies[0].append(element("tr", "", name, ...values));
  return values;
});

/** Both ways to compute softmax, in float32 as NumPy would. */
function showSoftmax() {
  const shift = Number($("shift").value);
  write($("shift-value"), String(shift));
  const z = steps && steps[last].z.map((value) => value + shift);
  const max = z && Math.max(...z);
  const plain = z && z.map((value) => Math.fround(Math.exp(value)));
  const sum = z && Math.fround(total(plain));
  const answer = y && argmax(y);
  softmaxRows.forEach((values, j) => {
    const texts = z ? [number(z[j], 2), number(plain[j], 2), quotient(plain[j], sum),
      number(Math.exp(z[j] - max)), number(y[j])] : [];
    values.forEach((cell, i) => write(cell, texts[i] ?? "–"));
    values[0].parentNode.classList.toggle("answer", j === answer);
  });
  write($("overflow"), z && !Number.isFinite(sum)
    ? "Above 88.7, eᵃ is more than float32 can hold, 3.4·10³⁸, and becomes ∞; the quotient ∞/∞ is " +
      "no number. With the maximum subtracted the probabilities stay what they were."
    : "");
}

function quotient(e, sum) {
  return e === Infinity ? "∞/∞" : number(e / sum);
}

// --------------------------------------------------------------------------- What the user does

let due = false;

/** Shows what changed once before the browser draws the next frame, however many events came. */
function schedule() {
  if (due) return;
  due = true;
  requestAnimationFrame(() => {
    due = false;
    update();
  });
}

/** The line to a stroke's point i: a curve between the middles of its segments, round at corners. */
function drawPoint(points, i) {
  const point = points[i];
  const middle = (p, q) => [(p.x + q.x) / 2, (p.y + q.y) / 2];
  for (const pen of [screen, sheet]) {
    pen.lineWidth = point.width;
    pen.beginPath();
    if (i === 0) {
      pen.arc(point.x, point.y, point.width / 2, 0, 2 * Math.PI);
      pen.fill();
      continue;
    }
    const before = points[i - 1];
    pen.moveTo(...(i === 1 ? [before.x, before.y] : middle(points[i - 2], before)));
    pen.quadraticCurveTo(before.x, before.y, ...middle(before, point));
    pen.stroke();
  }
}

/** From the middle of a stroke's last segment to its end. */
function drawEnd(points) {
  const [before, point] = points.slice(-2);
  if (!point) return;
  for (const pen of [screen, sheet]) {
    pen.beginPath();
    pen.moveTo((before.x + point.x) / 2, (before.y + point.y) / 2);
    pen.lineTo(point.x, point.y);
    pen.stroke();
  }
}

function redraw() {
  const { picture, strokes } = drawing;
  for (const pen of [screen, sheet]) {
    const scale = pen.canvas.width / PAPER;
    pen.setTransform(scale, 0, 0, scale, 0, 0);
    pen.clearRect(0, 0, PAPER, PAPER);
    pen.fillStyle = "#fff";
    // A photo keeps its own ground, and none is shown above and below it.
    if (!picture?.photo) pen.fillRect(0, 0, PAPER, PAPER);
    pen.fillStyle = pen.strokeStyle = "#000";
    pen.lineCap = pen.lineJoin = "round";
    if (!picture) continue;
    const { image } = picture;
    const fit = PAPER / Math.max(image.width, image.height);
    const [width, height] = [image.width * fit, image.height * fit];
    pen.drawImage(image, (PAPER - width) / 2, (PAPER - height) / 2, width, height);
  }
  for (const points of strokes) {
    points.forEach((_, i) => drawPoint(points, i));
    if (points !== stroke) drawEnd(points);
  }
  screen.canvas.classList.toggle("photo", Boolean(picture?.photo));
}

/** As many pixels as the screen has there. */
function sharpen() {
  const side = Math.round(screen.canvas.clientWidth * devicePixelRatio);
  if (screen.canvas.width === side) return;
  screen.canvas.width = screen.canvas.height = side;
  redraw();
}

function change(next) {
  past.push(drawing);
  drawing = next;
  stroke = null; // a pen that is still down draws no more
  showDrawing();
}

function undo() {
  if (!past.length || stroke) return;
  drawing = past.pop();
  showDrawing();
}

function showDrawing() {
  write($("message"), drawing.picture?.message ?? "");
  redraw();
  schedule();
}

function begin(point) {
  const points = [point];
  // One can go on with an example; beside a photo's digit, a stroke begins another drawing.
  const picture = drawing.picture?.photo ? null : drawing.picture;
  change({ picture, strokes: [...(picture === drawing.picture ? drawing.strokes : []), points] });
  stroke = points;
}

function extend(point) {
  stroke.push(point);
  drawPoint(stroke, stroke.length - 1);
  schedule();
}

function finish() {
  drawEnd(stroke);
  stroke = null;
  schedule();
}

function pointOf(event) {
  // Measured anew each time, for the page may be scrolled, turned or resized meanwhile.
  const box = screen.canvas.getBoundingClientRect();
  const scale = PAPER / box.width;
  const pressed = event.pointerType === "pen" && event.pressure > 0;
  return {
    x: (event.clientX - box.left) * scale,
    y: (event.clientY - box.top) * scale,
    width: BRUSH * (pressed ? 0.6 + 0.8 * event.pressure : 1),
  };
}

function listenToPen() {
  let pen = null; // which of several fingers draws
  const { canvas } = screen;
  canvas.addEventListener("pointerdown", (event) => {
    if (pen !== null || event.button !== 0) return;
    event.preventDefault();
    pen = event.pointerId;
    canvas.setPointerCapture(pen);
    begin(pointOf(event));
  });
  canvas.addEventListener("pointermove", (event) => {
    if (event.pointerId !== pen || !stroke) return;
    const events = event.getCoalescedEvents();
    for (const one of events.length ? events : [event]) extend(pointOf(one));
  });
  const lift = (event) => {
    if (event.pointerId !== pen) return;
    pen = null;
    if (stroke) finish();
  };
  canvas.addEventListener("pointerup", lift);
  canvas.addEventListener("pointercancel", lift);
}

/** Grey pixels of an example as a canvas: dark ink on white, as it would have been drawn. */
function sheetOf(pixels) {
  const canvas = element("canvas");
  canvas.width = canvas.height = FIELD;
  paint(canvas, (i) => greys[255 - pixels[i]]);
  return canvas;
}

function addExamples() {
  const all = bytesOf(page.examples.pixels);
  const examples = page.examples.labels.map((label, i) => {
    const pixels = all.subarray(i * FIELD * FIELD, (i + 1) * FIELD * FIELD);
    return { label, image: sheetOf(pixels), reading: { pixels, doubts: [] } };
  });
  for (const label of new Set(page.examples.labels)) {
    const own = examples.filter((example) => example.label === label);
    const button = element("button", "example", own[0].image);
    button.type = "button";
    button.setAttribute("aria-label", `Example of a ${label}`);
    let next = 0;
    button.addEventListener("click", () => {
      change({ picture: own[next], strokes: [] });
      next = (next + 1) % own.length;
    });
    $("examples").append(button);
  }
}

let opening = null; // of pictures that are decoded at the same time, the last is wanted

async function openPicture(file) {
  opening = file;
  const name = shortened(file.name, 24);
  try {
    const bitmap = await createImageBitmap(file);
    if (opening !== file) return;
    const canvas = element("canvas");
    const scale = Math.min(1, PHOTO / Math.max(bitmap.width, bitmap.height));
    canvas.width = Math.max(1, Math.round(bitmap.width * scale));
    canvas.height = Math.max(1, Math.round(bitmap.height * scale));
    const context = canvas.getContext("2d", { willReadFrequently: true });
    context.imageSmoothingQuality = "high";
    context.fillStyle = "#fff";
    context.fillRect(0, 0, canvas.width, canvas.height);
    context.drawImage(bitmap, 0, 0, canvas.width, canvas.height);
    const reading = readPicture(context.getImageData(0, 0, canvas.width, canvas.height));
    const message = reading ? name : `${name}: blank, or nothing in it stands out as a digit`;
    change({ picture: { image: canvas, photo: true, reading, message }, strokes: [] });
  } catch {
    if (opening === file) write($("message"), `${name}: no picture that this browser can read`);
  }
}

function listen() {
  listenToPen();
  $("undo").addEventListener("click", undo);
  $("clear").addEventListener("click", () => {
    if (!isEmpty(drawing)) change({ picture: null, strokes: [] });
  });
  $("follow").addEventListener("click", () => choose(null));
  $("shift").addEventListener("input", showSoftmax);
  $("file").addEventListener("change", (event) => {
    if (event.target.files.length) openPicture(event.target.files[0]);
    event.target.value = "";
  });
  document.addEventListener("keydown", (event) => {
    if ((event.ctrlKey || event.metaKey) && event.key === "z") undo();
  });
  document.addEventListener("paste", (event) => {
    const files = event.clipboardData.files;
    if (files.length) openPicture(files[0]);
  });
  for (const kind of ["dragover", "drop"]) {
    document.addEventListener(kind, (event) => {
      event.preventDefault();
      if (kind === "drop" && event.dataTransfer.files.length) openPicture(event.dataTransfer.files[0]);
    });
  }
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => {
    readTheme();
    show();
  });
  new ResizeObserver(() => {
    sharpen();
    measure();
    show();
  }).observe($("stage"));
}

function start() {
  const sizes = [layers[0].inputs, ...layers.map((layer) => layer.outputs)].join("-");
  write($("about"), `A ${sizes} network with the ${page.weights.name} weights, all of it in this page.`);
  write($("made"), `Made by scratchnet ${page.version}. Weights: ${page.weights.name}, SHA-256 ` +
    page.weights.sha256);
  for (let i = 0; i < 4; i++) $("formulas").append(element("p"));
  readTheme();
  addLayers();
  addExamples();
  listen();
  sharpen();
  measure();
  update();
}

start();
