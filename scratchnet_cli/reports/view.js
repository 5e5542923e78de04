// The display: the image that the network sees, and all that it computes from it.

const bytesOf = (base64) => Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));

const layers = page.layers.map(({ inputs, outputs, activation, parameters }) => {
  // Little-endian float32: W row by row, one row for each input, and then b.
  const numbers = new Float32Array(bytesOf(parameters).buffer);
  const W = numbers.subarray(0, inputs * outputs);
  return { inputs, outputs, activation, W, b: numbers.subarray(inputs * outputs) };
});

// The most that is shown: units of a layer, terms of a sum, lines to a unit, classes with slopes.
const [MAX_UNITS, MAX_TERMS, MAX_LINKS, MAX_SLOPES] = [200, 8, 6, 12];

const $ = (id) => document.getElementById(id);
const classes = page.classes;
const last = layers.length - 1;

let image = null; // what the network sees, { pixels (784,), warnings }, or null
let steps = null; // { layer, x, a, z } of each layer, or null without an output
let overflows = false; // whether there is no output because a logit is not finite
let y = null; // the probabilities
let chosen = null; // the unit { l, j } that is shown, or null for that of the answer

// ------------------------------------------------------------------------ Elements and numbers

/** Return an element with classes, text and children. Text never becomes markup. */
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

function newButton(className, press, ...content) {
  const button = element("button", className, ...content);
  button.type = "button";
  button.addEventListener("click", press);
  return button;
}

/** Mark a button as enabled or not. Disabling it would take the focus from it. */
const enable = (button, isEnabled) => button.setAttribute("aria-disabled", String(!isEnabled));

function addRow(table, heading, ...others) {
  heading.scope = "row";
  table.tBodies[0].append(element("tr", "", heading, ...others));
}

/** Change a text only if it differs: most texts stay the same from one point to the next. */
function write(node, text) {
  const part = node.firstChild;
  if (part?.nodeType !== Node.TEXT_NODE) node.textContent = text;
  else if (part.data !== text) part.data = text;
}

/** Change a formula only if it differs. In it, `^{…}` is an exponent. */
function writeFormula(node, text) {
  if (node.formula === text) return;
  node.formula = text;
  const parts = text.split(/\^\{(.*?)\}/);
  node.replaceChildren(...parts.map((part, i) => (i % 2 ? element("sup", "", part) : part)));
}

/** Return a number as short text, whatever its size. */
function format(value, decimals = 4) {
  if (Number.isNaN(value)) return "?";
  if (!Number.isFinite(value)) return value > 0 ? "∞" : "−∞";
  const size = Math.abs(value);
  const text = size >= 1e4 ? value.toExponential(1).replace("e+", "e") : value.toFixed(decimals);
  return text.replace("-", "−");
}

/** Return at most `maxLength` letters of a text. */
const shorten = (text, maxLength) =>
  text.length > maxLength ? `${text.slice(0, maxLength - 1)}…` : text;

const subscript = (n) => String(n).replace(/\d/g, (digit) => "₀₁₂₃₄₅₆₇₈₉"[digit]);
const inBrackets = (value) => (value < 0 ? `(${format(value, 2)})` : format(value, 2));

/** Return the name of a unit. Layer -1 is the input. */
function unitName(l, j) {
  if (l < 0) return `x[${Math.floor(j / SIDE_PIXELS)}, ${j % SIDE_PIXELS}]`;
  return l === last ? `class ${classes[j]}` : `layer ${l + 1}, unit ${j}`;
}

// --------------------------------------------------------------------------- Colours and bars

const COLOUR_STEPS = 48; // on either side of 0
const greys = Array.from({ length: 256 }, (_, value) => [value, value, value, 255]);
let palette = []; // red, green, blue and opacity of numbers from -1 to 1

/** Read the colours of signed numbers from the style, light or dark. */
function readTheme() {
  const style = getComputedStyle(document.documentElement);
  const [low, zero, high] = ["--low", "--zero", "--high"].map((name) =>
    style.getPropertyValue(name).match(/\w\w/g).map((part) => parseInt(part, 16)),
  );
  palette = Array.from({ length: 2 * COLOUR_STEPS + 1 }, (_, i) => {
    const [end, share] = [i < COLOUR_STEPS ? low : high, Math.abs(i - COLOUR_STEPS) / COLOUR_STEPS];
    return [...zero.map((from, j) => Math.round(from + share * (end[j] - from))), 255];
  });
}

/** Return the colour of a number. Above `limit` and below `-limit` it stays the same. */
const colourOf = (value, limit = 1) =>
  palette[COLOUR_STEPS + Math.round(clamp(value / (limit || 1), -1, 1) * COLOUR_STEPS)];

const largestSize = (values) => largest(values.map(Math.abs));

