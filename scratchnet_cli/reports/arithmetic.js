"use strict";
// The computations: the network, and before it the steps from a drawing to 28x28 pixels.

const page = JSON.parse(document.getElementById("data").textContent);
// The constants of the Python modules, so that this page and `scratchnet predict` agree.
const {
  SIDE_PIXELS, DIGIT_SIDE_PIXELS, CENTRE_PIXEL, FINE_SCALE, MIN_PEN_PIXELS, FAINT_AMOUNT,
  REGION_AMOUNT, CORE_AMOUNT, CUT_AMOUNT, SOFT_EDGE_RATIO, SPECK_AREA_RATIO, MAX_REGIONS,
  MAX_PART_GAP_RATIO, MAX_SMALL_PART_RATIO, MIN_COLUMN_OVERLAP_RATIO, MAX_TOP_BAR_HEIGHT_RATIO,
  MAX_BAR_ASPECT, MIN_OTHER_DIGIT_RATIO, ESTIMATE_SIDE_PIXELS, WINDOW_RATIO,
  FAST_SIDE_PIXELS, MIN_FAST_DIGIT_PIXELS, MAX_BORDER_DIFFERENCE_RATIO,
  START_DEPTH_QUANTILE, MIN_INK_DEPTH, MIN_INK_DEPTH_SD, NOISE_REACH_SD,
  MAX_LEFT_OVER, MIN_PROBABILITY, NOT_A_DIGIT, LOW_PROBABILITY, CUT_BY_EDGE, SEVERAL_DIGITS,
} = page.constants;

// ------------------------------------------------------------------------------- The network

const ACTIVATIONS = {
  // 1 / (1 + e^-x) in a form that never overflows.
  sigmoid: (x) => 0.5 * (1 + Math.tanh(0.5 * x)),
  relu: (x) => Math.max(0, x),
  tanh: (x) => Math.tanh(x),
  identity: (x) => x,
};

/** Return a = x·W + b. x: (inputs,); W: (inputs, outputs), row by row; b and a: (outputs,). */
function affine(x, { W, b }) {
  const a = Float64Array.from(b);
  for (let i = 0; i < x.length; i++) {
    if (x[i] === 0) continue; // most pixels
    const row = i * a.length;
    for (let j = 0; j < a.length; j++) a[j] += x[i] * W[row + j];
  }
  return a;
}

/** Return { layer, x, a, z } of each layer: a = x·W + b, z = h(a) is the next x, or the logits. */
function forward(layers, x) {
  return layers.map((layer) => {
    const a = affine(x, layer);
    const step = { layer, x, a, z: a.map(ACTIVATIONS[layer.activation]) };
    x = step.z;
    return step;
  });
}

/** Return the largest value. As arguments of one call, the values of a wide layer do not fit. */
const largest = (values) => values.reduce((a, b) => Math.max(a, b), -Infinity);

/** Return y = e^a / Σ e^a. Subtracting the maximum first changes no y and prevents overflow. */
function softmax(a) {
  const max = largest(a);
  const e = a.map((value) => Math.exp(value - max));
  const sum = total(e);
  return e.map((value) => value / sum);
}

/** Return the index of the largest value, or of the first of several. */
const argmax = (values) => values.indexOf(largest(values));

/** Return why the most probable class may be wrong, at most one reason. */
function probabilityWarnings(y) {
  const [best, second] = y.length > 1 ? [...y].sort((p, q) => q - p) : [1, 0];
  if (1 - best - second > MAX_LEFT_OVER) return [NOT_A_DIGIT];
  return best < MIN_PROBABILITY ? [LOW_PROBABILITY] : [];
}

// ------------------------------------------------------------------- A drawing to 28x28 pixels
//
// `scratchnet predict` does the same in Python. It also handles light, paper, ruled lines and
// frames. A grey is { height, width, values }; the values are in [0, 1], row by row.

const clamp = (value, low, high) => Math.min(Math.max(value, low), high);

