// What the page to draw on shows: of a reading, all that the network makes of it.

const page = JSON.parse(document.getElementById("data").textContent);

/** The bytes that base64 stands for. */
function bytesOf(base64) {
  return Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
}

const layers = page.layers.map(({ inputs, outputs, activation, parameters }) => {
  // Little-endian float32: W row by row, each row the weights of one input, and then b.
  const numbers = new Float32Array(bytesOf(parameters).buffer);
  const W = numbers.subarray(0, inputs * outputs);
  return { inputs, outputs, activation, W, b: numbers.subarray(inputs * outputs) };
});

const MOST_UNITS = 200; // of a layer, so many are shown
const MOST_FEEDERS = 8;
const LINKS = 6;

const $ = (id) => document.getElementById(id);
const classes = page.classes;
const last = layers.length - 1;

let seen = null; // the reading: { pixels (784,), doubts }, or null
let steps = null; // each layer's { layer, x, a, z }; null without an output
let overflows = false; // whether there is none because a logit is more than a number can be
let y = null; // the probabilities
let chosen = null; // the unit { l, j } that is shown, or null while the answer is followed

// ------------------------------------------------------------------------ Elements and numbers

/** An element with classes, text and children. Text never becomes markup. */
function element(name, className = "", ...content) {
  const made = document.createElement(name);
  if (className) made.className = className;
  made.append(...content);
  return made;
}

/** An element of an SVG. */
function svg(name, attributes = {}) {
  const made = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  return made;
}

/** A button that belongs to no form. */
function newButton(className, press, ...content) {
  const button = element("button", className, ...content);
  button.type = "button";
  button.addEventListener("click", press);
  return button;
}

/** Says whether a button has something to do; disabling it would take the focus from it. */
function enable(button, useful) {
  button.setAttribute("aria-disabled", String(!useful));
}

/** A heading and cells, as a new row at the end of a table. */
function addRow(table, heading, ...others) {
  heading.scope = "row";
  table.tBodies[0].append(element("tr", "", heading, ...others));
}

/** Changes a text only where it differs: most stay the same from one point to the next. */
function write(node, text) {
  const part = node.firstChild;
  if (part?.nodeType !== Node.TEXT_NODE) node.textContent = text;
  else if (part.data !== text) part.data = text;
}

/** The same for a formula, in which `^{…}` is an exponent. */
function writeFormula(node, text) {
  if (node.formula === text) return;
  node.formula = text;
  const parts = text.split(/\^\{(.*?)\}/);
  node.replaceChildren(...parts.map((part, i) => (i % 2 ? element("sup", "", part) : part)));
}

/** A number as one reads it, in few letters whatever its size. */
function number(value, decimals = 4) {
  if (Number.isNaN(value)) return "?";
  if (!Number.isFinite(value)) return value > 0 ? "∞" : "−∞";
  const size = Math.abs(value);
  const text = size >= 1e4 ? value.toExponential(1).replace("e+", "e") : value.toFixed(decimals);
  return text.replace("-", "−");
}

/** A text of so many letters at most. */
function shortened(text, most) {
  return text.length > most ? `${text.slice(0, most - 1)}…` : text;
}

const subscript = (n) => String(n).replace(/\d/g, (digit) => "₀₁₂₃₄₅₆₇₈₉"[digit]);
const inBrackets = (value) => (value < 0 ? `(${number(value, 2)})` : number(value, 2));

/** The name of a value that goes into a layer, or comes out of the one before it. */
function unitName(l, j) {
  if (l < 0) return `x[${Math.floor(j / FIELD)}, ${j % FIELD}]`;
  return l === last ? `class ${classes[j]}` : `layer ${l + 1}, unit ${j}`;
}

// --------------------------------------------------------------------------- Colours and bars

const STEPS = 48; // so many colours are told apart on either side of 0
const greys = Array.from({ length: 256 }, (_, value) => [value, value, value, 255]);
let palette = []; // red, green, blue and opacity of the numbers from -1 to 1

/** Takes the colours of signed numbers from the style, light or dark. */
function readTheme() {
  const style = getComputedStyle(document.documentElement);
  const [low, zero, high] = ["--low", "--zero", "--high"].map((name) =>
    style.getPropertyValue(name).match(/\w\w/g).map((part) => parseInt(part, 16)),
  );
  palette = Array.from({ length: 2 * STEPS + 1 }, (_, i) => {
    const [end, share] = [i < STEPS ? low : high, Math.abs(i - STEPS) / STEPS];
    return [...zero.map((from, j) => Math.round(from + share * (end[j] - from))), 255];
  });
}

