"use strict";
// What the page shows. All texts of the network and of files are set as text, never as HTML.

const MOST_TILES = 64, MOST_THUMBS = 48;
const data = JSON.parse(document.getElementById("data").textContent);
const layers = prepared(data.layers), [height, width, channels] = layers[0].shape;
const images = decoded(data.images), pixelsOfOne = count(layers[0].shape);
const element = (id) => document.getElementById(id);
const state = { image: 0, values: null, runs: 0 };

function make(kind, text = "", attributes = {}) {
  const made = document.createElement(kind);
  made.textContent = text;
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  return made;
}
const short = (number) => Number(number.toPrecision(3)).toString();
const sized = ([h, w, c]) => (h * w === 1 ? `${c}` : `${h} x ${w} x ${c}`);
const imageOf = (i) => images.subarray(i * pixelsOfOne, (i + 1) * pixelsOfOne);
function extent(values) {
  let low = Infinity, high = -Infinity;
  for (const value of values) { low = Math.min(low, value); high = Math.max(high, value); }
  return [low, high];
}

// Draws pictures of one size side by side; color(tile, pixel) gives red, green and blue.
const GAP = 2, WIDEST = 640;
function draw(canvas, n, h, w, color, text) {
  const wanted = n === 1 ? 200 : h * w === 1 ? 14 : 56;
  const zoom = Math.max(1, Math.round(wanted / w)), across = w * zoom + GAP, down = h * zoom + GAP;
  const columns = Math.max(1, Math.min(n, Math.floor(WIDEST / across)));
  canvas.width = columns * across - GAP;
  canvas.height = Math.ceil(n / columns) * down - GAP;
  const small = make("canvas", "", { width: w, height: h }), to = canvas.getContext("2d");
  const from = small.getContext("2d"), tile = from.createImageData(w, h);
  to.imageSmoothingEnabled = false;
  to.fillStyle = "#888";
  to.fillRect(0, 0, canvas.width, canvas.height);
  for (let t = 0; t < n; t++) {
    for (let at = 0; at < h * w; at++) tile.data.set([...color(t, at), 255], 4 * at);
    from.putImageData(tile, 0, 0);
    const x = (t % columns) * across, y = Math.floor(t / columns) * down;
    to.drawImage(small, x, y, w * zoom, h * zoom);
  }
  canvas.setAttribute("role", "img");
  canvas.setAttribute("aria-label", text);
}

// Blue below zero, white at zero, orange above.
function signed(value, most) {
  const end = value < 0 ? [0, 90, 180] : [215, 90, 0];
  const share = most > 0 ? Math.abs(value) / most : 0;
  return end.map((part) => 255 + share * (part - 255));
}
function drawSigned(canvas, n, h, w, value, text) {
  let most = 0;
  for (let t = 0; t < n; t++)
    for (let at = 0; at < h * w; at++) most = Math.max(most, Math.abs(value(t, at)) || 0);
  draw(canvas, n, h, w, (t, at) => signed(value(t, at), most), text);
}
const [darkest, brightest] = extent(images);
function drawImage(canvas, i, text) {
  const image = imageOf(i), light = (x) => (255 * (x - darkest)) / (brightest - darkest || 1);
  draw(canvas, 1, height, width, (_, at) => {
    const pixel = image.subarray(at * channels, (at + 1) * channels);
    const mean = pixel.reduce((a, b) => a + b) / channels;
    return (channels === 3 ? [...pixel] : [mean, mean, mean]).map(light);
  }, text);
}

function named(i) {
  const label = data.truth ? `label ${data.classes[data.truth[i]]}, ` : "";
  return `Image ${i + 1}: ${label}predicted ${data.classes[data.predicted[i]]}`;
}

function list(which, text) {
  const shown = which.slice(0, MOST_THUMBS);
  element("listed").textContent = `${text}: ${which.length}`
    + (shown.length < which.length ? `; the first ${shown.length} are shown.` : ".");
  element("thumbs").replaceChildren(...shown.map((i) => {
    const button = make("button", "", { type: "button", "data-image": i, "aria-pressed": "false" });
    const canvas = button.appendChild(make("canvas"));
    drawImage(canvas, i, named(i));
    canvas.style.width = "48px";
    button.addEventListener("click", () => choose(i));
    return button;
  }));
  if (which.length) choose(which[0]);
}