/** Paint 28x28 pixels. `colourAt` returns red, green, blue and opacity of pixel i. */
function paint(canvas, colourAt) {
  const pixels = new ImageData(SIDE_PIXELS, SIDE_PIXELS);
  for (let i = 0; i < SIDE_PIXELS ** 2; i++) pixels.data.set(colourAt(i), 4 * i);
  canvas.getContext("2d").putImageData(pixels, 0, 0);
}

/** Extend a bar to the right by a share of its width, or to the left if the share is negative. */
function showBar(bar, share) {
  bar.style.transform = `translateX(${share < 0 ? -100 : 0}%) scaleX(${Math.abs(share)})`;
  bar.classList.toggle("negative", share < 0);
}

// ------------------------------------------------------------------------- Layers and answer

// A button for each unit that is shown, layer by layer.
const cells = layers.map(({ outputs }, l) =>
  Array.from({ length: Math.min(outputs, MAX_UNITS) }, (_, j) => {
    const button = newButton(l === last ? "row" : "cell", () => choose({ l, j }));
    button.tabIndex = j ? -1 : 0;
    button.setAttribute("aria-pressed", "false");
    if (l < last) button.setAttribute("aria-label", unitName(l, j));
    return button;
  }),
);

// The parts of the buttons of the last layer.
const rows = cells[last].map((button, j) => {
  const row = {};
  for (const part of ["name", "logit", "bar", "share", "y"]) row[part] = element("span", part);
  row.name.textContent = classes[j];
  row.shareBar = row.share.appendChild(element("i"));
  row.logitBar = row.bar.appendChild(element("i"));
  const spoken = (text) => element("span", "spoken", text);
  button.append(spoken("class "), row.name, spoken(" logit "), row.logit, row.bar,
    spoken(" probability "), row.y, row.share);
  return row;
});

/** Add a section for each layer, with its formula and its units. */
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
    if (outputs > MAX_UNITS) {
      section.append(element("p", "formula", `the first ${MAX_UNITS} of ${outputs}`));
    }
    $("layers").append(section);
  });
}

/** Move the focus within a layer by the arrow keys. The tab key moves between layers. */
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

/** Run the network on an image, or on null, and show the result. */
function run(newImage) {
  image = newImage;
  steps = image && forward(layers, Float64Array.from(image.pixels, (value) => value / 255));
  overflows = Boolean(steps) && !steps[last].z.every(Number.isFinite);
  if (overflows) steps = null;
  y = steps && softmax(steps[last].z);
  show();
}

/** Show the image and all that the network computes from it. */
function show() {
  paint($("pixels"), (i) => greys[image ? image.pixels[i] : 0]);
  showAnswer();
  cells.slice(0, last).forEach((buttons, l) => showLayer(buttons, steps?.[l]));
  showOutputs();
  showUnit();
  showSlopes();
  showSoftmax();
}

/** Return the text beside the answer, or instead of it. */
function warningText() {
  if (overflows) return "the weights are so large that the network's output overflows";
  const warnings = y ? [...image.warnings, ...probabilityWarnings(y)] : [];
  return warnings.length ? `warning: ${warnings.join(", ")}` : "";
}

/** Show the most probable class, its probability and the warnings. */
function showAnswer() {
  const name = y ? classes[argmax(y)] : "–";
  $("answer").classList.toggle("none", !y);
  $("answer").classList.toggle("word", name.length > 1);
  write($("digit"), name);
  write($("probability"), y ? format(largest(y)) : "");
  write($("warnings"), warningText());
}

/** Pass the answer to a screen reader. */
function announceAnswer() {
  const answer = y && `Read as ${classes[argmax(y)]}, probability ${format(largest(y), 2)}. `;
  write($("spoken"), `${answer ?? ""}${warningText()}`);
}

/** Colour a layer's units by their z. */
function showLayer(buttons, step) {
  const isBounded = ["sigmoid", "tanh"].includes(step?.layer.activation);
  const limit = step && !isBounded ? largestSize(step.z) : 1;
  buttons.forEach((button, j) => {
    const colour = colourOf(step ? step.z[j] : 0, limit);
    if (button.colour !== colour) button.style.backgroundColor = `rgb(${colour})`;
    button.colour = colour;
  });
}

function showOutputs() {
  const z = steps?.[last].z;
  const limit = (z && largestSize(z)) || 1;
  const answer = y && argmax(y);
  rows.forEach((row, j) => {
    write(row.logit, z ? format(z[j], 2) : "–");
    write(row.y, y ? format(y[j]) : "–");
    showBar(row.logitBar, z ? z[j] / limit : 0);
    showBar(row.shareBar, y ? y[j] : 0);
    cells[last][j].classList.toggle("answer", j === answer);
  });
}

// ---------------------------------------------------------- One unit, and its largest terms