/** Return the sum of numbers. A loop is faster than `reduce`. */
function total(values) {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i];
  return sum;
}

/** Return a grey with these values, or an empty one. */
const newGrey = (height, width, values = new Float32Array(height * width)) =>
  ({ height, width, values });

/** Round to the nearest integer, and halves to the even one, as NumPy and Python do. */
function round(value) {
  const floor = Math.floor(value);
  const rest = value - floor;
  return rest < 0.5 || (rest === 0.5 && floor % 2 === 0) ? floor : floor + 1;
}

/** Return the smallest value that is not below this share of the values. */
function quantile(values, share) {
  return values.slice().sort()[Math.min(Math.floor(share * values.length), values.length - 1)];
}

/** Return the old pixels under each new pixel along an axis, and their weights, as in Pillow. */
function resizeWeights(before, after, shrinks) {
  const scale = before / after;
  const stretch = Math.max(scale, 1);
  const reach = (shrinks ? 0.5 : 1) * stretch;
  return Array.from({ length: after }, (_, place) => {
    const centre = (place + 0.5) * scale;
    const first = Math.max(Math.trunc(centre - reach + 0.5), 0);
    const end = Math.min(Math.trunc(centre + reach + 0.5), before);
    const weights = Array.from({ length: end - first }, (_, i) => {
      const off = (first + i - centre + 0.5) / stretch;
      return shrinks ? Number(off > -0.5 && off <= 0.5) : Math.max(0, 1 - Math.abs(off));
    });
    const sum = total(weights) || 1;
    return { first, weights: weights.map((weight) => weight / sum) };
  });
}

/** Resize the rows to `length` pixels, then swap rows and columns. */
function resizeRows({ height, width, values }, length, shrinks) {
  const result = newGrey(length, height);
  resizeWeights(width, length, shrinks).forEach(({ first, weights }, x) => {
    for (let y = 0; y < height; y++) {
      let sum = 0;
      const start = y * width + first;
      for (let i = 0; i < weights.length; i++) sum += values[start + i] * weights[i];
      result.values[x * height + y] = sum;
    }
  });
  return result;
}

/** Return the means of squares of this many pixels a side, fewer at the right and below. */
function shrink({ height, width, values }, factor) {
  const result = newGrey(Math.ceil(height / factor), Math.ceil(width / factor));
  const counts = result.values.slice();
  values.forEach((value, i) => {
    const row = Math.floor(Math.floor(i / width) / factor);
    const place = row * result.width + Math.floor((i % width) / factor);
    result.values[place] += value;
    counts[place]++;
  });
  return newGrey(result.height, result.width, result.values.map((sum, i) => sum / counts[i]));
}

/** Return a grey of this size: averaged to shrink, linearly interpolated to grow. */
function resize(grey, height, width) {
  const shrinks = height * width < grey.height * grey.width;
  return resizeRows(resizeRows(grey, width, shrinks), height, shrinks);
}

/** Return a grey with a longer side of `pixels` and the same aspect. */
function resizeLongerSide(grey, pixels) {
  const scale = pixels / Math.max(grey.height, grey.width);
  const side = (length) => Math.max(1, round(length * scale));
  return resize(grey, side(grey.height), side(grey.width));
}

/** Return the part of a grey from top and left on. It is empty outside of the grey. */
function crop(grey, top, left, height, width) {
  const part = newGrey(height, width);
  const start = Math.max(left, 0);
  const end = Math.min(left + width, grey.width);
  for (let y = Math.max(0, -top); y < Math.min(height, grey.height - top); y++) {
    const row = (top + y) * grey.width;
    part.values.set(grey.values.subarray(row + start, row + end), y * width + start - left);
  }
  return part;
}