/** The colour of a number, of which `limit` is the largest that is told from larger ones. */
function colourOf(value, limit = 1) {
  return palette[STEPS + Math.round(clamp(value / (limit || 1), -1, 1) * STEPS)];
}

/** The largest of some numbers without their signs. */
function largest(values) {
  return Math.max(...values.map(Math.abs));
}

/** Paints 28x28 pixels, of each of which `colourAt` tells red, green, blue and opacity. */
function paint(canvas, colourAt) {
  const image = new ImageData(FIELD, FIELD);
  for (let i = 0; i < FIELD * FIELD; i++) image.data.set(colourAt(i), 4 * i);
  canvas.getContext("2d").putImageData(image, 0, 0);
}

/** Lets a bar reach to the right by a share of its room, or to the left by one below 0. */
function showBar(bar, share) {
  bar.style.transform = `translateX(${share < 0 ? -100 : 0}%) scaleX(${Math.abs(share)})`;
  bar.classList.toggle("negative", share < 0);
}

// ------------------------------------------------------------------------- Layers and answer

// A button for each unit that is shown, layer by layer.
const cells = layers.map(({ outputs }, l) =>
  Array.from({ length: Math.min(outputs, MOST_UNITS) }, (_, j) => {
    const button = newButton(l === last ? "row" : "cell", () => choose({ l, j }));
    button.tabIndex = j ? -1 : 0;
    button.setAttribute("aria-pressed", "false");
    if (l < last) button.setAttribute("aria-label", unitName(l, j));
    return button;
  }),
);

// What stands in the buttons of the last layer.
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

/** A section for each layer, with its formula and its units. */
function addLayers() {
  layers.forEach(({ outputs, activation }, l) => {
    const n = subscript(l + 1);
    const sum = `${l ? `z${subscript(l)}` : "x"}·W${n} + b${n}`;
    const formula = activation === "identity" ? sum : `${activation}(${sum})`;
    const title = element("h2", "", l === last ? "Output" : `Layer ${l + 1}`);
    title.id = `layer-${l}`;
    const columns = l === last ? 1 : clamp(Math.ceil(outputs / 10), 1, 10);
    const grid = element("div", "cells", ...cells[l]);
    grid.style.setProperty("--columns", columns);
    grid.addEventListener("keydown", (event) => moveFocus(event, cells[l], columns));
    const section = element("section", l === last ? "layer outputs" : "layer",
      title, element("p", "formula", formula), grid);
    section.setAttribute("aria-labelledby", title.id);
    if (outputs > MOST_UNITS) {
      section.append(element("p", "formula", `the first ${MOST_UNITS} of ${outputs}`));
    }
    $("layers").append(section);
  });
}

/** Within a layer the arrow keys move; the tab key goes from layer to layer. */
function moveFocus(event, buttons, columns) {
  const place = buttons.indexOf(document.activeElement);
  const places = { ArrowLeft: place - 1, ArrowRight: place + 1, ArrowUp: place - columns,
    ArrowDown: place + columns, Home: 0, End: buttons.length - 1 };
  if (!(event.key in places)) return;
  event.preventDefault();
  const next = buttons[places[event.key]];
  if (!next) return;
  for (const button of buttons) button.tabIndex = button === next ? 0 : -1;
  next.focus();
}

/** Runs the network on a reading, or on none, and shows what changed. */
function look(reading) {
  seen = reading;
  steps = seen && forward(layers, Float64Array.from(seen.pixels, (value) => value / 255));
  overflows = Boolean(steps) && !steps[last].z.every(Number.isFinite);
  if (overflows) steps = null;
  y = steps && softmax(steps[last].z);
  show();
}

/** Shows the reading and all that the network makes of it. */
function show() {
  paint($("pixels"), (i) => greys[seen ? seen.pixels[i] : 0]);
  showAnswer();
  cells.slice(0, last).forEach((buttons, l) => showLayer(buttons, steps?.[l]));
  showOutputs();
  showUnit();
  showSlopes();
  showSoftmax();
}