function choose(i) {
  state.image = i;
  state.values = forward(layers, imageOf(i));
  element("number").value = i + 1;
  for (const button of element("thumbs").children)
    button.setAttribute("aria-pressed", String(Number(button.dataset.image) === i));
  const probabilities = state.values.at(-1);
  const order = [...probabilities.keys()].sort((a, b) => probabilities[b] - probabilities[a]);
  element("answer").replaceChildren(...order.slice(0, 5).map((place) => {
    const row = make("tr");
    row.append(make("th", data.classes[place], { scope: "row" }),
      make("td", probabilities[place].toFixed(4)));
    return row;
  }));
  drawImage(element("image"), i, named(i));
  element("image-says").textContent = named(i);
  element("class").value = order[0];
  explain();
  for (const shown of document.querySelectorAll("#layers details[open]")) shown.show();
}

function explain() {
  const place = Number(element("class").value), name = data.classes[place];
  const found = gradient(layers, state.values, place);
  const strength = (_, at) => Math.max(
    ...found.subarray(at * channels, (at + 1) * channels).map((x) => Math.abs(x)));
  const text = `Gradient: how much the score of ${name} changes with each pixel`;
  drawSigned(element("gradient"), 1, height, width, strength, text);
  element("gradient-says").textContent = `${text}. Darker orange is more.`;
  state.runs++;
  element("occlusion").hidden = true;
  element("occlusion-says").textContent = "";
}

// In steps of a few milliseconds, so that the page stays alive; a new choice ends it.
function occlude() {
  const place = Number(element("class").value), run = ++state.runs;
  const patch = clip(Math.round(Number(element("patch").value)) || 1, 1, Math.max(height, width));
  const steps = occlusion(layers, imageOf(state.image), place, patch);
  function go() {
    if (run !== state.runs) return;
    const until = performance.now() + 30;
    let step = steps.next();
    while (!step.done && performance.now() < until) step = steps.next();
    if (!step.done) {
      element("occlusion-says").textContent = `Computing: ${10 * Math.floor(10 * step.value)} %`;
      setTimeout(go);
      return;
    }
    const text = `Occlusion: how far a gray patch lowers the probability of ${data.classes[place]}`;
    element("occlusion").hidden = false;
    drawSigned(element("occlusion"), 1, height, width, (_, at) => step.value[at], text);
    const [low, high] = extent(step.value);
    element("occlusion-says").textContent =
      `${text}, from ${short(low)} to ${short(high)}. Blue: the patch raises it.`;
  }
  go();
}

function confusion() {
  const cells = data.classes.map(() => data.classes.map(() => []));
  data.truth.forEach((label, i) => cells[label][data.predicted[i]].push(i));
  const head = make("tr");
  head.append(make("th", "label, predicted", { scope: "col" }),
    ...data.classes.map((name) => make("th", name, { scope: "col" })));
  element("confusion").replaceChildren(head, ...cells.map((row, label) => {
    const line = make("tr");
    line.append(make("th", data.classes[label], { scope: "row" }), ...row.map((found, place) => {
      const cell = make("td", found.length ? "" : "0", label === place ? { class: "right" } : {});
      if (!found.length) return cell;
      const text = `Label ${data.classes[label]}, predicted ${data.classes[place]}`;
      const button = make("button", found.length,
        { type: "button", "aria-label": `${found.length}: ${text}` });
      button.addEventListener("click", () => {
        list(found, text);
        element("h-images").scrollIntoView();
        element("thumbs").firstChild.focus({ preventScroll: true });
      });
      cell.append(button);
      return cell;
    }));
    return line;
  }));
}

// The shape of the picture that a fully connected layer looks at, where it looks at one.
function grid(at) {
  const { inputs, operation, shape } = layers[at];
  return at && operation === "same" && shape[0] * shape[1] === 1 ? grid(inputs[0]) : shape;
}

function seesPicture(layer) {
  const [h, w] = grid(layer.inputs[0]);
  return layer.operation === "convolution" || h * w > 1;
}

