// The interaction: draw, undo, and load an example or a picture file.

const PAD_SIDE = 224; // of the pad that is drawn on, in its own pixels
const MAX_PICTURE_SIDE = 400; // larger pictures show no more of a digit
const BRUSH_WIDTH = 18; // about MNIST's pen, for a digit that fills the pad
const EMPTY_DRAWING = { base: null, strokes: [] };
const FIRST_LABEL = 2; // of the example that the page starts with

// Everything is drawn twice: as sharply as the screen can show it, and on a pad that is read.
const screenPen = $("pad").getContext("2d");
const readPen = newPen(PAD_SIDE, PAD_SIDE);

const examples = readExamples();
const START = { base: examples.find(({ label }) => label === FIRST_LABEL), strokes: [] };
let drawing = START; // lists of points { x, y, width }, over an example or a picture
const past = []; // the drawings before this one
let stroke = null; // the stroke that is being drawn
let frame = 0; // the request of the next update
let opening = null; // the file that was opened last; earlier ones may still be decoded

/** Return the context of a new canvas with readable pixels. */
function newPen(width, height) {
  const canvas = element("canvas");
  Object.assign(canvas, { width, height });
  return canvas.getContext("2d", { willReadFrequently: true });
}

// ------------------------------------------------------------------------------- The drawing

/** Read the drawing and show the network's result. */
function update() {
  run(drawing.strokes.length
    ? readInk(inkOfDrawing(readPen.getImageData(0, 0, PAD_SIDE, PAD_SIDE)))
    : drawing.base?.image ?? null);
  // A screen reader gets the answer after each stroke, not at each point.
  if (!stroke) announceAnswer();
  enable($("undo"), past.length > 0);
  enable($("clear"), drawing !== EMPTY_DRAWING);
  $("hint").hidden = drawing !== EMPTY_DRAWING && drawing !== START;
  write($("hint"), drawing === START
    ? "An example: your first stroke replaces it"
    : "Draw a digit here, or take one from below");
}

/** Update once before the browser draws the next frame, after any number of events. */
function schedule() {
  cancelAnimationFrame(frame);
  frame = requestAnimationFrame(update);
}