const termRows = Array.from({ length: MAX_TERMS }, () => {
  const parts = { name: element("th"), product: element("td"), bar: element("i"),
    value: element("td", "value") };
  parts.button = newButton("link", () => choose(parts.unit));
  addRow($("terms"), parts.name, parts.product, element("td", "bar", parts.bar), parts.value);
  return parts;
});
const links = Array.from({ length: MAX_LINKS }, () => $("links").appendChild(svg("path")));
let pressed = null; // the button of the unit that is shown
let boxes = null; // of all parts, measured only when they change, because that takes time

/** Show a unit until another is chosen, or for null that of the answer. */
function choose(unit) {
  chosen = unit;
  show();
  // On a phone it is shown far below the place where it was chosen.
  if (unit && $("unit").getBoundingClientRect().top > innerHeight) $("unit").scrollIntoView();
}

/** Return the terms of a unit's sum that are not 0, { i, x, w, product }, the largest first. */
function termsOf({ x, layer }, j) {
  const terms = [];
  x.forEach((value, i) => {
    const w = layer.W[i * layer.outputs + j];
    if (value * w) terms.push({ i, x: value, w, product: value * w });
  });
  return terms.sort((p, q) => Math.abs(q.product) - Math.abs(p.product));
}

/** Show the chosen unit, or the answer's: its formulas, its weights and its largest terms. */
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
  showTerms(unit, terms);
  showLinks(unit, terms);
}

/** Return a unit's formulas, with letters and with the numbers of this drawing: up to 4 lines. */
function formulas({ l, j }, step, terms) {
  const n = subscript(l + 1);
  const lines = [`a${n}[${j}] = ${l ? `z${subscript(l)}` : "x"}·W${n}[:, ${j}] + b${n}[${j}]`];
  if (!step) return lines;
  const { b, activation } = step.layer;
  const [a, z] = [format(step.a[j]), format(step.z[j])];
  const added = terms.slice(0, 3).map(({ x, w }) => `${format(x, 2)}·${inBrackets(w)}`);
  const rest = terms.slice(3).map(({ product }) => product);
  if (rest.length) added.push(`${inBrackets(total(rest))} from ${rest.length} more`);
  lines.push(`= ${[...added, inBrackets(b[j])].join(" + ")} = ${a}`);
  const h = { sigmoid: ` = 1 / (1 + e^{${format(-step.a[j])}})`, relu: ` = max(0, ${a})` };
  if (activation !== "identity") {
    lines.push(`z${n}[${j}] = ${activation}(${a})${h[activation] ?? ""} = ${z}`);
  }
  if (l === last) {
    const max = largest(step.z);
    const sum = total(step.z.map((value) => Math.exp(value - max)));
    const top = `e^{${format(step.z[j], 2)} − ${inBrackets(max)}}`;
    lines.push(`y[${j}] = ${top} / ${format(sum)} = ${format(y[j])}`);
  }
  return lines;
}

/** List the largest terms of a unit's sum. Their units can be chosen if they are shown. */
function showTerms(unit, terms) {
  write($("terms").caption, `Its largest inputs${unit?.l === 0 ? ": x[row, column]" : ""}`);
  termRows.forEach((parts, rank) => {
    const term = terms[rank];
    parts.unit = term && { l: unit.l - 1, j: term.i };
    const name = term ? unitName(unit.l - 1, term.i) : "–";
    if (term && cells[unit.l - 1]?.[term.i]) {
      write(parts.button, name);
      if (!parts.button.isConnected) parts.name.replaceChildren(parts.button);
    } else write(parts.name, name);
    write(parts.product, term ? `${format(term.x, 2)} × ${inBrackets(term.w)}` : "");
    write(parts.value, term ? format(term.product, 2) : "");
    showBar(parts.bar, term ? term.product / Math.abs(terms[0].product) : 0);
  });
}

/** Paint a unit of the first layer: its weights W1[:, j], and each pixel times its weight. */
function showMaps(j) {
  const { W, inputs, outputs } = layers[0];
  const weights = Float32Array.from({ length: inputs }, (_, i) => W[i * outputs + j]);
  // Without a limit, a few large weights would make all others pale.
  const limit = quantile(weights.map(Math.abs), 0.995);
  paint($("weights"), (i) => colourOf(weights[i], limit));
  paint($("products"), (i) => colourOf(steps ? steps[0].x[i] * weights[i] : 0, limit));
}

/** Measure where pixels and units are in the stage. */
function measure() {
  const box = (node) => node.getBoundingClientRect();
  const stage = box($("stage"));
  boxes = { stage, pixels: box($("pixels")), units: cells.map((buttons) => buttons.map(box)) };
  $("links").setAttribute("viewBox", `0 0 ${stage.width} ${stage.height}`);
}

/** Return the point in the stage at these shares of the width and height of a box. */
function pointIn(box, across, down) {
  const { left, top } = boxes.stage;
  return [box.left - left + across * box.width, box.top - top + down * box.height];
}