/** What is to say beside the answer, or in its place. */
function remark() {
  if (overflows) return "the weights are so large that the network's output overflows";
  const doubts = y ? [...seen.doubts, ...doubtsOf(y)] : [];
  return doubts.length ? `doubtful: ${doubts.join(", ")}` : "";
}

/** Shows the most probable class, its probability and the doubts. */
function showAnswer() {
  const name = y ? classes[argmax(y)] : "–";
  $("answer").classList.toggle("none", !y);
  $("answer").classList.toggle("word", name.length > 1);
  write($("digit"), name);
  write($("probability"), y ? number(Math.max(...y)) : "");
  write($("doubts"), remark());
}

/** Tells the answer to a screen reader. */
function sayAnswer() {
  const answer = y && `Read as ${classes[argmax(y)]}, probability ${number(Math.max(...y), 2)}. `;
  write($("spoken"), `${answer ?? ""}${remark()}`);
}

/** Gives a layer's units the colours of their z. */
function showLayer(buttons, step) {
  const isBounded = ["sigmoid", "tanh"].includes(step?.layer.activation);
  const limit = step && !isBounded ? largest(step.z) : 1;
  buttons.forEach((button, j) => {
    const colour = colourOf(step ? step.z[j] : 0, limit);
    if (button.colour !== colour) button.style.backgroundColor = `rgb(${colour})`;
    button.colour = colour;
  });
}

/** Shows each class's logit and probability. */
function showOutputs() {
  const z = steps?.[last].z;
  const limit = (z && largest(z)) || 1;
  const answer = y && argmax(y);
  rows.forEach((row, j) => {
    write(row.logit, z ? number(z[j], 2) : "–");
    write(row.y, y ? number(y[j]) : "–");
    showBar(row.logitBar, z ? z[j] / limit : 0);
    showBar(row.shareBar, y ? y[j] : 0);
    cells[last][j].classList.toggle("answer", j === answer);
  });
}

// ------------------------------------------------------------- One unit, and what feeds it most

const feeders = Array.from({ length: MOST_FEEDERS }, () => {
  const parts = { name: element("th"), product: element("td"), bar: element("i"),
    value: element("td", "value") };
  parts.button = newButton("link", () => choose(parts.unit));
  addRow($("feeders"), parts.name, parts.product, element("td", "bar", parts.bar), parts.value);
  return parts;
});
const links = Array.from({ length: LINKS }, () => $("links").appendChild(svg("path")));
let pressed = null; // the button of the unit that is shown
let places = null; // where all lies, measured only when that changes, for measuring takes time

/** Shows a unit until another one is chosen; of null, that of the answer. */
function choose(unit) {
  chosen = unit;
  show();
  // On a telephone it is told far below where it was chosen.
  if (unit && $("unit").getBoundingClientRect().top > innerHeight) $("unit").scrollIntoView();
}

/** What inputs add to a unit's sum, { i, x, w, product }: the largest first, and none of 0. */
function termsOf({ x, layer }, j) {
  const terms = [];
  x.forEach((value, i) => {
    const w = layer.W[i * layer.outputs + j];
    if (value * w) terms.push({ i, x: value, w, product: value * w });
  });
  return terms.sort((p, q) => Math.abs(q.product) - Math.abs(p.product));
}

/** Shows the chosen unit, or the answer's: its formulas, its weights and what feeds it most. */
function showUnit() {
  const unit = chosen ?? (y && { l: last, j: argmax(y) });
  const button = unit && cells[unit.l][unit.j];
  if (button !== pressed) {
    pressed?.setAttribute("aria-pressed", "false");
    button?.setAttribute("aria-pressed", "true");
    pressed = button;
  }
  enable($("follow"), chosen !== null);
  const step = unit && steps?.[unit.l];
  const terms = step ? termsOf(step, unit.j) : [];
  const name = unit ? unitName(unit.l, unit.j) : "one unit";
  write($("unit-title"), name[0].toUpperCase() + name.slice(1));
  const lines = unit ? formulas(unit, step, terms) : ["Nothing is drawn yet."];
  [...$("formulas").children].forEach((line, i) => writeFormula(line, lines[i] ?? ""));
  $("maps").hidden = unit?.l !== 0;
  if (unit?.l === 0) showMaps(unit.j);
  showFeeders(unit, terms);
  showLinks(unit, terms);
}