/** Draw the line to a stroke's point i: a curve between its segments' middles, round at ends. */
function drawPoint(points, i) {
  const point = points[i];
  const middle = (p, q) => [(p.x + q.x) / 2, (p.y + q.y) / 2];
  for (const pen of [screenPen, readPen]) {
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

/** Draw the line from the middle of a stroke's last segment to its end. */
function drawEnd(points) {
  const [before, point] = points.slice(-2);
  if (!point) return;
  for (const pen of [screenPen, readPen]) {
    pen.beginPath();
    pen.moveTo((before.x + point.x) / 2, (before.y + point.y) / 2);
    pen.lineTo(point.x, point.y);
    pen.stroke();
  }
}

/** Draw everything again, on canvases of any size. */
function redraw() {
  const { base, strokes } = drawing;
  screenPen.canvas.classList.toggle("photo", Boolean(base?.isPicture));
  for (const pen of [screenPen, readPen]) {
    const scale = pen.canvas.width / PAD_SIDE;
    pen.setTransform(scale, 0, 0, scale, 0, 0);
    pen.clearRect(0, 0, PAD_SIDE, PAD_SIDE);
    pen.fillStyle = "#fff";
    // A picture file has its own background, and none around it.
    if (!base?.isPicture) pen.fillRect(0, 0, PAD_SIDE, PAD_SIDE);
    pen.fillStyle = pen.strokeStyle = "#000";
    pen.lineCap = pen.lineJoin = "round";
    if (!base) continue;
    const { canvas } = base;
    const scaleToPad = PAD_SIDE / Math.max(canvas.width, canvas.height);
    const [width, height] = [canvas.width * scaleToPad, canvas.height * scaleToPad];
    pen.drawImage(canvas, (PAD_SIDE - width) / 2, (PAD_SIDE - height) / 2, width, height);
  }
  for (const points of strokes) {
    points.forEach((_, i) => drawPoint(points, i));
    if (points !== stroke) drawEnd(points);
  }
}

/** Give the pad as many pixels as the screen has there. */
function fitToScreen() {
  const { canvas } = screenPen;
  const side = Math.round(canvas.clientWidth * devicePixelRatio);
  if (canvas.width === side) return;
  canvas.width = canvas.height = side;
  redraw();
}

/** Show a drawing on the pad. A pen that is still down stops drawing. */
function showDrawing(next) {
  stroke = null;
  drawing = next;
  write($("message"), drawing.base?.message ?? "");
  redraw();
  schedule();
}

/** Replace the drawing. Undo restores it. */
function change(next) {
  past.push(drawing);
  showDrawing(next);
}

/** Restore the drawing before the last change, but not during a stroke. */
function undo() {
  if (past.length && !stroke) showDrawing(past.pop());
}

// ---------------------------------------------------------------------------------- Strokes

/** Begin a stroke. It is drawn over a chosen example, but replaces a picture or the first one. */
function beginStroke(point) {
  past.push(drawing);
  if (drawing.base?.isPicture || drawing === START) showDrawing(EMPTY_DRAWING);
  stroke = [point];
  drawing = { base: drawing.base, strokes: [...drawing.strokes, stroke] };
  write($("message"), "");
  drawPoint(stroke, 0);
  schedule();
}

function extendStroke(point) {
  stroke.push(point);
  drawPoint(stroke, stroke.length - 1);
  schedule();
}

function endStroke() {
  drawEnd(stroke);
  stroke = null;
  schedule();
}

/** Return where on the pad a pointer is, and how wide it draws there. */
function pointOf(event) {
  // Measured each time, because the page may be scrolled, turned or resized.
  const box = screenPen.canvas.getBoundingClientRect();
  const scale = PAD_SIDE / box.width;
  const pressed = event.pointerType === "pen" && event.pressure > 0;
  return {
    x: (event.clientX - box.left) * scale,
    y: (event.clientY - box.top) * scale,
    width: BRUSH_WIDTH * (pressed ? 0.6 + 0.8 * event.pressure : 1),
  };
}

/** Let the mouse, a pen or one of several fingers draw. */
function handlePointers() {
  let pointer = null; // the one that draws
  const { canvas } = screenPen;
  canvas.addEventListener("pointerdown", (event) => {
    if (pointer !== null || event.button !== 0) return;
    event.preventDefault();
    pointer = event.pointerId;
    canvas.setPointerCapture(pointer);
    beginStroke(pointOf(event));
  });
  canvas.addEventListener("pointermove", (event) => {
    if (event.pointerId !== pointer || !stroke) return;
    const events = event.getCoalescedEvents();
    for (const one of events.length ? events : [event]) extendStroke(pointOf(one));
  });
  for (const kind of ["pointerup", "pointercancel"]) {
    canvas.addEventListener(kind, (event) => {
      if (event.pointerId !== pointer) return;
      pointer = null;
      if (stroke) endStroke();
    });
  }
}

// ---------------------------------------------------------------------- Examples and pictures

/** Return a canvas with pixels, (784,), as dark ink on white. */
function canvasOf(pixels) {
  const { canvas } = newPen(SIDE_PIXELS, SIDE_PIXELS);
  paint(canvas, (i) => greys[255 - pixels[i]]);
  return canvas;
}

/** Return the examples, { label, canvas, image }. */
function readExamples() {
  const all = bytesOf(page.examples.pixels);
  return page.examples.labels.map((label, i) => {
    const pixels = all.subarray(i * SIDE_PIXELS ** 2, (i + 1) * SIDE_PIXELS ** 2);
    return { label, canvas: canvasOf(pixels), image: { pixels, warnings: [] } };
  });
}

/** Add a button for each digit that loads the next of its examples. */
function addExamples() {
  for (const label of new Set(page.examples.labels)) {
    const own = examples.filter((example) => example.label === label);
    let next = 0;
    const button = newButton("example",
      () => change({ base: own[next++ % own.length], strokes: [] }), own[0].canvas);
    button.setAttribute("aria-label", `Example of a ${label}`);
    $("examples").append(button);
  }
}

/** Show the first of some picture files on the pad, or why it cannot be read. */
async function openPicture([file]) {
  if (!file) return;
  opening = file;
  const name = shorten(file.name, 24);
  try {
    const bitmap = await createImageBitmap(file);
    if (opening !== file) return;
    const scale = Math.min(1, MAX_PICTURE_SIDE / Math.max(bitmap.width, bitmap.height));
    const side = (length) => Math.max(1, Math.round(length * scale));
    const pen = newPen(side(bitmap.width), side(bitmap.height));
    const { width, height } = pen.canvas;
    pen.imageSmoothingQuality = "high";
    pen.fillStyle = "#fff";
    pen.fillRect(0, 0, width, height);
    pen.drawImage(bitmap, 0, 0, width, height);
    const image = readPicture(pen.getImageData(0, 0, width, height));
    const message = image ? name : `${name}: no digit found; crop it to the digit`;
    change({ base: { canvas: pen.canvas, isPicture: true, image, message }, strokes: [] });
  } catch {
    if (opening === file) write($("message"), `${name}: no picture that this browser can read`);
  }
}

/** Fill the page with examples, and handle what is drawn and opened. */
function startPen() {
  addExamples();
  handlePointers();
  $("undo").addEventListener("click", undo);
  $("clear").addEventListener("click", () => {
    if (drawing !== EMPTY_DRAWING) change(EMPTY_DRAWING);
  });
  $("file").addEventListener("change", ({ target }) => {
    openPicture(target.files);
    target.value = "";
  });
  document.addEventListener("keydown", (event) => {
    if ((event.ctrlKey || event.metaKey) && event.key === "z") undo();
  });
  document.addEventListener("paste", (event) => openPicture(event.clipboardData.files));
  document.addEventListener("dragover", (event) => event.preventDefault());
  document.addEventListener("drop", (event) => {
    event.preventDefault();
    openPicture(event.dataTransfer.files);
  });
  new ResizeObserver(fitToScreen).observe($("stage"));
  fitToScreen();
  update();
}

startPen();
