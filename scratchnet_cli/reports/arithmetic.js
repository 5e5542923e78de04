"use strict";
// All that the page to draw on computes: the network, as the book's chapter 3 writes it, and before
// it the way from a drawing to the 28x28 pixels that the network sees.

// ------------------------------------------------------------------------------- The network

const ACTIVATIONS = {
  // 1 / (1 + e^-x) in a form that never overflows.
  sigmoid: (x) => 0.5 * (1 + Math.tanh(0.5 * x)),
  relu: (x) => Math.max(0, x),
  tanh: (x) => Math.tanh(x),
  identity: (x) => x,
};

/** a = x·W + b: x (inputs,), W (inputs, outputs) row by row, b and a (outputs,). */
function affine(x, { W, b }) {
  const a = Float64Array.from(b);
  for (let i = 0; i < x.length; i++) {
    if (x[i] === 0) continue; // most pixels
    const row = i * a.length;
    for (let j = 0; j < a.length; j++) a[j] += x[i] * W[row + j];
  }
  return a;
}

/** Each layer's { layer, x, a, z }: a = x·W + b and z = h(a), the next x; the last z are logits. */
function forward(layers, x) {
  return layers.map((layer) => {
    const a = affine(x, layer);
    const step = { layer, x, a, z: a.map(ACTIVATIONS[layer.activation]) };
    x = step.z;
    return step;
  });
}

/** y = e^a / Σ e^a; the maximum is subtracted first, which changes no y and lets none overflow. */
function softmax(a) {
  const max = Math.max(...a);
  const e = a.map((value) => Math.exp(value - max));
  const sum = total(e);
  return e.map((value) => value / sum);
}

/** The index of the largest value, the first of equals. */
function argmax(values) {
  return values.indexOf(Math.max(...values));
}

/** Why the most probable class may be wrong, one reason at most. */
function doubtsOf(y) {
  const [best, second] = y.length > 1 ? [...y].sort((p, q) => q - p) : [1, 0];
  if (1 - best - second > 0.15) return ["does not look like a digit"];
  return best < 0.8 ? ["low probability"] : [];
}

// ------------------------------------------------------------------- A drawing to 28x28 pixels
//
// `scratchnet predict` does the same in Python, and more of it: light and paper, ruled lines and
// frames are found there, and are not here. A grey is { height, width, values }, values in [0, 1].

const FIELD = 28; // the picture that the network sees
const BOX = 20; // the digit's longer side in it
const CENTRE = 14; // where its centre of mass comes to lie
const FINE = 8; // strokes are measured at so many pixels to one
const PEN = 2; // thinner strokes are brought to this width
const EDGE = 0.25; // connected ink has at least this much everywhere,
const CORE = 0.6; // and that much somewhere
const FULL = 0.9; // ink that is more than an edge

/** A grey of these values, row by row; without them it is empty. */
function newGrey(height, width, values = new Float32Array(height * width)) {
  return { height, width, values };
}

/** To the nearest whole number, and of two to the even one, as NumPy and Python do. */
function round(value) {
  const floor = Math.floor(value);
  const rest = value - floor;
  return rest < 0.5 || (rest === 0.5 && floor % 2 === 0) ? floor : floor + 1;
}

/** The sum of some numbers. */
function total(values) {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i];
  return sum;
}

/** The value, or the bound that it is beyond. */
function clamp(value, low, high) {
  return Math.min(Math.max(value, low), high);
}

/** The smallest value that is not below this share of them. */
function quantile(values, share) {
  return values.slice().sort()[Math.min(Math.floor(share * values.length), values.length - 1)];
}

/** Which old pixels make up each new one along an axis, and their weights; as Pillow does it. */
function shares(before, after, shrinks) {
  const scale = before / after;
  const stretch = Math.max(scale, 1);
  const reach = (shrinks ? 0.5 : 1) * stretch;
  return Array.from({ length: after }, (_, place) => {
    const centre = (place + 0.5) * scale;
    const first = Math.max(Math.trunc(centre - reach + 0.5), 0);
    const end = Math.min(Math.trunc(centre + reach + 0.5), before);
    const weights = [];
    for (let i = first; i < end; i++) {
      const off = (i - centre + 0.5) / stretch;
      weights.push(shrinks ? Number(off > -0.5 && off <= 0.5) : Math.max(0, 1 - Math.abs(off)));
    }
    const sum = total(weights) || 1;
    return { first, weights: weights.map((weight) => weight / sum) };
  });
}