/** Return the maxima along rows, `reach` pixels to both sides, with rows and columns swapped. */
function dilateRows({ height, width, values }, reach) {
  const result = newGrey(width, height);
  const size = 2 * reach + 1;
  const row = new Float32Array(width + 2 * reach);
  for (let y = 0; y < height; y++) {
    row.fill(0);
    row.set(values.subarray(y * width, (y + 1) * width), reach);
    // Maxima over 1, 2, 4, … pixels. Two of the last overlap to any size.
    let length = 1;
    for (; 2 * length <= size; length *= 2) {
      for (let x = 0; x < row.length - length; x++) row[x] = Math.max(row[x], row[x + length]);
    }
    for (let x = 0; x < width; x++) {
      result.values[x * height + y] = Math.max(row[x], row[x + size - length]);
    }
  }
  return result;
}

/** Return the maximum over a square that reaches this many pixels to each side. */
const dilate = (grey, reach) => dilateRows(dilateRows(grey, reach), reach);

/** Return the maximum over each pixel and its 4 neighbours, or all 8. The outermost are empty. */
function spread({ height, width, values }, square) {
  const grow = (result, from, step) => {
    for (let i = width; i < values.length - width; i++) {
      if (from[i - step] > result[i]) result[i] = from[i - step];
      if (from[i + step] > result[i]) result[i] = from[i + step];
    }
    return result;
  };
  const down = grow(values.slice(), values, width);
  return newGrey(height, width, grow(down.slice(), square ? down : values, 1));
}

/** Return the ink grown by some pixels, whole or not, to all sides in an octagon. */
function thicken(ink, by) {
  const whole = Math.trunc(by);
  const rest = by - whole;
  const margin = whole + 2;
  ink = crop(ink, -margin, -margin, ink.height + 2 * margin, ink.width + 2 * margin);
  for (let step = 0; step < whole; step++) ink = spread(ink, step % 2 === 1);
  if (rest) {
    const more = spread(ink, whole % 2 === 1).values;
    ink.values.forEach((value, i) => (ink.values[i] = value + rest * (more[i] - value)));
  }
  return crop(ink, 1, 1, ink.height - 2, ink.width - 2);
}

/** Return the mean stroke width in pixels: twice the area over the length of the outline. */
function penWidth(ink) {
  const area = total(ink.values);
  const outline = total(thicken(ink, 1).values) - area;
  return (2 * area) / Math.max(outline, 1e-6);
}

const emptyBox = () => ({ top: Infinity, bottom: 0, left: Infinity, right: 0 });

/** Extend a box to contain another, or a pixel, and return it. */
function extendBox(box, top, left, bottom = top + 1, right = left + 1) {
  box.top = Math.min(box.top, top);
  box.bottom = Math.max(box.bottom, bottom);
  box.left = Math.min(box.left, left);
  box.right = Math.max(box.right, right);
  return box;
}

/** Return the box around others. */
const boxAround = (boxes) => boxes.reduce((around, { top, left, bottom, right }) =>
  extendBox(around, top, left, bottom, right), emptyBox());

/** Return the ink without empty rows and columns around it. Faint ink there is only blur. */
function trim(ink) {
  const box = emptyBox();
  const faint = Math.fround(FAINT_AMOUNT);
  ink.values.forEach((value, i) => {
    if (value > faint) extendBox(box, Math.floor(i / ink.width), i % ink.width);
  });
  return crop(ink, box.top, box.left, box.bottom - box.top, box.right - box.left);
}

/** Return the ink as if written with a pen of MNIST's width, if its own pen is thinner. */
function widenPen(ink) {
  const side = DIGIT_SIDE_PIXELS * FINE_SCALE;
  if (Math.max(ink.height, ink.width) > 2 * side) ink = resizeLongerSide(ink, 2 * side);
  const fine = resizeLongerSide(ink, side);
  const width = penWidth(fine) / FINE_SCALE;
  if (width >= MIN_PEN_PIXELS) return ink;
  // The digit grows with the pen, and is shrunk to its size again later.
  const growth = (MIN_PEN_PIXELS - width) / (1 - MIN_PEN_PIXELS / DIGIT_SIDE_PIXELS);
  return trim(thicken(fine, (growth * FINE_SCALE) / 2));
}