/** The unit's formulas, with letters and with the numbers of this drawing: 4 lines at most. */
function formulas({ l, j }, step, terms) {
  const n = subscript(l + 1);
  const lines = [`a${n}[${j}] = ${l ? `z${subscript(l)}` : "x"}·W${n}[:, ${j}] + b${n}[${j}]`];
  if (!step) return lines;
  const { b, activation } = step.layer;
  const [a, z] = [number(step.a[j]), number(step.z[j])];
  const added = terms.slice(0, 3).map(({ x, w }) => `${number(x, 2)}·${inBrackets(w)}`);
  const rest = terms.slice(3).map(({ product }) => product);
  if (rest.length) added.push(`${inBrackets(total(rest))} from ${rest.length} more`);
  lines.push(`= ${[...added, inBrackets(b[j])].join(" + ")} = ${a}`);
  const h = { sigmoid: ` = 1 / (1 + e^{${number(-step.a[j])}})`, relu: ` = max(0, ${a})` };
  if (activation !== "identity") {
    lines.push(`z${n}[${j}] = ${activation}(${a})${h[activation] ?? ""} = ${z}`);
  }
  if (l === last) {
    const max = Math.max(...step.z);
    const sum = total(step.z.map((value) => Math.exp(value - max)));
    const top = `e^{${number(step.z[j], 2)} − ${inBrackets(max)}}`;
    lines.push(`y[${j}] = ${top} / ${number(sum)} = ${number(y[j])}`);
  }
  return lines;
}

/** Lists the largest terms of a unit's sum; what is itself a unit that is shown can be chosen. */
function showFeeders(unit, terms) {
  write($("feeders").caption, `What feeds it most${unit?.l === 0 ? ": x[row, column]" : ""}`);
  feeders.forEach((parts, rank) => {
    const term = terms[rank];
    parts.unit = term && { l: unit.l - 1, j: term.i };
    const name = term ? unitName(unit.l - 1, term.i) : "–";
    if (term && cells[unit.l - 1]?.[term.i]) {
      write(parts.button, name);
      if (!parts.button.isConnected) parts.name.replaceChildren(parts.button);
    } else write(parts.name, name);
    write(parts.product, term ? `${number(term.x, 2)} × ${inBrackets(term.w)}` : "");
    write(parts.value, term ? number(term.product, 2) : "");
    showBar(parts.bar, term ? term.product / Math.abs(terms[0].product) : 0);
  });
}

/** Paints a first layer's unit: its weights W1[:, j], and each pixel times its weight. */
function showMaps(j) {
  const { W, inputs, outputs } = layers[0];
  const weights = Float32Array.from({ length: inputs }, (_, i) => W[i * outputs + j]);
  // Beyond this quantile most weights would be pale for the sake of a few.
  const limit = quantile(weights.map(Math.abs), 0.995);
  paint($("weights"), (i) => colourOf(weights[i], limit));
  paint($("products"), (i) => colourOf(steps ? steps[0].x[i] * weights[i] : 0, limit));
}

/** Notes where pixels and units lie in the stage. */
function measure() {
  const box = (node) => node.getBoundingClientRect();
  const stage = box($("stage"));
  places = { stage, pixels: box($("pixels")), units: cells.map((buttons) => buttons.map(box)) };
  $("links").setAttribute("viewBox", `0 0 ${stage.width} ${stage.height}`);
}

/** The place in the stage at some shares of the width and height of a box in it. */
function placeIn(box, across, down) {
  const { left, top } = places.stage;
  return [box.left - left + across * box.width, box.top - top + down * box.height];
}

/** The line to a unit from its input i; none if one is not shown, or lies not left of the other. */
function curveTo({ l, j }, i) {
  const [source, target] = [l ? places.units[l - 1][i] : places.pixels, places.units[l][j]];
  if (!source || !target) return "";
  const pixel = [i % FIELD, Math.floor(i / FIELD)].map((place) => (place + 0.5) / FIELD);
  const [left, start] = placeIn(source, ...(l ? [1, 0.5] : pixel));
  const [right, end] = placeIn(target, 0, 0.5);
  const middle = (left + right) / 2;
  if (left >= right) return "";
  return `M${left} ${start}C${middle} ${start} ${middle} ${end} ${right} ${end}`;
}