/** The rows resized to `length` pixels, and then rows and columns swapped. */
function resizeRows({ height, width, values }, length, shrinks) {
  const result = newGrey(length, height);
  shares(width, length, shrinks).forEach(({ first, weights }, x) => {
    for (let y = 0; y < height; y++) {
      let sum = 0;
      const start = y * width + first;
      for (let i = 0; i < weights.length; i++) sum += values[start + i] * weights[i];
      result.values[x * height + y] = sum;
    }
  });
  return result;
}

/** A grey of that size: by area where it shrinks, by linear interpolation where it grows. */
function resize(grey, height, width) {
  const shrinks = height * width < grey.height * grey.width;
  return resizeRows(resizeRows(grey, width, shrinks), height, shrinks);
}

/** A grey whose longer side has `longest` pixels; its proportions stay. */
function fitLongest(grey, longest) {
  const scale = longest / Math.max(grey.height, grey.width);
  const side = (length) => Math.max(1, round(length * scale));
  return resize(grey, side(grey.height), side(grey.width));
}

/** The part of a grey from top and left on; what lies beyond its sides is empty. */
function cut(grey, top, left, height, width) {
  const part = newGrey(height, width);
  const start = Math.max(left, 0);
  const end = Math.min(left + width, grey.width);
  for (let y = Math.max(0, -top); y < Math.min(height, grey.height - top); y++) {
    const row = (top + y) * grey.width;
    part.values.set(grey.values.subarray(row + start, row + end), y * width + start - left);
  }
  return part;
}

/** The maxima along the rows, `reach` pixels to both sides, and then rows and columns swapped. */
function widenRows({ height, width, values }, reach) {
  const result = newGrey(width, height);
  for (let y = 0; y < height; y++) {
    const row = values.subarray(y * width, (y + 1) * width);
    for (let x = 0; x < width; x++) {
      let most = 0;
      for (let i = Math.max(x - reach, 0); i <= x + reach; i++) if (row[i] > most) most = row[i];
      result.values[x * height + y] = most;
    }
  }
  return result;
}

/** The maximum over a square that reaches so many pixels to each side. */
function widen(grey, reach) {
  return widenRows(widenRows(grey, reach), reach);
}

/** The maximum over each pixel and its 4 neighbours, or all 8. Nothing lies at the rim. */
function spread({ height, width, values }, square) {
  const down = values.slice();
  for (let i = width; i < values.length - width; i++) {
    if (values[i - width] > down[i]) down[i] = values[i - width];
    if (values[i + width] > down[i]) down[i] = values[i + width];
  }
  const result = down.slice();
  const beside = square ? down : values;
  for (let i = width; i < values.length - width; i++) {
    if (beside[i - 1] > result[i]) result[i] = beside[i - 1];
    if (beside[i + 1] > result[i]) result[i] = beside[i + 1];
  }
  return newGrey(height, width, result);
}

/** The ink spread by some pixels to all sides, in an octagon. */
function thicken(ink, by) {
  const whole = Math.trunc(by);
  const rest = by - whole;
  const rim = whole + 2;
  ink = cut(ink, -rim, -rim, ink.height + 2 * rim, ink.width + 2 * rim);
  for (let step = 0; step < whole; step++) ink = spread(ink, step % 2 === 1);
  if (rest) {
    const more = spread(ink, whole % 2 === 1).values;
    ink.values.forEach((value, i) => (ink.values[i] = value + rest * (more[i] - value)));
  }
  return cut(ink, 1, 1, ink.height - 2, ink.width - 2);
}

/** The mean width of the strokes: twice the area over the length of the outline. */
function penWidth(ink) {
  const area = total(ink.values);
  const outline = (total(thicken(ink, 2).values) - area) / 2;
  return (2 * area) / Math.max(outline, 1e-6);
}