/** Return the pixel that is nearest to the centre of mass of integers; NaN if all are 0. */
function centreOfMass({ width, values }) {
  let [sum, down, across] = [0, 0, 0];
  values.forEach((value, i) => {
    sum += value;
    down += Math.floor(i / width) * value;
    across += (i % width) * value;
  });
  return { row: round(down / sum), column: round(across / sum) };
}

/** Return a digit's ink as MNIST would show it: 784 integers, 0 is background, 255 is ink. */
function fit(ink) {
  const digit = resizeLongerSide(widenPen(trim(ink)), DIGIT_SIDE_PIXELS);
  digit.values = digit.values.map((value) => clamp(round(Math.fround(value * 255)), 0, 255));
  const { row, column } = centreOfMass(digit);
  const top = clamp(CENTRE_PIXEL - row, 0, SIDE_PIXELS - digit.height);
  const left = clamp(CENTRE_PIXEL - column, 0, SIDE_PIXELS - digit.width);
  return Uint8Array.from(crop(digit, -top, -left, SIDE_PIXELS, SIDE_PIXELS).values);
}

/** Return whether light ink on black, (784,), has the size and the centre of MNIST's images. */
function hasMnistForm(pixels) {
  const grey = newGrey(SIDE_PIXELS, SIDE_PIXELS, Float32Array.from(pixels));
  const { row, column } = centreOfMass(grey);
  if (row !== CENTRE_PIXEL || column !== CENTRE_PIXEL) return false;
  const { height, width } = trim(grey);
  const side = Math.max(height, width);
  return side <= DIGIT_SIDE_PIXELS && side >= DIGIT_SIDE_PIXELS - 1;
}

/** Return the connected regions of ink: the label of each pixel, from 1, and boxes and areas. */
function findRegions({ height, width, values }) {
  const labels = new Int32Array(values.length);
  const regions = [];
  for (let start = 0; start < values.length; start++) {
    if (values[start] <= REGION_AMOUNT || labels[start]) continue;
    const region = { label: regions.length + 1, area: 0, solid: false, ...emptyBox() };
    regions.push(region);
    labels[start] = region.label;
    const open = [start];
    while (open.length) {
      const place = open.pop();
      const x = place % width;
      const y = (place - x) / width;
      region.area++;
      region.solid ||= values[place] > CORE_AMOUNT;
      extendBox(region, y, x);
      for (let row = Math.max(y - 1, 0); row <= Math.min(y + 1, height - 1); row++) {
        for (let column = Math.max(x - 1, 0); column <= Math.min(x + 1, width - 1); column++) {
          const near = row * width + column;
          if (values[near] > REGION_AMOUNT && !labels[near]) {
            labels[near] = region.label;
            open.push(near);
          }
        }
      }
    }
  }
  return { labels, regions };
}

const longerSide = (box) => Math.max(box.bottom - box.top, box.right - box.left);

/** Return whether a box is as flat and wide as the line under a number. */
const isBar = (box) => box.bottom - box.top < MAX_BAR_ASPECT * (box.right - box.left);

/** Return whether a box lies as the loose bar of a 5: low, above the other's middle. */
function isTopBar(upper, lower) {
  const beside = upper.left >= lower.right || upper.right <= lower.left;
  const low = upper.bottom - upper.top < MAX_TOP_BAR_HEIGHT_RATIO * (lower.bottom - lower.top);
  return low && !beside && upper.bottom < (lower.top + lower.bottom) / 2;
}