function filters(layer) {
  const [h, w, depth] = layer.operation === "dense" ? grid(layer.inputs[0])
    : [...layer.size, layer.given[2]];
  const n = layer.bias.length, shown = Math.min(n, MOST_TILES);
  const figure = make("figure"), canvas = make("canvas"), label = make("label", "Input channel ");
  const select = label.appendChild(make("select"));
  for (let c = 1; c <= depth; c++) select.append(make("option", c));
  const parts = layer.operation === "dense" ? "units" : "filters";
  const says = make("figcaption", `Weights of ${n} ${parts}, ${h} x ${w} pixels each`
    + `${shown < n ? `; the first ${shown} are shown` : ""}.`);
  const show = () => drawSigned(canvas, shown, h, w, (f, at) =>
    layer.kernel[(at * depth + select.selectedIndex) * n + f], says.textContent);
  select.addEventListener("change", show);
  show();
  figure.append(...(depth > 1 ? [label] : []), canvas, says);
  return figure;
}

// A layer whose inputs are no picture: a row for each of its units.
function matrix(layer) {
  const n = layer.bias.length, inputs = layer.kernel.length / n, shown = Math.min(n, 256);
  const figure = make("figure"), canvas = make("canvas");
  const says = make("figcaption", `Weights: a row for each of ${shown} units, a column for each of `
    + `${inputs} inputs.`);
  drawSigned(canvas, 1, shown, inputs, (_, at) =>
    layer.kernel[(at % inputs) * n + Math.floor(at / inputs)], says.textContent);
  figure.append(canvas, says);
  return figure;
}

function activations(layer, values) {
  const [h, w, c] = layer.shape, flat = h * w === 1, shown = flat ? c : Math.min(c, MOST_TILES);
  const [low, high] = extent(values), figure = make("figure"), canvas = make("canvas");
  const what = flat ? `${c} numbers` : `channels: ${c}`;
  const part = shown < c ? ` (the first ${shown} are shown)` : "";
  const says = make("figcaption",
    `What it makes of the image: ${what}${part}, from ${short(low)} to ${short(high)}.`);
  drawSigned(canvas, shown, h, w, (t, at) => values[at * c + t], says.textContent);
  figure.append(canvas, says);
  return figure;
}

function add(layer, at) {
  const details = make("details"), figures = make("div", "", { class: "row wide" });
  const n = layer.parameters, has = n ? `, ${n.toLocaleString("en")} parameters` : "";
  const kind = layer.function ? `${layer.kind} ${layer.function}` : layer.kind;
  details.append(make("summary", `${layer.name}: ${kind}, ${sized(layer.shape)}${has}`), figures);
  details.show = () => {
    const made = state.values ? [activations(layer, state.values[at])] : [];
    if (layer.kernel) made.push(seesPicture(layer) ? filters(layer) : matrix(layer));
    figures.replaceChildren(...made);
  };
  details.addEventListener("toggle", () => { if (details.open) details.show(); });
  element("layers").append(details);
}

function begin() {
  const parameters = layers.reduce((sum, layer) => sum + layer.parameters, 0);
  element("about").textContent = `${parameters.toLocaleString("en")} parameters, ${data.n} images. `
    + "This page holds both and computes all that it shows; it asks no other machine.";
  layers.forEach(add);
  if (!data.n) return;
  element("with-images").hidden = false;
  element("class").append(...data.classes.map((name, i) => make("option", name, { value: i })));
  const all = data.predicted.map((_, i) => i), wrong = (i) => data.truth[i] !== data.predicted[i];
  const number = element("number"), patch = element("patch");
  number.max = data.n;
  patch.max = Math.max(height, width);
  patch.value = Math.max(1, Math.round(patch.max / 5));
  const go = (i) => choose((Math.round(i) + data.n) % data.n || 0);
  element("before").addEventListener("click", () => go(state.image - 1));
  element("after").addEventListener("click", () => go(state.image + 1));
  number.addEventListener("change", () => go(clip(number.value - 1, 0, data.n - 1)));
  element("all").addEventListener("click", () => list(all, "All images"));
  element("wrong").hidden = !data.truth;
  element("wrong").addEventListener("click", () => list(all.filter(wrong), "Wrong predictions"));
  element("class").addEventListener("change", explain);
  element("occlude").addEventListener("click", occlude);
  if (data.truth) {
    element("with-labels").hidden = false;
    confusion();
  }
  list(all, "All images");
}

window.addEventListener("error", (event) => {
  element("error").textContent = `The page has stopped: ${event.message}`;
});
begin();