/** The rectangle that holds the ink; what is fainter than a tenth at its rim is blur. */
function trim(ink) {
  const { height, width, values } = ink;
  let [top, bottom, left, right] = [height, 0, width, 0];
  const faint = Math.fround(0.1);
  for (let y = 0, i = 0; y < height; y++) {
    for (let x = 0; x < width; x++, i++) {
      if (values[i] <= faint) continue;
      top = Math.min(top, y);
      bottom = y + 1;
      left = Math.min(left, x);
      right = Math.max(right, x + 1);
    }
  }
  return cut(ink, top, left, bottom - top, right - left);
}

/** The ink as if written with a pen of MNIST's width, if its own is thinner. */
function withPen(ink) {
  if (Math.max(ink.height, ink.width) > 2 * BOX * FINE) ink = fitLongest(ink, 2 * BOX * FINE);
  const fine = fitLongest(ink, BOX * FINE);
  const width = penWidth(fine) / FINE;
  if (width >= PEN) return ink;
  // The digit grows by what the pen grows, and is then shrunk to the box again.
  const grown = (PEN - width) / (1 - PEN / BOX);
  return trim(thicken(fine, (grown * FINE) / 2));
}

/** The pixel that the centre of mass of whole numbers is nearest to: NaN where all are 0. */
function centreOfMass({ width, values }) {
  let [sum, down, across] = [0, 0, 0];
  values.forEach((value, i) => {
    sum += value;
    down += Math.floor(i / width) * value;
    across += (i % width) * value;
  });
  return { row: round(down / sum), column: round(across / sum) };
}

/** One digit's ink as MNIST would have it: 784 whole numbers from 0, background, to 255, ink. */
function fit(ink) {
  const boxed = fitLongest(withPen(trim(ink)), BOX);
  boxed.values = boxed.values.map((value) => clamp(round(Math.fround(value * 255)), 0, 255));
  const { row, column } = centreOfMass(boxed);
  const top = clamp(CENTRE - row, 0, FIELD - boxed.height);
  const left = clamp(CENTRE - column, 0, FIELD - boxed.width);
  return Uint8Array.from(cut(boxed, -top, -left, FIELD, FIELD).values);
}

/** Whether light ink on black has MNIST's size, box and centre, so that nothing is to do. */
function fitsAlready(values) {
  const grey = newGrey(FIELD, FIELD, Float32Array.from(values));
  const { row, column } = centreOfMass(grey);
  if (row !== CENTRE || column !== CENTRE) return false;
  const { height, width } = trim(grey);
  return Math.max(height, width) <= BOX && Math.max(height, width) >= BOX - 1;
}

/** The connected regions of ink: each pixel's label, from 1, and each region's box and area. */
function findRegions({ height, width, values }) {
  const labels = new Int32Array(values.length);
  const regions = [];
  const open = [];
  for (let start = 0; start < values.length; start++) {
    if (values[start] <= EDGE || labels[start]) continue;
    const region = { label: regions.length + 1, area: 0, solid: false };
    Object.assign(region, { top: height, bottom: 0, left: width, right: 0 });
    regions.push(region);
    labels[start] = region.label;
    open.push(start);
    while (open.length) {
      const place = open.pop();
      const x = place % width;
      const y = (place - x) / width;
      region.area++;
      region.solid ||= values[place] > CORE;
      region.top = Math.min(region.top, y);
      region.bottom = Math.max(region.bottom, y + 1);
      region.left = Math.min(region.left, x);
      region.right = Math.max(region.right, x + 1);
      for (let row = Math.max(y - 1, 0); row <= Math.min(y + 1, height - 1); row++) {
        for (let column = Math.max(x - 1, 0); column <= Math.min(x + 1, width - 1); column++) {
          const near = row * width + column;
          if (values[near] > EDGE && !labels[near]) {
            labels[near] = region.label;
            open.push(near);
          }
        }
      }
    }
  }
  return { labels, regions };
}

/** The longer side of a rectangle, in pixels. */
function longerSide(box) {
  return Math.max(box.bottom - box.top, box.right - box.left);
}

/** Whether a rectangle is as flat as a line under a number. */
function isBar(box) {
  return box.bottom - box.top < 0.15 * (box.right - box.left);
}

