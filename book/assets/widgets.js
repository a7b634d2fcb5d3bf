/* The interactive parts of the book: one classic script, no library, no network.
 *
 * First the mathematics, which a test runs under node and compares with Python. Then small helpers
 * for drawing, then one function per widget. A page holds <div class="nn-widget" data-nn="NAME">.
 */
(function () {
  "use strict";

  // ------------------------------------------------------------------------------ mathematics

  function gaussianKernel(size, sigma, normalize) {
    const half = (size - 1) / 2;
    const kernel = [];
    let sum = 0;
    for (let y = -half; y <= half; y++) {
      const row = [];
      for (let x = -half; x <= half; x++) {
        const square = (x * x + y * y) / (2 * sigma * sigma);
        row.push(Math.exp(-square) / (2 * Math.PI * sigma * sigma));
        sum += row[row.length - 1];
      }
      kernel.push(row);
    }
    return normalize ? kernel.map((row) => row.map((value) => value / sum)) : kernel;
  }

  // Beyond the border lies the mirror image that repeats the border pixel: d c b a | a b c d.
  function reflected(index, length) {
    const period = 2 * length;
    const inside = ((index % period) + period) % period;
    return inside < length ? inside : period - 1 - inside;
  }

  function convolve(image, kernel) {
    const half = (kernel.length - 1) / 2;
    return image.map((row, y) =>
      row.map((_, x) => {
        let sum = 0;
        kernel.forEach((weights, i) =>
          weights.forEach((weight, j) => {
            const from = image[reflected(y + i - half, image.length)];
            sum += weight * from[reflected(x + j - half, row.length)];
          })
        );
        return sum;
      })
    );
  }

  // Abramowitz and Stegun 7.1.26: an error below 1.5e-7 everywhere.
  function erf(x) {
    const t = 1 / (1 + 0.3275911 * Math.abs(x));
    const coefficients = [1.061405429, -1.453152027, 1.421413741, -0.284496736, 0.254829592];
    const polynomial = coefficients.reduce((sum, value) => (sum + value) * t, 0);
    return Math.sign(x) * (1 - polynomial * Math.exp(-x * x));
  }

  const density = (x) => Math.exp((-x * x) / 2) / Math.sqrt(2 * Math.PI);
  const cumulative = (x) => (1 + erf(x / Math.SQRT2)) / 2;
  const sigmoid = (x) => 1 / (1 + Math.exp(-x));
  const SELU = { scale: 1.0507009873554805, alpha: 1.6732632423543772 };

  const activations = {
    relu: { f: (x) => Math.max(0, x), df: (x) => (x > 0 ? 1 : 0) },
    sigmoid: { f: sigmoid, df: (x) => sigmoid(x) * (1 - sigmoid(x)) },
    tanh: { f: Math.tanh, df: (x) => 1 - Math.tanh(x) ** 2 },
    elu: { f: (x) => (x > 0 ? x : Math.expm1(x)), df: (x) => (x > 0 ? 1 : Math.exp(x)) },
    selu: {
      f: (x) => SELU.scale * (x > 0 ? x : SELU.alpha * Math.expm1(x)),
      df: (x) => SELU.scale * (x > 0 ? 1 : SELU.alpha * Math.exp(x)),
    },
    softplus: { f: (x) => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x))), df: sigmoid },
    gelu: { f: (x) => x * cumulative(x), df: (x) => cumulative(x) + x * density(x) },
  };

  function standardize(values, epsilon) {
    const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
    const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length;
    return values.map((value) => (value - mean) / Math.sqrt(variance + epsilon));
  }

  // The highest of n independent standard normal scores lies, on average, this far above their mean.
  function expectedMaximum(n) {
    const step = 0.005;
    let sum = 0;
    for (let x = -9; x <= 9; x += step) {
      sum += x * n * density(x) * cumulative(x) ** (n - 1) * step;
    }
    return sum;
  }

  // Seconds of n networks: with a program each, with one program in turns, and trained together.
  function searchSeconds(n, compile, run, gain) {
    return {
      own: n * (compile + run), shared: compile + n * run, together: compile + (n * run) / gain,
    };
  }

  // The density of the tree-structured Parzen estimator: one bump on each trial, all equally wide.
  function parzen(x, centers, width) {
    return centers.reduce((sum, c) => sum + density((x - c) / width) / width, 0) / centers.length;
  }

  // Seconds of a study of n trials: workers take group after group, and the storage takes one
  // trial at a time.
  function studySeconds(n, workers, group, compile, train, tell) {
    const rounds = Math.ceil(n / (group * workers));
    return compile + rounds * (train + group * workers * tell);
  }

  // Probabilities of a softmax; the largest number is taken off first, so that nothing overflows.
  function softmax(values) {
    const highest = Math.max(...values);
    const powers = values.map((value) => Math.exp(value - highest));
    const sum = powers.reduce((total, value) => total + value, 0);
    return powers.map((value) => value / sum);
  }

  // Where (w - a)^2 / 2 + l1 |w| + l2 w^2 is least.
  function shrunk(a, l1, l2) {
    return (Math.sign(a) * Math.max(0, Math.abs(a) - l1)) / (1 + 2 * l2);
  }

  // The mean of n ones after dropout, which is 1 on average, and the spread of such a mean.
  function droppedMean(n, rate, uniform) {
    let sum = 0;
    for (let i = 0; i < n; i++) sum += uniform() < rate ? 0 : 1 / (1 - rate);
    return sum / n;
  }
  const droppedSpread = (n, rate) => Math.sqrt(rate / ((1 - rate) * n));

  // A small generator (mulberry32), so that a page shows the same picture on every visit.
  function randomUniforms(seed) {
    let state = seed >>> 0;
    return () => {
      state = (state + 0x6d2b79f5) >>> 0;
      let t = Math.imul(state ^ (state >>> 15), state | 1);
      t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
      return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
    };
  }

  function randomNormals(seed) {
    const uniform = randomUniforms(seed);
    return () => Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform());
  }

  const mathematics = {
    activations, convolve, cumulative, density, droppedMean, droppedSpread, expectedMaximum,
    gaussianKernel, parzen, randomNormals, randomUniforms, searchSeconds, shrunk, softmax,
    standardize, studySeconds,
  };
  if (typeof module !== "undefined") module.exports = mathematics;
  if (typeof document === "undefined") return;

  // ------------------------------------------------------------------------------ drawing

  const WIDTH = 480;
  const HEIGHT = 240;
  let counter = 0;

  function element(parent, name, attributes, text) {
    const svg = ["svg", "path", "line", "circle", "text", "g"].includes(name);
    const node = svg
      ? document.createElementNS("http://www.w3.org/2000/svg", name)
      : document.createElement(name);
    Object.entries(attributes || {}).forEach(([key, value]) => node.setAttribute(key, value));
    if (text !== undefined) node.textContent = text;
    parent.appendChild(node);
    return node;
  }

  function control(parent, label, name, attributes) {
    const id = "nn-control-" + counter++;
    const box = element(parent, "div", { class: "nn-control" });
    element(box, "label", { for: id }, label);
    return element(box, name, { id, ...attributes });
  }

  function slider(parent, label, attributes, show) {
    const input = control(parent, label, "input", { type: "range", ...attributes });
    const value = element(input.parentNode, "output", { for: input.id });
    const update = () => {
      value.textContent = show(Number(input.value));
      input.setAttribute("aria-valuetext", value.textContent);
    };
    input.addEventListener("input", update);
    update();
    return input;
  }

  function choice(parent, label, options, chosen) {
    const select = control(parent, label, "select", {});
    options.forEach((name) => element(select, "option", { value: name }, String(name)));
    select.value = chosen;
    return select;
  }

  function plot(parent, label, xRange, yRange) {
    const svg = element(parent, "svg", {
      viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: "img", "aria-label": label, class: "nn-plot",
    });
    const x = (value) => 30 + ((value - xRange[0]) / (xRange[1] - xRange[0])) * (WIDTH - 40);
    const y = (value) =>
      HEIGHT - 24 - ((value - yRange[0]) / (yRange[1] - yRange[0])) * (HEIGHT - 34);
    const frame = { svg, x, y, yRange, layer: null };
    axis(frame, xRange, yRange);
    frame.layer = element(svg, "g");
    return frame;
  }

  function axis({ svg, x, y }, xRange, yRange) {
    const [left, right, bottom, top] = [...xRange, ...yRange];
    const base = Math.max(bottom, Math.min(0, top));
    element(svg, "line", { x1: x(left), x2: x(right), y1: y(base), y2: y(base), class: "nn-axis" });
    [left, (left + right) / 2, right].forEach((value) =>
      element(svg, "text", { x: x(value), y: HEIGHT - 6, class: "nn-tick" }, short(value))
    );
    [bottom, top].forEach((value) =>
      element(svg, "text", { x: 24, y: y(value) + 4, class: "nn-tick nn-left" }, short(value))
    );
  }

  const short = (value) => String(Number(value.toPrecision(3)));

  // Where a curve leaves the frame it stops, and starts anew where it comes back.
  function curve(frame, f, xRange, attributes) {
    const [bottom, top] = frame.yRange;
    let path = "";
    let pen = "M";
    for (let i = 0; i <= 400; i++) {
      const at = xRange[0] + ((xRange[1] - xRange[0]) * i) / 400;
      const value = f(at);
      const inside = value >= bottom && value <= top;
      if (inside) path += `${pen}${frame.x(at).toFixed(1)},${frame.y(value).toFixed(1)}`;
      pen = inside ? "L" : "M";
    }
    element(frame.layer, "path", { d: path, ...attributes });
  }

  function live(parent) {
    return element(parent, "p", { class: "nn-says", "aria-live": "polite" });
  }

  function redraw(inputs, draw) {
    inputs.forEach((input) => input.addEventListener("input", draw));
    draw();
  }

  // ------------------------------------------------------------------------------ widgets

  function paint(canvas, image, highest) {
    canvas.width = image[0].length;
    canvas.height = image.length;
    const context = canvas.getContext("2d");
    const data = context.createImageData(canvas.width, canvas.height);
    image.flat().forEach((value, index) => {
      const gray = Math.max(0, Math.min(255, Math.round((255 * value) / highest)));
      data.data.set([gray, gray, gray, 255], 4 * index);
    });
    context.putImageData(data, 0, 0);
  }

  function blur(root) {
    const image = JSON.parse(root.dataset.pixels);
    const highest = Math.max(...image.flat());
    const total = (pixels) => pixels.flat().reduce((sum, value) => sum + value, 0);
    const size = choice(root, "kernel size", [3, 5, 7], 3);
    const sigma = slider(root, "standard deviation σ",
      { min: 0.3, max: 3, step: 0.1, value: 1 }, (value) => value.toFixed(1) + " pixels");
    const normalize = control(root, "divide by the sum", "input", { type: "checkbox" });
    const row = element(root, "div", { class: "nn-pictures" });
    const before = element(row, "canvas", { role: "img", "aria-label": "the digit as it is" });
    const after = element(row, "canvas", { role: "img", "aria-label": "the digit after the kernel" });
    const says = live(root);
    paint(before, image, highest);
    redraw([size, sigma, normalize], () => {
      const kernel = gaussianKernel(Number(size.value), Number(sigma.value), normalize.checked);
      const blurred = convolve(image, kernel);
      paint(after, blurred, highest);
      says.textContent =
        `The kernel sums to ${total(kernel).toFixed(3)}: the picture keeps ` +
        `${((100 * total(blurred)) / total(image)).toFixed(1)} % of its light, and its brightest ` +
        `pixel is at ${((100 * Math.max(...blurred.flat())) / highest).toFixed(0)} % ` +
        "of what it was.";
    });
  }

  function activation(root) {
    const range = [-4, 4];
    const name = choice(root, "activation", Object.keys(activations), "sigmoid");
    const at = slider(root, "input z", { min: -4, max: 4, step: 0.1, value: 2 },
      (value) => value.toFixed(1));
    const depth = slider(root, "layers", { min: 1, max: 30, step: 1, value: 10 }, String);
    const frame = plot(root, "the activation (solid) and its derivative (dashed)", range, [-1.5, 2.5]);
    const says = live(root);
    redraw([name, at, depth], () => {
      const { f, df } = activations[name.value];
      const z = Number(at.value);
      frame.layer.replaceChildren();
      curve(frame, f, range, { class: "nn-line" });
      curve(frame, df, range, { class: "nn-line nn-dashed" });
      [f(z), df(z)].forEach((value) => element(frame.layer, "circle",
        { cx: frame.x(z), cy: frame.y(value), r: 4, class: "nn-dot" }));
      const factor = df(z) ** Number(depth.value);
      says.textContent =
        `f(z) = ${f(z).toFixed(3)} and f′(z) = ${df(z).toFixed(3)}. Through ${depth.value} such ` +
        `layers a gradient is multiplied by ${factor.toPrecision(2)}, apart from the weights.`;
    });
  }

  function batches(root) {
    const exponent = slider(root, "batch size", { min: 1, max: 9, step: 1, value: 3 },
      (value) => String(2 ** value));
    const frame = plot(root, "the same example, normalized in many batches", [-3, 3], [0, 1]);
    const says = live(root);
    redraw([exponent], () => {
      const normal = randomNormals(1);
      const size = 2 ** Number(exponent.value);
      frame.layer.replaceChildren();
      const seen = Array.from({ length: 200 }, (_, index) => {
        const batch = [1, ...Array.from({ length: size - 1 }, normal)];
        const value = standardize(batch, 0)[0];
        element(frame.layer, "circle", { cx: frame.x(value), class: "nn-dot nn-faint", r: 3,
          cy: frame.y(0.08 + (0.84 * index) / 200) });
        return value;
      });
      element(frame.layer, "line", { x1: frame.x(1), x2: frame.x(1), y1: frame.y(0),
        y2: frame.y(1), class: "nn-line nn-dashed" });
      const mean = seen.reduce((sum, value) => sum + value, 0) / seen.length;
      const spread = Math.sqrt(
        seen.reduce((sum, value) => sum + (value - mean) ** 2, 0) / seen.length);
      says.textContent =
        `An example whose true normalized value is 1 (dashed), in 200 random batches of ${size}: ` +
        `what the next layer sees scatters with a standard deviation of ${spread.toFixed(2)}.`;
    });
  }

  function best(root) {
    const range = [-4, 5];
    const trials = slider(root, "settings tried", { min: 1, max: 200, step: 1, value: 20 }, String);
    const noise = slider(root, "noise of one score", { min: 0.1, max: 2, step: 0.1, value: 0.5 },
      (value) => value.toFixed(1) + " points");
    const frame = plot(root, "density of one score (solid) and of the best score (dashed)",
      range, [0, 2]);
    const says = live(root);
    redraw([trials, noise], () => {
      const n = Number(trials.value);
      const s = Number(noise.value);
      frame.layer.replaceChildren();
      curve(frame, (x) => density(x / s) / s, range, { class: "nn-line" });
      curve(frame, (x) => (n * density(x / s) * cumulative(x / s) ** (n - 1)) / s,
        range, { class: "nn-line nn-dashed" });
      says.textContent =
        `${n} settings that are equally good: the best of them looks ` +
        `${(s * expectedMaximum(n)).toFixed(2)} points better than it is, on average.`;
    });
  }

  function programs(root) {
    const range = [1, 200];
    const seconds = (value) => value.toFixed(2) + " s";
    const networks = slider(root, "networks", { min: 1, max: 200, step: 1, value: 75 }, String);
    const compile = slider(root, "compiling one program",
      { min: 0.1, max: 5, step: 0.1, value: 1.5 }, seconds);
    const run = slider(root, "training one network",
      { min: 0.05, max: 5, step: 0.05, value: 0.3 }, seconds);
    const gain = slider(root, "gain of training together", { min: 1, max: 30, step: 1, value: 5 },
      (value) => value + " times");
    const frame = plot(root, "times faster than a program each: one shared program (solid) and " +
      "trained together (dashed), by the number of networks", range, [0, 40]);
    const says = live(root);
    redraw([networks, compile, run, gain], () => {
      const taken = (n) =>
        searchSeconds(n, Number(compile.value), Number(run.value), Number(gain.value));
      frame.layer.replaceChildren();
      curve(frame, (n) => taken(n).own / taken(n).shared, range, { class: "nn-line" });
      curve(frame, (n) => taken(n).own / taken(n).together, range, { class: "nn-line nn-dashed" });
      const now = taken(Number(networks.value));
      says.textContent =
        `${networks.value} networks: ${now.own.toFixed(0)} s with a program each, ` +
        `${now.shared.toFixed(0)} s with one (${(now.own / now.shared).toFixed(1)} times faster), ` +
        `${now.together.toFixed(0)} s together (${(now.own / now.together).toFixed(1)} times).`;
    });
  }

  function tpe(root) {
    const range = [0, 1];
    const width = 0.08;
    const normal = randomNormals(3);
    // Trials at random places; the truth is a hill, and every score is a little off.
    const all = Array.from({ length: 100 }, () => {
      const x = cumulative(normal());
      return { x, score: density((x - 0.7) / 0.2) + 0.03 * normal() };
    });
    const trials = slider(root, "trials so far", { min: 4, max: 100, step: 1, value: 20 }, String);
    const share = slider(root, "share that counts as good",
      { min: 0.05, max: 0.5, step: 0.05, value: 0.25 }, (value) => value.toFixed(2));
    const frame = plot(root, "density of the good trials (solid) and of the others (dashed), over " +
      "one parameter; the vertical line is where the next trial looks", range, [0, 6]);
    const says = live(root);
    redraw([trials, share], () => {
      const seen = all.slice(0, Number(trials.value)).sort((a, b) => b.score - a.score);
      const n = Math.max(1, Math.round(seen.length * Number(share.value)));
      const [good, others] = [seen.slice(0, n), seen.slice(n)].map((list) => list.map((t) => t.x));
      const steps = Array.from({ length: 201 }, (_, i) => i / 200);
      const ratio = (x) => parzen(x, good, width) / (parzen(x, others, width) + 1e-3);
      const next = steps.reduce((top, x) => (ratio(x) > ratio(top) ? x : top), 0);
      frame.layer.replaceChildren();
      curve(frame, (x) => parzen(x, good, width), range, { class: "nn-line" });
      curve(frame, (x) => parzen(x, others, width), range, { class: "nn-line nn-dashed" });
      [[good, "nn-dot"], [others, "nn-dot nn-faint"]].forEach(([list, name]) => list.forEach((x) =>
        element(frame.layer, "circle", { cx: frame.x(x), cy: frame.y(0.1), r: 3, class: name })));
      element(frame.layer, "line", { x1: frame.x(next), x2: frame.x(next), y1: frame.y(0),
        y2: frame.y(6), class: "nn-axis" });
      says.textContent =
        `${n} of ${seen.length} trials count as good. The next is tried at ${next.toFixed(2)}, where ` +
        "good ones are dense and others are rare; the hill's top is at 0.70.";
    });
  }

  function workers(root) {
    const range = [1, 32];
    const train = slider(root, "training one group alone",
      { min: 1, max: 60, step: 1, value: 10 }, (value) => value + " s");
    const tell = slider(root, "storing one trial",
      { min: 0, max: 0.2, step: 0.005, value: 0.02 }, (value) => value.toFixed(3) + " s");
    const group = slider(root, "trials in a group", { min: 1, max: 64, step: 1, value: 8 }, String);
    const count = slider(root, "workers", { min: 1, max: 32, step: 1, value: 4 }, String);
    const frame = plot(root, "times faster than one worker (solid) and the number of workers " +
      "(dashed), by the number of workers", range, [0, 32]);
    const says = live(root);
    redraw([train, tell, group, count], () => {
      const taken = (n) => studySeconds(512, Math.round(n), Number(group.value), 5,
        Number(train.value), Number(tell.value));
      frame.layer.replaceChildren();
      curve(frame, (n) => taken(1) / taken(n), range, { class: "nn-line" });
      curve(frame, (n) => n, range, { class: "nn-line nn-dashed" });
      const n = Number(count.value);
      says.textContent =
        `512 trials: ${taken(1).toFixed(0)} s with one worker, ${taken(n).toFixed(0)} s with ${n} ` +
        `(${(taken(1) / taken(n)).toFixed(1)} times faster).`;
    });
  }

  function gradient(root) {
    const names = ["first", "second", "third"];
    const inputs = names.map((name, index) => slider(root, `number of the ${name} class`,
      { min: -4, max: 4, step: 0.1, value: [1, 2, -1][index] }, (value) => value.toFixed(1)));
    const truth = choice(root, "true class", names, "first");
    const frame = plot(root, "probabilities of three classes (dots) and what is wanted (lines)",
      [0, 4], [0, 1]);
    const says = live(root);
    redraw([...inputs, truth], () => {
      const p = softmax(inputs.map((input) => Number(input.value)));
      const wanted = names.map((name) => (name === truth.value ? 1 : 0));
      frame.layer.replaceChildren();
      p.forEach((value, index) => {
        const x = frame.x(index + 1);
        element(frame.layer, "line", { x1: x, x2: x, y1: frame.y(value),
          y2: frame.y(wanted[index]), class: "nn-line nn-dashed" });
        element(frame.layer, "circle", { cx: x, cy: frame.y(value), r: 5, class: "nn-dot" });
      });
      const loss = -Math.log(p[wanted.indexOf(1)]);
      const slopes = p.map((value, index) => (value - wanted[index]).toFixed(3)).join(", ");
      says.textContent = `The loss is ${loss.toFixed(2)}. Its gradient, probability minus what is ` +
        `wanted, is ${slopes}: a step goes the other way, and the three always sum to nothing.`;
    });
  }

  function dropout(root) {
    const rate = slider(root, "dropout rate", { min: 0, max: 0.9, step: 0.05, value: 0.5 },
      (value) => value.toFixed(2));
    const exponent = slider(root, "units", { min: 0, max: 9, step: 1, value: 4 },
      (value) => String(2 ** value));
    const frame = plot(root, "what the next layer sees of the same units, in 200 steps",
      [0, 3], [0, 1]);
    const says = live(root);
    redraw([rate, exponent], () => {
      const [share, units] = [Number(rate.value), 2 ** Number(exponent.value)];
      const uniform = randomUniforms(1);
      frame.layer.replaceChildren();
      for (let step = 0; step < 200; step++) {
        element(frame.layer, "circle", { cy: frame.y(0.08 + (0.84 * step) / 200), r: 3,
          cx: frame.x(Math.min(3, droppedMean(units, share, uniform))), class: "nn-dot nn-faint" });
      }
      says.textContent = `The mean of ${units} units that all put out 1: it stays 1 on average, ` +
        `since what is left is divided by ${(1 - share).toFixed(2)}, and scatters with a standard ` +
        `deviation of ${droppedSpread(units, share).toFixed(2)}.`;
    });
  }

  function shrink(root) {
    const range = [-2, 2];
    const number = (value) => value.toFixed(2);
    const l1 = slider(root, "L1", { min: 0, max: 1.5, step: 0.05, value: 0.5 }, number);
    const l2 = slider(root, "L2", { min: 0, max: 1.5, step: 0.05, value: 0 }, number);
    const at = slider(root, "weight without penalty",
      { min: -2, max: 2, step: 0.05, value: 0.4 }, number);
    const frame = plot(root, "the best weight under the penalties (solid), without them (dashed)",
      range, [-2, 2]);
    const says = live(root);
    redraw([l1, l2, at], () => {
      const [one, two, a] = [Number(l1.value), Number(l2.value), Number(at.value)];
      frame.layer.replaceChildren();
      curve(frame, (x) => x, range, { class: "nn-line nn-dashed" });
      curve(frame, (x) => shrunk(x, one, two), range, { class: "nn-line" });
      const w = shrunk(a, one, two);
      element(frame.layer, "circle", { cx: frame.x(a), cy: frame.y(w), r: 4, class: "nn-dot" });
      says.textContent = `A weight that would be ${a.toFixed(2)} becomes ${w.toFixed(2)}: ` +
        (w === 0 && a !== 0 ? "L1 has set it to zero, and it is gone." :
          "L1 takes the same amount off every weight, L2 the same share.");
    });
  }

  const widgets = {
    activation, batches, best, blur, dropout, gradient, programs, shrink, tpe, workers,
  };
  document.querySelectorAll(".nn-widget").forEach((root) => widgets[root.dataset.nn](root));
})();