/** Return whether a region is a part of a digit: small or a 5's bar, or just above or below. */
function isPart(part, digit, size) {
  const gapY = Math.max(part.top - digit.bottom, digit.top - part.bottom);
  const gapX = Math.max(part.left - digit.right, digit.left - part.right);
  const reach = MAX_PART_GAP_RATIO * size;
  const small = longerSide(part) < MAX_SMALL_PART_RATIO * size;
  if (small || isTopBar(part, digit) || isTopBar(digit, part)) return Math.max(gapY, gapX) < reach;
  const narrower = Math.min(part.right - part.left, digit.right - digit.left);
  const underlines = part.top >= digit.bottom && isBar(part);
  return gapY < reach && -gapX > MIN_COLUMN_OVERLAP_RATIO * narrower && !underlines;
}

/** Return the regions of each digit, without specks. */
function groupRegions(regions) {
  const speckArea = SPECK_AREA_RATIO * largest(regions.map((region) => region.area));
  let rest = regions.filter((region) => region.area > speckArea);
  rest = rest.sort((a, b) => b.area - a.area).slice(0, MAX_REGIONS);
  const groups = [];
  while (rest.length) {
    const group = [rest.shift()];
    const size = longerSide(group[0]);
    let found;
    do {
      const digit = boxAround(group);
      found = rest.filter((region) => isPart(region, digit, size));
      group.push(...found);
      rest = rest.filter((region) => !found.includes(region));
    } while (found.length);
    groups.push(group);
  }
  const digits = groups.filter((group) => !isBar(boxAround(group)));
  return digits.length ? digits : groups;
}

/** Return the ink of a digit with its soft edge, and whether the picture's edge runs through it. */
function cutOut(amount, labels, group) {
  const box = boxAround(group);
  const edge = 1 + Math.trunc(longerSide(box) * SOFT_EDGE_RATIO);
  const [top, left] = [Math.max(0, box.top - edge), Math.max(0, box.left - edge)];
  const height = Math.min(amount.height, box.bottom + edge) - top;
  const width = Math.min(amount.width, box.right + edge) - left;
  const ink = crop(amount, top, left, height, width);
  const label = (i) => labels[(top + Math.floor(i / width)) * amount.width + left + (i % width)];
  const isOwn = [];
  for (const region of group) isOwn[region.label] = true;
  const own = newGrey(height, width, ink.values.map((_, i) => Number(isOwn[label(i)] ?? 0)));
  const near = dilate(own, edge).values;
  ink.values.forEach((_, i) => {
    if (!near[i] || (label(i) && !own.values[i])) ink.values[i] = 0;
  });
  const isFull = (start, stride, length) =>
    Array.from({ length }).some((_, i) => ink.values[start + i * stride] > CUT_AMOUNT);
  const isCut =
    (box.top === 0 && isFull(0, 1, width)) ||
    (box.bottom === amount.height && isFull(ink.values.length - width, 1, width)) ||
    (box.left === 0 && isFull(0, width, height)) ||
    (box.right === amount.width && isFull(width - 1, width, height));
  return { ink, isCut };
}

/** Return how likely a group is the subject: large, central, away from the picture's sides. */
function weightOf(group, { height, width }) {
  const { top, bottom, left, right } = boxAround(group);
  const off = Math.abs((top + bottom) / height - 1) + Math.abs((left + right) / width - 1);
  const touching = top === 0 || left === 0 || bottom === height || right === width;
  return total(group.map((region) => region.area)) * (1 - 0.3 * off) * (touching ? 0.5 : 1);
}

/** Return the outermost pixels of a grey. */
const borderOf = ({ height, width, values }) =>
  values.filter((_, i) => {
    const [y, x] = [Math.floor(i / width), i % width];
    return y === 0 || x === 0 || y === height - 1 || x === width - 1;
  });

/** Return the digit and the size of each in ink, { ink, isCut, best, sizes }, or null. */
function findDigit(amount) {
  const { labels, regions } = findRegions(amount);
  const groups = groupRegions(regions.filter((region) => region.solid));
  if (!groups.length) return null;
  const digit = groups[argmax(groups.map((group) => weightOf(group, amount)))];
  const size = (group) => longerSide(boxAround(group));
  return { ...cutOut(amount, labels, digit), best: size(digit), sizes: groups.map(size) };
}