/** The rectangle around some others. */
function around(boxes) {
  return {
    top: Math.min(...boxes.map((box) => box.top)),
    bottom: Math.max(...boxes.map((box) => box.bottom)),
    left: Math.min(...boxes.map((box) => box.left)),
    right: Math.max(...boxes.map((box) => box.right)),
  };
}

/** Whether a rectangle lies as the loose bar of a 5 does: low, above the other's middle. */
function isTopBar(upper, lower) {
  const beside = upper.left >= lower.right || upper.right <= lower.left;
  const low = upper.bottom - upper.top < 0.5 * (lower.bottom - lower.top);
  return low && !beside && upper.bottom < (lower.top + lower.bottom) / 2;
}

/** Whether a region is a part of a digit: near and small or a 5's bar, or just above or below. */
function belongs(part, digit, size) {
  const down = Math.max(part.top - digit.bottom, digit.top - part.bottom);
  const across = Math.max(part.left - digit.right, digit.left - part.right);
  if (longerSide(part) < 0.5 * size || isTopBar(part, digit) || isTopBar(digit, part)) {
    return Math.max(down, across) < 0.2 * size;
  }
  const narrower = Math.min(part.right - part.left, digit.right - digit.left);
  const underlines = part.top >= digit.bottom && isBar(part);
  return down < 0.2 * size && -across > 0.4 * narrower && !underlines;
}

/** Regions that form one digit each; specks form none. */
function gather(regions) {
  const largest = Math.max(0, ...regions.map((region) => region.area));
  let rest = regions.filter((region) => region.area > 0.02 * largest);
  rest = rest.sort((a, b) => b.area - a.area).slice(0, 500);
  const groups = [];
  while (rest.length) {
    const group = [rest.shift()];
    const size = longerSide(group[0]);
    let found;
    do {
      const whole = around(group);
      found = rest.filter((region) => belongs(region, whole, size));
      group.push(...found);
      rest = rest.filter((region) => !found.includes(region));
    } while (found.length);
    groups.push(group);
  }
  const digits = groups.filter((group) => !isBar(around(group)));
  return digits.length ? digits : groups;
}

/** The ink of one digit and its soft edge, and whether the picture's edge runs through it. */
function take(amount, labels, group) {
  const { top, bottom, left, right } = around(group);
  const { height, width } = amount;
  const reach = 1 + Math.trunc(Math.max(bottom - top, right - left) / 20);
  const [y, x] = [Math.max(0, top - reach), Math.max(0, left - reach)];
  const ink = cut(amount, y, x, Math.min(height, bottom + reach) - y,
    Math.min(width, right + reach) - x);
  const mine = [];
  for (const region of group) mine[region.label] = true;
  // How many pixels of the digit lie above and left of each place: of any rectangle in four steps.
  const wide = ink.width + 1;
  const counts = new Int32Array(wide * (ink.height + 1));
  for (let row = 0, i = 0; row < ink.height; row++) {
    for (let column = 0, count = 0; column < ink.width; column++, i++) {
      const label = labels[(y + row) * width + x + column];
      if (mine[label]) count++;
      else if (label) ink.values[i] = 0;
      const place = (row + 1) * wide + column + 1;
      counts[place] = counts[place - wide] + count;
    }
  }
  ink.values.forEach((value, i) => {
    if (value === 0 || value > EDGE) return;
    // Faint ink is the digit's where the digit is near.
    const column = i % ink.width;
    const row = (i - column) / ink.width;
    const [first, end] = [Math.max(row - reach, 0), Math.min(row + reach + 1, ink.height)];
    const [from, to] = [Math.max(column - reach, 0), Math.min(column + reach + 1, ink.width)];
    const within = counts[end * wide + to] - counts[end * wide + from] -
      counts[first * wide + to] + counts[first * wide + from];
    if (!within) ink.values[i] = 0;
  });
  const full = (touches, start, stride, length) =>
    touches && Array.from({ length }).some((_, i) => ink.values[start + i * stride] > FULL);
  const isCut =
    full(top === 0, 0, 1, ink.width) ||
    full(bottom === height, ink.values.length - ink.width, 1, ink.width) ||
    full(left === 0, 0, ink.width, ink.height) ||
    full(right === width, ink.width - 1, ink.width, ink.height);
  return { ink, isCut };
}

