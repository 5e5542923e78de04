// What one can do on the page to draw on: draw, take back, and load an example or a picture.

const PAPER = 224; // the sides of the sheet that is drawn on, in its own pixels
const PHOTO = 400; // the longer side of a picture file; finer ones show no more of a digit
const BRUSH = 18; // about MNIST's pen, for a digit that fills the sheet
const EMPTY = { picture: null, strokes: [] };

// All is drawn twice: as sharply as the screen can show it, and on a sheet that is read.
const screen = $("pad").getContext("2d");
const sheet = newPen(PAPER, PAPER);

let drawing = EMPTY; // strokes are lists of points { x, y, width }, over a picture or none
const past = []; // the drawings before it
let stroke = null; // the one that is being drawn
let due = false; // whether an update is
let opening = null; // of pictures that are decoded at the same time, the last is wanted

/** What draws on a new canvas of that size, of which the pixels can be had. */
function newPen(width, height) {
  const canvas = element("canvas");
  Object.assign(canvas, { width, height });
  return canvas.getContext("2d", { willReadFrequently: true });
}

// ------------------------------------------------------------------------------- The drawing

/** Reads the drawing and shows what the network makes of it. */
function update() {
  look(drawing.strokes.length
    ? read(inkOf(sheet.getImageData(0, 0, PAPER, PAPER)))
    : drawing.picture?.reading ?? null);
  // A screen reader hears the answer once a stroke is done, not at each of its points.
  if (!stroke) sayAnswer();
  enable($("undo"), past.length > 0);
  enable($("clear"), drawing !== EMPTY);
  $("hint").hidden = drawing !== EMPTY;
}

/** Updates once before the browser draws the next frame, however many events came. */
function schedule() {
  if (due) return;
  due = true;
  requestAnimationFrame(() => {
    due = false;
    update();
  });
}

/** The line to a stroke's point i: a curve between its segments' middles, round at corners. */
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

/** The line from the middle of a stroke's last segment to its end. */
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

/** Draws all anew, on canvases of whatever size. */
function redraw() {
  const { picture, strokes } = drawing;
  screen.canvas.classList.toggle("photo", Boolean(picture?.photo));
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
}

/** Gives the sheet on the screen as many pixels as the screen has there. */
function sharpen() {
  const side = Math.round(screen.canvas.clientWidth * devicePixelRatio);
  if (screen.canvas.width === side) return;
  screen.canvas.width = screen.canvas.height = side;
  redraw();
}

/** Puts a drawing on the sheet. A pen that is still down draws no more. */
function put(next) {
  stroke = null;
  drawing = next;
  write($("message"), drawing.picture?.message ?? "");
  redraw();
  schedule();
}

/** Puts another drawing in the place of this one, which undo brings back. */
function change(next) {
  past.push(drawing);
  put(next);
}

/** Brings back the drawing before the last change, but not within a stroke. */
function undo() {
  if (past.length && !stroke) put(past.pop());
}

// ---------------------------------------------------------------------------------- Strokes

/** Begins a stroke: it goes on with an example, but beside a photo's digit it is a new drawing. */
function begin(point) {
  past.push(drawing);
  if (drawing.picture?.photo) put(EMPTY);
  stroke = [point];
  drawing = { picture: drawing.picture, strokes: [...drawing.strokes, stroke] };
  write($("message"), "");
  drawPoint(stroke, 0);
  schedule();
}

/** Draws the stroke on to a point. */
function extend(point) {
  stroke.push(point);
  drawPoint(stroke, stroke.length - 1);
  schedule();
}

/** Ends the stroke. */
function finish() {
  drawEnd(stroke);
  stroke = null;
  schedule();
}

/** Where on the sheet a pointer is, and how wide it draws there. */
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

/** Lets the mouse, a pen or one of several fingers draw. */
function listenToPointers() {
  let drawn = null; // by which of them
  const { canvas } = screen;
  canvas.addEventListener("pointerdown", (event) => {
    if (drawn !== null || event.button !== 0) return;
    event.preventDefault();
    drawn = event.pointerId;
    canvas.setPointerCapture(drawn);
    begin(pointOf(event));
  });
  canvas.addEventListener("pointermove", (event) => {
    if (event.pointerId !== drawn || !stroke) return;
    const events = event.getCoalescedEvents();
    for (const one of events.length ? events : [event]) extend(pointOf(one));
  });
  for (const kind of ["pointerup", "pointercancel"]) {
    canvas.addEventListener(kind, (event) => {
      if (event.pointerId !== drawn) return;
      drawn = null;
      if (stroke) finish();
    });
  }
}

// ---------------------------------------------------------------------- Examples and pictures

/** An example's pixels (784,) as an image: dark ink on white, as it would have been drawn. */
function imageOf(pixels) {
  const { canvas } = newPen(FIELD, FIELD);
  paint(canvas, (i) => greys[255 - pixels[i]]);
  return canvas;
}

/** A button for each digit, each press of which loads the next of its examples. */
function addExamples() {
  const all = bytesOf(page.examples.pixels);
  const examples = page.examples.labels.map((label, i) => {
    const pixels = all.subarray(i * FIELD * FIELD, (i + 1) * FIELD * FIELD);
    return { label, image: imageOf(pixels), reading: { pixels, doubts: [] } };
  });
  for (const label of new Set(page.examples.labels)) {
    const own = examples.filter((example) => example.label === label);
    let next = 0;
    const button = newButton("example",
      () => change({ picture: own[next++ % own.length], strokes: [] }), own[0].image);
    button.setAttribute("aria-label", `Example of a ${label}`);
    $("examples").append(button);
  }
}

/** Puts the first of some picture files on the sheet, or says why it cannot be read. */
async function openPicture([file]) {
  if (!file) return;
  opening = file;
  const name = shortened(file.name, 24);
  try {
    const bitmap = await createImageBitmap(file);
    if (opening !== file) return;
    const scale = Math.min(1, PHOTO / Math.max(bitmap.width, bitmap.height));
    const side = (length) => Math.max(1, Math.round(length * scale));
    const pen = newPen(side(bitmap.width), side(bitmap.height));
    const { width, height } = pen.canvas;
    pen.imageSmoothingQuality = "high";
    pen.fillStyle = "#fff";
    pen.fillRect(0, 0, width, height);
    pen.drawImage(bitmap, 0, 0, width, height);
    const reading = readPicture(pen.getImageData(0, 0, width, height));
    const message = reading ? name : `${name}: blank, or nothing in it stands out as a digit`;
    change({ picture: { image: pen.canvas, photo: true, reading, message }, strokes: [] });
  } catch {
    if (opening === file) write($("message"), `${name}: no picture that this browser can read`);
  }
}

/** Fills the page with examples and an empty sheet, and listens to what is drawn and opened. */
function startPen() {
  addExamples();
  listenToPointers();
  $("undo").addEventListener("click", undo);
  $("clear").addEventListener("click", () => {
    if (drawing !== EMPTY) change(EMPTY);
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
  new ResizeObserver(sharpen).observe($("stage"));
  sharpen();
  update();
}

startPen();