/** Return the image that the network sees, { pixels (784,), warnings }, or null without ink. */
function readInk(amount) {
  const { height, width } = amount;
  const factor = Math.max(1, round(Math.max(height, width) / FAST_SIDE_PIXELS));
  const small = inkFromDepth(shrink(amount, factor));
  // Ink at the border and small digits are read from the whole picture.
  let found = small && borderOf(small).every((value) => value < MAX_BORDER_DIFFERENCE_RATIO)
    ? findDigit(small) : null;
  if (!(found?.best >= MIN_FAST_DIGIT_PIXELS)) found = findDigit(amount);
  if (!found) return null;
  const { ink, isCut, best, sizes } = found;
  const warnings = isCut ? [CUT_BY_EDGE] : [];
  const others = sizes.filter((size) => size > MIN_OTHER_DIGIT_RATIO * best);
  if (others.length > 1) warnings.push(SEVERAL_DIGITS);
  return { pixels: fit(ink), warnings };
}

/** Return the ink of a drawing on this page, which is black on white. */
function inkOfDrawing({ height, width, data }) {
  const { values } = newGrey(height, width);
  return newGrey(height, width, values.map((_, i) => (255 - data[4 * i]) / 255));
}

/** Return dark for light and light for dark. */
const invert = ({ height, width, values }) =>
  newGrey(height, width, values.map((value) => 1 - value));

/** Return the grey without narrow dark parts: a closing keeps shadows, not strokes. */
function brightBackground(grey) {
  const small = resizeLongerSide(grey, ESTIMATE_SIDE_PIXELS);
  const reach = Math.trunc((Math.max(small.height, small.width) * WINDOW_RATIO) / 2);
  const closed = invert(dilate(invert(dilate(small, reach)), reach));
  return resize(closed, grey.height, grey.width);
}

/** Return the ink from its depth: 0 in the background's noise, 1 for typical ink; null if none. */
function inkFromDepth({ height, width, values }) {
  const deepest = quantile(values, START_DEPTH_QUANTILE);
  const shallow = values.filter((depth) => depth <= deepest / 2);
  const background = quantile(shallow, 0.5);
  const deviations = shallow.map((depth) => Math.abs(depth - background));
  // The standard deviation of normal noise is 1.4826 times its median deviation.
  const noise = 1.4826 * quantile(deviations, 0.5);
  const low = background + NOISE_REACH_SD * noise;
  let full = deepest;
  for (let pass = 0; pass < 5; pass++) {
    const deep = values.filter((depth) => depth > Math.max((background + full) / 2, low));
    if (!deep.length) return null;
    full = quantile(deep, 0.5);
  }
  if (full - background < Math.max(MIN_INK_DEPTH, MIN_INK_DEPTH_SD * noise)) return null;
  return newGrey(height, width, values.map((depth) => clamp((depth - low) / (full - low), 0, 1)));
}

/** Return what `readInk` does, for a picture with dark or light ink. */
function readPicture({ height, width, data }) {
  let grey = newGrey(height, width);
  for (let i = 0; i < grey.values.length; i++) {
    grey.values[i] = (data[4 * i] + data[4 * i + 1] + data[4 * i + 2]) / 765;
  }
  if (height === SIDE_PIXELS && width === SIDE_PIXELS) {
    for (const { values } of [grey, invert(grey)]) {
      const pixels = Uint8Array.from(values, (value) => Math.round(255 * value));
      if (hasMnistForm(pixels)) return { pixels, warnings: [] };
    }
  }
  const border = borderOf(grey);
  const ordered = grey.values.slice().sort();
  if (quantile(border, 0.5) < (ordered[0] + ordered.at(-1)) / 2) grey = invert(grey);
  const background = brightBackground(grey).values;
  const depth = grey.values.map((value, i) => 1 - value / Math.max(background[i], 1e-3));
  const amount = inkFromDepth(newGrey(height, width, depth));
  return amount && readInk(amount);
}