/** Draws lines to a unit from what feeds it most. */
function showLinks(unit, terms) {
  links.forEach((path, rank) => {
    const { i, product } = terms[rank] ?? { product: 0 };
    path.setAttribute("d", product ? curveTo(unit, i) : "");
    path.setAttribute("class", product < 0 ? "negative" : "");
    const share = product && Math.abs(product / terms[0].product);
    path.setAttribute("stroke-width", 0.75 + 2.75 * share);
  });
}

// --------------------------------------------------------------------------------- Softmax

const MOST_SLOPES = 12;
const [LEFT, RIGHT] = [135, 265]; // where the lines from logits to probabilities begin and end,
const [TOP, BOTTOM, LINE] = [14, 278, 14]; // how far up and down, and the height of their labels
const slopes = Array.from({ length: Math.min(classes.length, MOST_SLOPES) }, (_, rank) => {
  const name = rank ? "" : "answer";
  const line = svg("path", { class: name });
  const labels = [svg("text", { x: LEFT - 18, class: `left ${name}` }),
    svg("text", { x: RIGHT + 18, class: name })];
  $("slopes").append(line, ...labels);
  return { line, labels };
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

/** Draws a line from each logit to its probability, in the order of both. */
function showSlopes() {
  $("slopes").classList.toggle("none", !y);
  if (!y) return;
  const { z } = steps[last];
  const order = [...z.keys()].sort((p, q) => z[q] - z[p]).slice(0, slopes.length);
  const [high, low] = [z[order[0]], z[order.at(-1)]];
  const height = (share) => BOTTOM - share * (BOTTOM - TOP);
  const logits = order.map((j) => height((z[j] - low) / (high - low || 1)));
  const shares = order.map((j) => height(y[j]));
  const [left, right] = [apart(logits), apart(shares)];
  slopes.forEach(({ line, labels }, rank) => {
    const j = order[rank];
    const name = shortened(classes[j], 10);
    line.setAttribute("d", `M${LEFT - 14} ${left[rank]}L${LEFT} ${logits[rank]}` +
      `L${RIGHT} ${shares[rank]}L${RIGHT + 14} ${right[rank]}`);
    write(labels[0], `${name}  ${number(z[j], 2)}`);
    write(labels[1], `${number(y[j])}  ${name}`);
    labels[0].setAttribute("y", left[rank] + 4);
    labels[1].setAttribute("y", right[rank] + 4);
  });
}

const softmaxRows = rows.map((_, j) => {
  const values = Array.from({ length: 5 }, () => element("td"));
  addRow($("steps"), element("th", "", classes[j]), ...values);
  return values;
});

/** Shows both ways to compute softmax, in float32 as NumPy would. */
function showSoftmax() {
  const shift = Number($("shift").value);
  write($("shift-value"), String(shift));
  const z = steps ? steps[last].z.map((value) => value + shift) : [];
  const max = Math.max(...z);
  const plain = Float32Array.from(z, (value) => Math.exp(value));
  const sum = Math.fround(total(plain));
  const answer = y && argmax(y);
  softmaxRows.forEach((values, j) => {
    const quotient = plain[j] === Infinity ? "∞/∞" : number(plain[j] / sum);
    const texts = y ? [number(z[j], 2), number(plain[j], 2), quotient, number(Math.exp(z[j] - max)),
      number(y[j])] : [];
    values.forEach((cell, i) => write(cell, texts[i] ?? "–"));
    values[0].parentNode.classList.toggle("answer", j === answer);
  });
  write($("overflow"), sum === Infinity
    ? "Above 88.7, eᵃ is more than float32 can hold, 3.4·10³⁸, and becomes ∞; the quotient ∞/∞ " +
      "is no number. With the maximum subtracted the probabilities stay what they were."
    : "");
}

/** Fills the page for this network, and listens to what is chosen on it. */
function startView() {
  const sizes = [layers[0].inputs, ...layers.map((layer) => layer.outputs)].join("-");
  const { name, sha256 } = page.weights;
  write($("about"), `A ${sizes} network with the ${name} weights, all of it in this page.`);
  write($("made"), `Made by scratchnet ${page.version}. Weights: ${name}, SHA-256 ${sha256}`);
  for (let i = 0; i < 4; i++) $("formulas").append(element("p"));
  readTheme();
  addLayers();
  measure();
  $("follow").addEventListener("click", () => choose(null));
  $("shift").addEventListener("input", showSoftmax);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => {
    readTheme();
    show();
  });
  new ResizeObserver(() => {
    measure();
    show();
  }).observe($("stage"));
}

startView();