/** How likely some regions are what the picture is about: large, central, not touching a side. */
function weightOf(group, { height, width }) {
  const { top, bottom, left, right } = around(group);
  const off = Math.abs((top + bottom) / height - 1) + Math.abs((left + right) / width - 1);
  const touching = top === 0 || left === 0 || bottom === height || right === width;
  return total(group.map((region) => region.area)) * (1 - 0.3 * off) * (touching ? 0.5 : 1);
}

/** What the network sees of some ink: { pixels (784,), doubts }, or null where there is none. */
function read(amount) {
  const { labels, regions } = findRegions(amount);
  const groups = gather(regions.filter((region) => region.solid));
  if (!groups.length) return null;
  const best = groups[argmax(groups.map((group) => weightOf(group, amount)))];
  const sizes = groups.map((group) => longerSide(around(group)));
  const large = sizes.filter((size) => size > 0.4 * longerSide(around(best)));
  const { ink, isCut } = take(amount, labels, best);
  const doubts = [];
  if (isCut) doubts.push("ink cut by the edge");
  if (large.length > 1) doubts.push("more than one digit");
  return { pixels: fit(ink), doubts };
}

/** The ink of a drawing on this page: black on white, of which there is nothing to find out. */
function inkOf({ height, width, data }) {
  const ink = newGrey(height, width);
  for (let i = 0; i < ink.values.length; i++) ink.values[i] = (255 - data[4 * i]) / 255;
  return ink;
}

/** Dark for light and light for dark. */
function inverse({ height, width, values }) {
  return newGrey(height, width, values.map((value) => 1 - value));
}

/** Of each pixel the brightest around it, which is paper: shadows are wider than strokes. */
function paperOf(grey) {
  const small = fitLongest(grey, 64);
  const reach = Math.trunc(Math.max(small.height, small.width) / 6);
  const paper = inverse(widen(inverse(widen(small, reach)), reach));
  return resize(paper, grey.height, grey.width);
}

/** Depths below the paper as amounts of ink: 0 in its noise, 1 for typical ink; null if none is. */
function amounts({ height, width, values }) {
  const deepest = quantile(values, 0.9998);
  const shallow = values.filter((depth) => depth <= deepest / 2);
  const ground = quantile(shallow, 0.5);
  const noise = 1.4826 * quantile(shallow.map((depth) => Math.abs(depth - ground)), 0.5);
  const low = ground + 3 * noise;
  let full = deepest;
  for (let pass = 0; pass < 5; pass++) {
    const deep = values.filter((depth) => depth > Math.max((ground + full) / 2, low));
    if (!deep.length) return null;
    full = quantile(deep, 0.5);
  }
  if (full - ground < Math.max(0.02, 4 * noise)) return null;
  return newGrey(height, width, values.map((depth) => clamp((depth - low) / (full - low), 0, 1)));
}

/** What the network sees of any picture, ink dark or light: as `read`. */
function readPicture({ height, width, data }) {
  let grey = newGrey(height, width);
  for (let i = 0; i < grey.values.length; i++) {
    grey.values[i] = (data[4 * i] + data[4 * i + 1] + data[4 * i + 2]) / 765;
  }
  if (height === FIELD && width === FIELD) {
    for (const { values } of [grey, inverse(grey)]) {
      const pixels = Uint8Array.from(values, (value) => Math.round(255 * value));
      if (fitsAlready(pixels)) return { pixels, doubts: [] };
    }
  }
  const rim = grey.values.filter((_, i) => {
    const [y, x] = [Math.floor(i / width), i % width];
    return y === 0 || x === 0 || y === height - 1 || x === width - 1;
  });
  const ordered = grey.values.slice().sort();
  if (quantile(rim, 0.5) < (ordered[0] + ordered.at(-1)) / 2) grey = inverse(grey);
  const paper = paperOf(grey).values;
  const depth = grey.values.map((value, i) => 1 - value / Math.max(paper[i], 1e-3));
  const amount = amounts(newGrey(height, width, depth));
  return amount && read(amount);
}