/** Return the path to a unit from its input i; empty if one is not shown, or not to the left. */
function curveTo({ l, j }, i) {
  const [source, target] = [l ? boxes.units[l - 1][i] : boxes.pixels, boxes.units[l][j]];
  if (!source || !target) return "";
  const pixel = [i % SIDE_PIXELS, Math.floor(i / SIDE_PIXELS)].map((n) => (n + 0.5) / SIDE_PIXELS);
  const [left, start] = pointIn(source, ...(l ? [1, 0.5] : pixel));
  const [right, end] = pointIn(target, 0, 0.5);
  const middle = (left + right) / 2;
  if (left >= right) return "";
  return `M${left} ${start}C${middle} ${start} ${middle} ${end} ${right} ${end}`;
}

/** Draw lines to a unit from the inputs of its largest terms. */
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

// The box of the lines from logits to probabilities, and the distance of their labels.
const [LEFT, RIGHT, TOP, BOTTOM, LABEL_HEIGHT] = [135, 265, 14, 278, 14];
const slopes = Array.from({ length: Math.min(classes.length, MAX_SLOPES) }, (_, rank) => {
  const name = rank ? "" : "answer";
  const line = svg("path", { class: name });
  const labels = [svg("text", { x: LEFT - 18, class: `left ${name}` }),
    svg("text", { x: RIGHT + 18, class: name })];
  $("slopes").append(line, ...labels);
  return { line, labels };
});

/** Return heights of labels, from the top: as given, or moved as little as they need room. */
function separate(heights) {
  const result = [];
  for (const height of heights) {
    result.push(Math.max(height, (result.at(-1) ?? -Infinity) + LABEL_HEIGHT));
  }
  for (let i = result.length - 1, max = BOTTOM; i >= 0; i--, max -= LABEL_HEIGHT) {
    result[i] = Math.min(result[i], max);
  }
  return result;
}

/** Draw a line from each logit to its probability. */
function showSlopes() {
  $("slopes").classList.toggle("none", !y);
  if (!y) return;
  const { z } = steps[last];
  const order = [...z.keys()].sort((p, q) => z[q] - z[p]).slice(0, slopes.length);
  const [high, low] = [z[order[0]], z[order.at(-1)]];
  const height = (share) => BOTTOM - share * (BOTTOM - TOP);
  const logits = order.map((j) => height((z[j] - low) / (high - low || 1)));
  const shares = order.map((j) => height(y[j]));
  const [left, right] = [separate(logits), separate(shares)];
  slopes.forEach(({ line, labels }, rank) => {
    const j = order[rank];
    const name = shorten(classes[j], 10);
    line.setAttribute("d", `M${LEFT - 14} ${left[rank]}L${LEFT} ${logits[rank]}` +
      `L${RIGHT} ${shares[rank]}L${RIGHT + 14} ${right[rank]}`);
    write(labels[0], `${name}  ${format(z[j], 2)}`);
    write(labels[1], `${format(y[j])}  ${name}`);
    labels[0].setAttribute("y", left[rank] + 4);
    labels[1].setAttribute("y", right[rank] + 4);
  });
}

const softmaxRows = rows.map((_, j) => {
  const values = Array.from({ length: 5 }, () => element("td"));
  addRow($("steps"), element("th", "", classes[j]), ...values);
  return values;
});

/** Show both ways to compute softmax, in float32 as NumPy would. */
function showSoftmax() {
  const shift = Number($("shift").value);
  write($("shift-value"), String(shift));
  const z = steps ? steps[last].z.map((value) => value + shift) : [];
  const max = largest(z);
  const plain = Float32Array.from(z, (value) => Math.exp(value));
  const sum = Math.fround(total(plain));
  const answer = y && argmax(y);
  softmaxRows.forEach((values, j) => {
    const quotient = plain[j] === Infinity ? "∞/∞" : format(plain[j] / sum);
    const texts = y ? [format(z[j], 2), format(plain[j], 2), quotient, format(Math.exp(z[j] - max)),
      format(y[j])] : [];
    values.forEach((cell, i) => write(cell, texts[i] ?? "–"));
    values[0].parentNode.classList.toggle("answer", j === answer);
  });
  write($("overflow"), sum === Infinity
    ? "Above 88.7, eᵃ is larger than the largest float32 number, 3.4·10³⁸, and becomes ∞. The " +
      "quotient ∞/∞ is not a number. If the maximum is subtracted, the probabilities do not change."
    : "");
}

/** Fill the page for this network, and handle what is chosen on it. */
function startView() {
  const sizes = [layers[0].inputs, ...layers.map((layer) => layer.outputs)].join("-");
  const { name, sha256 } = page.weights;
  write($("about"), `A ${sizes} network, ${name} weights`);
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
