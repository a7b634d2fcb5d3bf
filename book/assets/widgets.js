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

  // The first number of each batch as batch normalization puts it out: in training by the batch's
  // own mean and variance, and in inference by the running ones after that batch.
  function runningNormalization(batches, momentum, epsilon, gamma, beta) {
    let [mean, variance] = [0, 1];
    return batches.map((batch) => {
      const now = batch.reduce((sum, value) => sum + value, 0) / batch.length;
      const square = batch.reduce((sum, value) => sum + (value - now) ** 2, 0) / batch.length;
      mean = momentum * mean + (1 - momentum) * now;
      variance = momentum * variance + (1 - momentum) * square;
      const training = standardize(batch, epsilon)[0];
      const inference = (batch[0] - mean) / Math.sqrt(variance + epsilon);
      return { training: gamma * training + beta, inference: gamma * inference + beta };
    });
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

  // Settings and epochs of each rung of successive halving; one in `factor` goes on.
  function rungs(n, most, factor) {
    const log = (x) => {
      let power = 0;
      while (factor ** (power + 1) <= x) power += 1;
      return power;
    };
    const last = Math.min(log(n), log(most));
    const found = [];
    for (let i = 0, left = n; i <= last; i += 1, left = Math.ceil(left / factor)) {
      found.push([left, Math.floor(most / factor ** (last - i))]);
    }
    return found;
  }

  // Epochs that are trained in all, if settings go on from the weights that they have.
  function epochsOfHalving(n, most, factor) {
    return rungs(n, most, factor).reduce(([sum, before], [left, epochs]) =>
      [sum + left * (epochs - before), epochs], [0, 0])[0];
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

  // -sum p ln q of two probability distributions; a zero in p takes its term away.
  function crossEntropy(p, q) {
    return p.reduce((sum, value, i) => sum - (value > 0 ? value * Math.log(q[i]) : 0), 0);
  }

  // What each class of a linear model computes of a picture.
  function linearScores(kernel, bias, pixels) {
    return bias.map((value, label) =>
      pixels.reduce((sum, pixel, i) => sum + pixel * kernel[i][label], value));
  }

  // One step of an optimizer for one number: Keras's formulas and defaults.
  const optimizers = {
    sgd: (state, g, rate) => -rate * g,
    momentum: (state, g, rate) => (state.m = 0.9 * state.m - rate * g),
    adagrad: (state, g, rate) => {
      state.v = (state.t === 1 ? 0.1 : state.v) + g * g;
      return (-rate * g) / Math.sqrt(state.v + 1e-7);
    },
    rmsprop: (state, g, rate) => {
      state.v = 0.9 * state.v + 0.1 * g * g;
      return (-rate * g) / Math.sqrt(state.v + 1e-7);
    },
    adadelta: (state, g, rate) => {
      state.v = 0.95 * state.v + 0.05 * g * g;
      const step = (-g * Math.sqrt(state.m + 1e-7)) / Math.sqrt(state.v + 1e-7);
      state.m = 0.95 * state.m + 0.05 * step * step;
      return rate * step;
    },
    adam: (state, g, rate) => {
      state.m = 0.9 * state.m + 0.1 * g;
      state.v = 0.999 * state.v + 0.001 * g * g;
      const mean = state.m / (1 - 0.9 ** state.t);
      return (-rate * mean) / (Math.sqrt(state.v / (1 - 0.999 ** state.t)) + 1e-7);
    },
  };

  // The way down the valley (x^2 + 20 y^2) / 2 from (-4, 1), step by step.
  function descend(name, rate, steps) {
    const states = [{ m: 0, v: 0 }, { m: 0, v: 0 }];
    const path = [[-4, 1]];
    for (let t = 1; t <= steps; t++) {
      const at = path[path.length - 1];
      path.push(at.map((value, axis) => {
        states[axis].t = t;
        return value + optimizers[name](states[axis], [1, 20][axis] * value, rate);
      }));
    }
    return path;
  }
  const valley = ([x, y]) => (x * x + 20 * y * y) / 2;

  // The loss w^2 / 2 under steps along its slope w, to which a batch adds noise of 1 / sqrt(batch).
  function noisyLosses(rate, batch, steps, normal) {
    let w = 2;
    return Array.from({ length: steps + 1 }, (_, step) => {
      if (step > 0) w -= rate * (w + normal() / Math.sqrt(batch));
      return (w * w) / 2;
    });
  }
  // Where that loss settles, if the rate is below two.
  const noiseFloor = (rate, batch) => rate / (2 * (2 - rate) * batch);

  // As a layer of a network computes it: the kernel is not turned around.
  function crossCorrelate(image, kernel, stride, padding) {
    const size = kernel.length;
    const at = (y, x) => (image[y - padding] || [])[x - padding] || 0;
    const places = (length) => Math.floor((length + 2 * padding - size) / stride) + 1;
    return Array.from({ length: places(image.length) }, (_, i) =>
      Array.from({ length: places(image[0].length) }, (_, j) =>
        kernel.reduce((sum, weights, u) => sum + weights.reduce((row, weight, v) =>
          row + weight * at(i * stride + u, j * stride + v), 0), 0)));
  }

  function pool(image, size, kind) {
    const places = (length) => Array.from({ length: Math.floor(length / size) }, (_, i) => i * size);
    return places(image.length).map((y) => places(image[0].length).map((x) => {
      const values = image.slice(y, y + size).map((row) => row.slice(x, x + size)).flat();
      const sum = values.reduce((total, value) => total + value, 0);
      return kind === "max" ? Math.max(...values) : sum / values.length;
    }));
  }

  // Two-sided 5 % points of Student's t with 1, 2, ... degrees of freedom.
  const CRITICAL = [
    12.7062, 4.3027, 3.1824, 2.7764, 2.5706, 2.4469, 2.3646, 2.306, 2.2622, 2.2281, 2.201, 2.1788,
    2.1604, 2.1448, 2.1314, 2.1199, 2.1098, 2.1009, 2.093, 2.086, 2.0796, 2.0739, 2.0687, 2.0639,
    2.0595, 2.0555, 2.0518, 2.0484, 2.0452,
  ];

  // Mean difference of n seeds and half the width of its 95 % interval, of many studies.
  function studies(n, difference, spread, count, normal) {
    return Array.from({ length: count }, () => {
      const values = Array.from({ length: n }, () => difference + spread * normal());
      const mean = values.reduce((sum, value) => sum + value, 0) / n;
      const square = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (n - 1);
      return { mean, half: CRITICAL[n - 2] * Math.sqrt(square / n) };
    });
  }

  // How often the mean of networks is wrong, if each one's margin is normal with variance 1, any two
  // are correlated, and one alone is wrong with a given probability.
  function errorTogether(alone, correlation, networks) {
    let [low, high] = [-8, 8];
    for (let i = 0; i < 60; i++) {
      const middle = (low + high) / 2;
      if (cumulative(-middle) > alone) low = middle;
      else high = middle;
    }
    return cumulative(-low / Math.sqrt(correlation + (1 - correlation) / networks));
  }

  // A picture as augmentation shows it to a network; pixels beyond black and white are cut there.
  function augmented(image, { size, top, left, flip, brightness, contrast }) {
    const window_ = image.slice(top, top + size).map((row) => {
      const part = row.slice(left, left + size);
      return (flip ? part.reverse() : part).map((value) => value + brightness);
    });
    const mean = window_.flat().reduce((sum, value) => sum + value, 0) / size ** 2;
    const moved = window_.map((row) => row.map((value) => (value - mean) * contrast + mean));
    return moved.map((row) => row.map((value) => Math.max(0, Math.min(1, value))));
  }

  // The best epoch and the last one, from 0, of a training that stops early.
  function stopEarly(losses, patience, change) {
    let best = 0;
    for (let epoch = 1; epoch < losses.length; epoch++) {
      if (losses[epoch] + change < losses[best]) best = epoch;
      else if (epoch - best >= patience) return [best, epoch];
    }
    return [best, losses.length - 1];
  }

  // Two bells, one around zero and so many times as frequent as the rare one at a distance: where
  // a weight of the rare class puts the border, and what is right on both sides.
  function weighed(weight, times, distance) {
    const border = distance / 2 + Math.log(times / weight) / distance;
    const [rare, common] = [cumulative(distance - border), cumulative(border)];
    const [found, wrong] = [rare, times * (1 - common)].map((one) => one / (1 + times));
    const accuracy = found + (times * common) / (1 + times);
    return { border, rare, common, said: found + wrong, precision: found / (found + wrong), accuracy };
  }

  // The states of the controls of a page as the end of an address, and back.
  function writeState(states) {
    return Object.entries(states).map(([name, values]) =>
      name + "=" + values.map(encodeURIComponent).join(",")).join("&");
  }

  function readState(text) {
    const pairs = text.split("&").map((one) => one.split("=")).filter((one) => one.length === 2);
    return Object.fromEntries(pairs.map(([name, values]) => [name, values.split(",").map((one) => {
      try {
        return decodeURIComponent(one);
      } catch {
        return "";
      }
    })]));
  }

  // What a reader is told who has chosen an answer, or none.
  function answered(chosen) {
    if (!chosen) return "Choose an answer first.";
    return (chosen.right ? "Right. " : "Not right. ") + chosen.reason;
  }

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
    CRITICAL, activations, answered, augmented, convolve, crossCorrelate, crossEntropy, cumulative, density,
    descend, droppedMean, droppedSpread, epochsOfHalving, errorTogether, expectedMaximum,
    gaussianKernel, linearScores, noiseFloor,
    noisyLosses, parzen, pool, randomNormals, randomUniforms, readState, rungs, runningNormalization,
    searchSeconds, shrunk, softmax, standardize, stopEarly, studies, studySeconds, weighed, writeState,
  };
  if (typeof module !== "undefined") module.exports = mathematics;
  if (typeof document === "undefined") return;

  // ------------------------------------------------------------------------------ tables

  // A frame with a named index has a second row of heads. Two rows become one, and a head without
  // a word becomes a plain cell.
  function tidyHeads(table) {
    const [first, second] = table.tHead ? table.tHead.rows : [];
    if (second && first.cells.length === second.cells.length) {
      [...first.cells].forEach((cell, i) => {
        if (!cell.textContent.trim()) cell.textContent = second.cells[i].textContent;
      });
      if ([...second.cells].every((cell, i) =>
        [first.cells[i].textContent, ""].includes(cell.textContent.trim()))) second.remove();
    }
    [...table.querySelectorAll("thead th")].filter((cell) => !cell.textContent.trim())
      .forEach((cell) => cell.replaceWith(document.createElement("td")));
  }

  // Each cell knows its head, which a card shows before it.
  function nameCells(table) {
    const heads = table.tHead ? [...table.tHead.rows[0].cells] : [];
    [...table.tBodies].flatMap((body) => [...body.rows]).forEach((row) => {
      if (row.cells.length !== heads.length) return;
      [...row.cells].forEach((cell, i) => {
        const head = heads[i].textContent.trim();
        if (head) cell.dataset.head = head;
      });
    });
  }

  // The box that would cut a table off.
  function boxOf(table) {
    let box = table.parentElement;
    while (box.parentElement && getComputedStyle(box).overflowX === "visible") {
      if (box.matches("section, article, details, dd")) break;
      box = box.parentElement;
    }
    return box;
  }

  function fitTable(table) {
    const tooWide = () =>
      table.getBoundingClientRect().right > boxOf(table).getBoundingClientRect().right + 1;
    const choices = [[], ["nn-tight"], ["nn-tight", "nn-cards"]];
    choices.some((names) => {
      table.classList.remove("nn-tight", "nn-cards");
      table.classList.add(...names);
      return !tooWide();
    });
  }

  const tables = [...document.querySelectorAll(".bd-article table")];
  const fitTables = () => tables.forEach(fitTable);
  tables.forEach(tidyHeads);
  tables.forEach(nameCells);
  fitTables();
  let fitting = 0;
  addEventListener("resize", () => {
    cancelAnimationFrame(fitting);
    fitting = requestAnimationFrame(fitTables);
  });

  // ------------------------------------------------------------------------------ drawing

  const WIDTH = 480;
  const HEIGHT = 280;
  const [LEFT, TOP, BOTTOM] = [46, 24, 44];
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

  // What the axes and the lines mean: x and y are titles, lines pairs of a class and a word, and
  // ticks, if there are any, the words below the x axis by their place; plain leaves out the y axis's
  // numbers, where they mean nothing.
  function plot(parent, label, xRange, yRange, { x: across, y: up, lines = [], ticks, plain }) {
    element(parent, "p", { class: "nn-caption" }, label[0].toUpperCase() + label.slice(1) + ".");
    if (lines.length) legend(parent, lines);
    const svg = element(parent, "svg", {
      viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: "img", "aria-label": label, class: "nn-plot",
    });
    const frame = { svg, x: (value) =>
      LEFT + ((value - xRange[0]) / (xRange[1] - xRange[0])) * (WIDTH - LEFT - 14) };
    const axes = element(svg, "g");
    element(svg, "text", { x: 2, y: 13, class: "nn-tick nn-title" }, up);
    element(svg, "text", { x: (LEFT + WIDTH) / 2, y: HEIGHT - 4, class: "nn-tick" }, across);
    frame.rescale = (range) => {
      frame.yRange = range;
      frame.y = (value) => HEIGHT - BOTTOM -
        ((value - range[0]) / (range[1] - range[0])) * (HEIGHT - TOP - BOTTOM);
      axes.replaceChildren();
      axis(axes, frame, xRange, range, ticks, plain);
    };
    frame.rescale(yRange);
    frame.layer = element(svg, "g");
    return frame;
  }

  function legend(parent, lines) {
    const list = element(parent, "ul", { class: "nn-legend" });
    lines.forEach(([name, text]) => {
      const item = element(list, "li", {});
      const svg = element(item, "svg", { viewBox: "0 0 28 12", "aria-hidden": "true" });
      if (/nn-(dot|goal)/.test(name)) element(svg, "circle", { cx: 14, cy: 6, r: 4, class: name });
      else element(svg, "path", { d: "M1,6L27,6", class: name });
      element(item, "span", {}, text);
    });
  }

  function axis(parent, { x, y }, xRange, yRange, ticks, plain) {
    const [left, right, bottom, top] = [...xRange, ...yRange];
    const base = Math.max(bottom, Math.min(0, top));
    const line = (x1, x2, y1, y2) => element(parent, "line", { x1, x2, y1, y2, class: "nn-axis" });
    line(x(left), x(right), y(base), y(base));
    line(x(left), x(left), y(bottom), y(top));
    Object.entries(ticks || { [left]: 0, [(left + right) / 2]: 0, [right]: 0 })
      .forEach(([value, text]) => element(parent, "text",
        { x: x(Number(value)), y: HEIGHT - BOTTOM + 16, class: "nn-tick" },
        text || short(Number(value))));
    if (!plain) [bottom, (bottom + top) / 2, top].forEach((value) => element(parent, "text",
      { x: LEFT - 6, y: y(value) + 4, class: "nn-tick nn-left" }, short(value)));
  }

  // The next of 1, 2, 5, 10, 20, ... that is not below a value.
  function roundUp(value) {
    const power = 10 ** Math.floor(Math.log10(value));
    return power * [1, 2, 5, 10].find((step) => step * power >= value);
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

  // ------------------------------------------------------------------------------ search

  // What a search shows of a page is its prose, without buttons, code and the page's contents.
  function prose(page) {
    const article = new DOMParser().parseFromString(page, "text/html").querySelector("article");
    if (!article) return page;
    article.querySelectorAll(".cell_input, details.hide, div.highlight, table, .headerlink, " +
      "noscript, .katex-mathml, script, style").forEach((node) => node.remove());
    return `<div role="main">${article.innerHTML}</div>`;
  }

  if (typeof Search !== "undefined") {
    const whole = Search.htmlToText;
    Search.htmlToText = (page, anchor) => whole(prose(page), anchor);
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

  // Zero is mid gray, so that negative numbers are seen.
  function paintSigned(canvas, image) {
    const highest = Math.max(1e-9, ...image.flat().map(Math.abs));
    paint(canvas, image.map((row) => row.map((value) => value + highest)), 2 * highest);
  }

  function picture(parent, label) {
    const box = element(parent, "figure", {});
    const canvas = element(box, "canvas", { role: "img", "aria-label": label });
    element(box, "figcaption", { class: "nn-caption" }, label);
    return canvas;
  }

  function blur(root) {
    const image = JSON.parse(root.dataset.pixels);
    const highest = Math.max(...image.flat());
    const total = (pixels) => pixels.flat().reduce((sum, value) => sum + value, 0);
    const size = choice(root, "kernel size", [3, 5, 7], 3);
    const sigma = slider(root, "standard deviation σ",
      { min: 0.3, max: 3, step: 0.1, value: 1 }, (value) => value.toFixed(1) + " pixels");
    const normalize = control(root, "divide by the sum", "input", { type: "checkbox" });
    const row = element(root, "div", { class: "nn-pictures nn-three" });
    const [before, after, shown] =
      ["the digit", "after the kernel", "the kernel, its highest is white"].map((text) =>
        picture(row, text));
    const says = live(root);
    paint(before, image, highest);
    redraw([size, sigma, normalize], () => {
      const kernel = gaussianKernel(Number(size.value), Number(sigma.value), normalize.checked);
      const blurred = convolve(image, kernel);
      paint(after, blurred, highest);
      paint(shown, kernel, Math.max(...kernel.flat()));
      const clipped = Math.max(...blurred.flat()) > highest * 1.005;
      says.textContent =
        `The kernel sums to ${total(kernel).toFixed(3)}: the picture keeps ` +
        `${((100 * total(blurred)) / total(image)).toFixed(1)} % of its light, and its brightest ` +
        `pixel is at ${((100 * Math.max(...blurred.flat())) / highest).toFixed(0)} % ` +
        "of what it was." + (clipped ? " What is above 100 % is drawn as white." : "");
    });
  }

  function activation(root) {
    const range = [-4, 4];
    const name = choice(root, "activation", Object.keys(activations), "sigmoid");
    const at = slider(root, "input z", { min: -4, max: 4, step: 0.1, value: 2 },
      (value) => value.toFixed(1));
    const depth = slider(root, "layers", { min: 1, max: 30, step: 1, value: 10 }, String);
    const frame = plot(root, "the activation (solid) and its derivative (dashed)", range, [-1.5, 2.5],
      { x: "input z", y: "output",
        lines: [["nn-line", "activation f"], ["nn-line nn-dashed", "derivative f′"],
          ["nn-dot", "at this z"]] });
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
        `f(z) = ${f(z).toFixed(3)} and f′(z) = ${df(z).toFixed(3)}. ${depth.value} such ` +
        `layers multiply a gradient by ${factor.toPrecision(2)}, apart from the weights.` +
        (df(z) === 0 ? " Here no gradient passes. A unit with such an input for all examples no " +
          "longer learns." : "");
    });
  }

  function batches(root) {
    const exponent = slider(root, "batch size", { min: 1, max: 9, step: 1, value: 3 },
      (value) => String(2 ** value));
    const frame = plot(root, "the same example, normalized in many batches", [-3, 3], [0, 1],
      { x: "normalized value", y: "batches, one a row", plain: true,
        lines: [["nn-dot nn-faint", "one batch"], ["nn-line nn-dashed", "true value"]] });
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
        `The true normalized value of the example is 1 (dashed). In 200 random batches of ${size}, ` +
        `its normalized value has a standard deviation of ${spread.toFixed(2)}.`;
    });
  }

  function best(root) {
    const range = [-4, 5];
    const trials = slider(root, "settings tried", { min: 1, max: 200, step: 1, value: 20 }, String);
    const noise = slider(root, "noise of one score", { min: 0.1, max: 2, step: 0.1, value: 0.5 },
      (value) => value.toFixed(1) + " points");
    const frame = plot(root, "density of one score (solid) and of the best score (dashed)",
      range, [0, 1], { x: "points better than the setting is", y: "density, highest is 1",
        lines: [["nn-line", "one score"], ["nn-line nn-dashed", "best score"]] });
    const says = live(root);
    redraw([trials, noise], () => {
      const n = Number(trials.value);
      const s = Number(noise.value);
      frame.layer.replaceChildren();
      const best = (x) => (n * density(x / s) * cumulative(x / s) ** (n - 1)) / s;
      const places = Array.from({ length: 901 }, (_, i) => range[0] + i / 100);
      const highest = Math.max(...places.map(best), density(0) / s);
      curve(frame, (x) => density(x / s) / s / highest, range, { class: "nn-line" });
      curve(frame, (x) => best(x) / highest, range, { class: "nn-line nn-dashed" });
      says.textContent =
        n === 1 ? "One setting alone is not chosen by its score: on average it looks as good as it is."
        : `${n} settings that are equally good: the best of them looks ` +
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
      "trained together (dashed), by the number of networks", range, [0, 40],
      { x: "networks", y: "times faster",
        lines: [["nn-line", "one shared program"], ["nn-line nn-dashed", "trained together"]] });
    const says = live(root);
    redraw([networks, compile, run, gain], () => {
      const taken = (n) =>
        searchSeconds(n, Number(compile.value), Number(run.value), Number(gain.value));
      frame.layer.replaceChildren();
      frame.rescale([0, roundUp(taken(200).own / taken(200).together)]);
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
      "one parameter; the vertical line is where the next trial looks", range, [0, 6],
      { x: "parameter", y: "density",
        lines: [["nn-line", "good trials"], ["nn-line nn-dashed", "other trials"],
          ["nn-axis", "next trial"], ["nn-dot", "a good trial"],
          ["nn-dot nn-faint", "another trial"]] });
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
        "the density of good ones is the largest multiple of the others'. Where there are few trials " +
        "of both, at an edge for instance, that says little. The hill's top is at 0.70. Optuna " +
        "counts a tenth of the trials as good, and 25 at most.";
    });
  }

  function workers(root) {
    const range = [1, 32];
    const train = slider(root, "training one trial",
      { min: 1, max: 60, step: 1, value: 10 }, (value) => value + " s");
    const tell = slider(root, "storing one trial",
      { min: 0, max: 0.2, step: 0.005, value: 0.02 }, (value) => value.toFixed(3) + " s");
    const group = slider(root, "trials in a group", { min: 1, max: 64, step: 1, value: 8 }, String);
    const count = slider(root, "workers", { min: 1, max: 32, step: 1, value: 4 }, String);
    const frame = plot(root, "times faster than one worker (solid) and the number of workers " +
      "(dashed), by the number of workers", range, [0, 32],
      { x: "workers", y: "times faster",
        lines: [["nn-line", "this study"], ["nn-line nn-dashed", "as many times as workers"]] });
    const says = live(root);
    redraw([train, tell, group, count], () => {
      const taken = (n) => studySeconds(512, Math.round(n), Number(group.value), 5,
        Number(group.value) * Number(train.value), Number(tell.value));
      frame.layer.replaceChildren();
      curve(frame, (n) => taken(1) / taken(n), range, { class: "nn-line" });
      curve(frame, (n) => n, range, { class: "nn-line nn-dashed" });
      const n = Number(count.value);
      says.textContent =
        `A group trains for ${group.value} × ${train.value} s, as on a machine that gains nothing ` +
        "by training together, and compiling takes 5 s. " +
        `512 trials: ${taken(1).toFixed(0)} s with one worker, ${taken(n).toFixed(0)} s with ${n} ` +
        `(${(taken(1) / taken(n)).toFixed(1)} times faster).`;
    });
  }

  function halving(root) {
    const count = slider(root, "settings", { min: 2, max: 243, step: 1, value: 81 }, String);
    const most = slider(root, "epochs of a whole training", { min: 2, max: 81, step: 1, value: 27 },
      String);
    const factor = slider(root, "one in so many goes on", { min: 2, max: 5, step: 1, value: 3 },
      String);
    const frame = plot(root, "settings that are left (solid) and those of a whole grid (dashed), " +
      "by the share of a whole training", [0, 1], [0, 1],
      { x: "share of a whole training", y: "settings in training, share",
        lines: [["nn-line", "halving"], ["nn-line nn-dashed", "whole grid"]] });
    const says = live(root);
    redraw([count, most, factor], () => {
      const [n, epochs, eta] = [count, most, factor].map((one) => Number(one.value));
      const found = rungs(n, epochs, eta);
      const left = (share) =>
        (found.find(([, until]) => share * epochs <= until + 1e-9) || [0])[0] / n;
      frame.layer.replaceChildren();
      curve(frame, left, [0, 1], { class: "nn-line" });
      curve(frame, () => 1, [0, 1], { class: "nn-line nn-dashed" });
      const all = epochsOfHalving(n, epochs, eta);
      says.textContent = "Rungs: " +
        found.map(([settings, until]) => `${settings} to epoch ${until}`).join(", ") +
        `. ${all} epochs in all; the whole grid takes ${n * epochs} ` +
        `(${((n * epochs) / all).toFixed(1)} times as many).`;
    });
  }

  function gradient(root) {
    const names = ["first", "second", "third"];
    const inputs = names.map((name, index) => slider(root, `logit of the ${name} class`,
      { min: -4, max: 4, step: 0.1, value: [1, 2, -1][index] }, (value) => value.toFixed(1)));
    const truth = choice(root, "true class", names, "first");
    const frame = plot(root, "probabilities of three classes (dots) and what is wanted (lines)",
      [0, 4], [0, 1],
      { x: "class", y: "probability", ticks: { 1: "first", 2: "second", 3: "third" },
        lines: [["nn-dot", "probability"], ["nn-line nn-dashed", "how far from what is wanted"]] });
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
      says.textContent = `The loss is ${loss.toFixed(2)}. Its gradient, probability minus truth, ` +
        `is ${slopes}. A step goes the other way. The three numbers always sum to zero.`;
    });
  }

  function dropout(root) {
    const rate = slider(root, "dropout rate", { min: 0, max: 0.9, step: 0.05, value: 0.5 },
      (value) => value.toFixed(2));
    const exponent = slider(root, "units", { min: 0, max: 9, step: 1, value: 4 },
      (value) => (value === 0 ? "1 unit" : 2 ** value + " units"));
    const frame = plot(root, "what the next layer sees of the same units, in 200 steps",
      [0, 4], [0, 1],
      { x: "mean of the units", y: "steps, one a row", plain: true,
        lines: [["nn-dot nn-faint", "one step"]] });
    const says = live(root);
    redraw([rate, exponent], () => {
      const [share, units] = [Number(rate.value), 2 ** Number(exponent.value)];
      const uniform = randomUniforms(1);
      frame.layer.replaceChildren();
      let outside = 0;
      for (let step = 0; step < 200; step++) {
        const mean = droppedMean(units, share, uniform);
        if (mean > 4) outside += 1;
        element(frame.layer, "circle", { cy: frame.y(0.08 + (0.84 * step) / 200), r: 3,
          cx: frame.x(Math.min(4, mean)), class: "nn-dot nn-faint" });
      }
      says.textContent = (units === 1 ? "Without dropout the output of the unit is 1. " :
        `Without dropout the mean of the ${units} units is 1. `) + "With dropout it is 1 on average, " +
        `because the kept units are divided by ${(1 - share).toFixed(2)}. Its standard ` +
        `deviation is ${droppedSpread(units, share).toFixed(2)}.` +
        (outside ? ` In ${outside} of 200 steps it is above 4, and drawn at 4.` : "");
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
      range, [-2, 2],
      { x: "weight without penalty", y: "best weight",
        lines: [["nn-line", "under the penalties"], ["nn-line nn-dashed", "without them"],
          ["nn-dot", "this weight"]] });
    const says = live(root);
    redraw([l1, l2, at], () => {
      const [one, two, a] = [Number(l1.value), Number(l2.value), Number(at.value)];
      frame.layer.replaceChildren();
      curve(frame, (x) => x, range, { class: "nn-line nn-dashed" });
      curve(frame, (x) => shrunk(x, one, two), range, { class: "nn-line" });
      const w = shrunk(a, one, two);
      element(frame.layer, "circle", { cx: frame.x(a), cy: frame.y(w), r: 4, class: "nn-dot" });
      says.textContent = `A weight that would be ${a.toFixed(2)} becomes ${w.toFixed(2)}: ` +
        (w === 0 && a !== 0 ? "L1 has set it to zero." :
          "L1 makes every weight smaller by the same amount, and L2 by the same share.") +
        (two === 0 ? " To see L2 alone, set L1 to zero and raise L2." : "");
    });
  }

  function linear(root) {
    const { kernel, bias, digits } = JSON.parse(root.dataset.model);
    const which = slider(root, "digit", { min: 1, max: digits.length, step: 1, value: 1 }, String);
    const label = slider(root, "class", { min: 0, max: 9, step: 1, value: 0 }, String);
    const row = element(root, "div", { class: "nn-pictures nn-three" });
    const [image, weights, product] = ["the digit", "the weights of the class, zero is gray",
      "digit times weights, zero is gray"].map((text) => picture(row, text));
    const says = live(root);
    const square = (list) => Array.from({ length: 8 }, (_, y) => list.slice(8 * y, 8 * y + 8));
    redraw([which, label], () => {
      const pixels = digits[Number(which.value) - 1];
      const of = kernel.map((values) => values[Number(label.value)]);
      paint(image, square(pixels), 1);
      paintSigned(weights, square(of));
      paintSigned(product, square(pixels.map((pixel, i) => pixel * of[i])));
      const scores = linearScores(kernel, bias, pixels);
      const p = softmax(scores);
      says.textContent = `The pictures are the digit, the weights of class ${label.value}, and their product. ` +
        "The sum of the product and the bias is the score, " +
        `${scores[Number(label.value)].toFixed(1)}. The softmax gives this class ` +
        `${(100 * p[Number(label.value)]).toFixed(0)} %. ` +
        `Class ${p.indexOf(Math.max(...p))} has the highest score.`;
    });
  }

  function entropy(root) {
    const range = [0.01, 0.99];
    const share = (value) => value.toFixed(2);
    const truth = slider(root, "true probability p",
      { min: 0, max: 1, step: 0.05, value: 1 }, share);
    const said = slider(root, "predicted probability q",
      { min: 0.01, max: 0.99, step: 0.01, value: 0.7 }, share);
    const frame = plot(root, "cross-entropy (solid) over the predicted probability, and the " +
      "entropy below which it never falls (dashed)", [0, 1], [0, 4],
      { x: "predicted probability q", y: "nats",
        lines: [["nn-line", "cross-entropy"], ["nn-line nn-dashed", "entropy of the truth"],
          ["nn-dot", "at this q"]] });
    const says = live(root);
    redraw([truth, said], () => {
      const [p, q] = [Number(truth.value), Number(said.value)];
      const both = (value) => [value, 1 - value];
      const least = crossEntropy(both(p), both(p));
      const now = crossEntropy(both(p), both(q));
      frame.layer.replaceChildren();
      curve(frame, (x) => crossEntropy(both(p), both(x)), range, { class: "nn-line" });
      curve(frame, () => least, range, { class: "nn-line nn-dashed" });
      element(frame.layer, "circle",
        { cx: frame.x(q), cy: frame.y(Math.min(4, now)), r: 4, class: "nn-dot" });
      says.textContent = `The cross-entropy is ${now.toFixed(2)}. ${least.toFixed(2)} of it is the ` +
        `entropy of the truth. The best prediction does not have the other ` +
        `${(now - least).toFixed(2)}.`;
    });
  }

  function descent(root) {
    const name = choice(root, "optimizer", Object.keys(optimizers), "sgd");
    const exponent = slider(root, "learning rate", { min: -3, max: 0.25, step: 0.05, value: -1.3 },
      (value) => (10 ** value).toPrecision(2));
    const steps = slider(root, "steps", { min: 1, max: 200, step: 1, value: 30 }, String);
    const frame = plot(root, "the way of the two weights; the minimum is in the middle, and the " +
      "loss is twenty times as steep from top to bottom as from left to right", [-5, 5], [-2, 2],
      { x: "first weight", y: "second weight",
        lines: [["nn-line", "the way"], ["nn-goal", "minimum"]] });
    const says = live(root);
    redraw([name, exponent, steps], () => {
      const path = descend(name.value, 10 ** Number(exponent.value), Number(steps.value));
      const inside = path.filter(([x, y]) => Math.abs(x) <= 5 && Math.abs(y) <= 2);
      const last = path[path.length - 1];
      frame.layer.replaceChildren();
      element(frame.layer, "path", { class: "nn-line", d: inside.map(([x, y], i) =>
        `${i ? "L" : "M"}${frame.x(x).toFixed(1)},${frame.y(y).toFixed(1)}`).join("") });
      inside.forEach(([x, y]) => element(frame.layer, "circle",
        { cx: frame.x(x), cy: frame.y(y), r: 2.5, class: "nn-dot" }));
      element(frame.layer, "circle", { cx: frame.x(0), cy: frame.y(0), r: 5, class: "nn-goal" });
      says.textContent = valley(last) > valley(path[0])
        ? `After ${steps.value} steps the loss is ${valley(last).toPrecision(2)}: more than at the ` +
          "start. The rate is too high."
        : `After ${steps.value} steps the loss has fallen from ${valley(path[0]).toFixed(0)} to ` +
          `${valley(last).toPrecision(2)}.`;
    });
  }

  function noise(root) {
    const rate = slider(root, "learning rate", { min: 0.02, max: 2.2, step: 0.02, value: 0.3 },
      (value) => value.toFixed(2));
    const exponent = slider(root, "batch size", { min: 0, max: 9, step: 1, value: 2 },
      (value) => String(2 ** value));
    const frame = plot(root, "loss over 60 steps (solid) and its mean in the end (dashed)",
      [0, 60], [0, 2],
      { x: "steps", y: "loss",
        lines: [["nn-line", "loss"], ["nn-line nn-dashed", "mean in the end"]] });
    const says = live(root);
    redraw([rate, exponent], () => {
      const [step, batch] = [Number(rate.value), 2 ** Number(exponent.value)];
      const losses = noisyLosses(step, batch, 60, randomNormals(1));
      frame.layer.replaceChildren();
      curve(frame, (x) => losses[Math.round(x)], [0, 60], { class: "nn-line" });
      if (step >= 2) {
        says.textContent = "Each step jumps over the minimum and ends farther away from it. So the " +
          "loss grows without end.";
        return;
      }
      curve(frame, () => noiseFloor(step, batch), [0, 60], { class: "nn-line nn-dashed" });
      says.textContent = `Without noise the distance to the minimum is multiplied by ` +
        `${(1 - step).toFixed(2)} in each step. The noise of a batch of ${batch} keeps the loss ` +
        `at ${noiseFloor(step, batch).toPrecision(2)} on average.`;
    });
  }

  function depth(root) {
    const gain = slider(root, "standard deviation of the weights, relative to He's",
      { min: 0.5, max: 1.5, step: 0.05, value: 0.8 }, (value) => value.toFixed(2));
    const layers = slider(root, "layers", { min: 1, max: 50, step: 1, value: 20 }, String);
    const frame = plot(root, "powers of ten: size of the values behind each layer (solid) and of " +
      "the gradient there (dashed), over the layers", [0, 50], [-10, 10],
      { x: "layers", y: "power of ten",
        lines: [["nn-line", "values"], ["nn-line nn-dashed", "gradient"]] });
    const says = live(root);
    redraw([gain, layers], () => {
      const [factor, n] = [Math.log10(Number(gain.value)), Number(layers.value)];
      frame.layer.replaceChildren();
      curve(frame, (x) => factor * x, [0, n], { class: "nn-line" });
      curve(frame, (x) => factor * (n - x), [0, n], { class: "nn-line nn-dashed" });
      const total = 10 ** (factor * n);
      says.textContent = `Each layer of rectifiers multiplies by ${Number(gain.value).toFixed(2)}; ` +
        `${n} layers multiply by ${total.toPrecision(2)}. The same happens to the gradient: ` +
        (total < 0.01 ? "it vanishes." : total > 100 ? "it explodes." : "it keeps about its size.");
    });
  }

  const KERNELS = {
    "vertical edges": [[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]],
    "horizontal edges": [[-1, -2, -1], [0, 0, 0], [1, 2, 1]],
    "outline": [[-1, -1, -1], [-1, 8, -1], [-1, -1, -1]],
    "mean": [[1 / 9, 1 / 9, 1 / 9], [1 / 9, 1 / 9, 1 / 9], [1 / 9, 1 / 9, 1 / 9]],
    "shift to the right": [[0, 0, 0], [1, 0, 0], [0, 0, 0]],
  };

  // Draws a square around some pixels of a picture.
  function frameOf(canvas) {
    const box = canvas.parentElement;
    const mark = element(box, "div", { class: "nn-mark" });
    return (row, column, size) => {
      const [width, height] = [canvas.clientWidth / canvas.width, canvas.clientHeight / canvas.height];
      mark.style.left = canvas.offsetLeft + canvas.clientLeft + column * width + "px";
      mark.style.top = canvas.offsetTop + canvas.clientTop + row * height + "px";
      mark.style.width = size * width + "px";
      mark.style.height = size * height + "px";
    };
  }

  function convolution(root) {
    const image = JSON.parse(root.dataset.pixels);
    const highest = Math.max(...image.flat());
    const name = choice(root, "kernel", Object.keys(KERNELS), "vertical edges");
    const stride = slider(root, "stride", { min: 1, max: 4, step: 1, value: 1 }, String);
    const padding = slider(root, "padding", { min: 0, max: 2, step: 1, value: 0 }, String);
    const down = slider(root, "row of the map", { min: 1, max: 28, step: 1, value: 9 }, String);
    const across = slider(root, "column of the map", { min: 1, max: 28, step: 1, value: 6 }, String);
    const row = element(root, "div", { class: "nn-pictures" });
    const [before, after] = ["the digit with its padding", "the map, zero is gray"].map((text) =>
      picture(row, text));
    const [window_, cell] = [before, after].map(frameOf);
    const says = live(root);
    const number = (value) => String(Number(value.toFixed(2))).replace("-", "−");
    const draw = () => {
      const kernel = KERNELS[name.value];
      const [step, border] = [Number(stride.value), Number(padding.value)];
      const map = crossCorrelate(image, kernel, step, border);
      const padded = crossCorrelate(image, [[1]], 1, border);
      paint(before, padded, highest);
      paintSigned(after, map);
      const [i, j] = [[down, map.length], [across, map[0].length]].map(([input, length]) =>
        Math.min(Number(input.value), length) - 1);
      window_(i * step, j * step, kernel.length);
      cell(i, j, 1);
      const terms = kernel.flatMap((weights, u) => weights.map((weight, v) =>
        [weight, padded[i * step + u][j * step + v]])).filter(([weight]) => weight !== 0);
      const counted = `(${image.length} − 3 + 2 × ${border}) / ${step} + 1`;
      says.textContent = `The map has ${map.length} by ${map[0].length} numbers: ${counted}, rounded ` +
        `down. At row ${i + 1}, column ${j + 1} the window sums to ${number(map[i][j])}: ` +
        terms.map(([weight, value]) => `(${number(weight)}) × ${number(value)}`).join(" + ") + ".";
    };
    // A pointer on the map moves the two sliders, which the keyboard moves too.
    after.addEventListener("pointermove", (event) => {
      const box = after.getBoundingClientRect();
      down.value = 1 + Math.floor(((event.clientY - box.top) / box.height) * after.height);
      across.value = 1 + Math.floor(((event.clientX - box.left) / box.width) * after.width);
      [down, across].forEach((input) => input.dispatchEvent(new Event("input")));
    });
    redraw([name, stride, padding, down, across], draw);
    addEventListener("resize", draw);
  }

  function running(root) {
    const exponent = slider(root, "batch size", { min: 1, max: 8, step: 1, value: 4 },
      (value) => String(2 ** value));
    const momentum = slider(root, "momentum of the running mean",
      { min: 0, max: 0.99, step: 0.01, value: 0.9 }, (value) => value.toFixed(2));
    const mean = slider(root, "mean of the inputs", { min: -3, max: 3, step: 0.5, value: 2 }, String);
    const gamma = slider(root, "γ", { min: 0.2, max: 2, step: 0.1, value: 1 }, String);
    const beta = slider(root, "β", { min: -2, max: 2, step: 0.1, value: 0 }, String);
    const frame = plot(root, "output of the layer over 100 steps, for one example that is a standard " +
      "deviation above the mean", [0, 100], [-4, 6], { x: "training steps", y: "output",
      lines: [["nn-dot nn-faint", "in training, by its batch"],
        ["nn-line", "in inference, by running mean and variance"],
        ["nn-line nn-dashed", "with the true mean and variance"]] });
    const says = live(root);
    redraw([exponent, momentum, mean, gamma, beta], () => {
      const normal = randomNormals(1);
      const [size, center, g, b] =
        [2 ** Number(exponent.value), ...[mean, gamma, beta].map((one) => Number(one.value))];
      const batches = Array.from({ length: 100 }, () =>
        [center + 1, ...Array.from({ length: size - 1 }, () => center + normal())]);
      const seen = runningNormalization(batches, Number(momentum.value), 1e-3, g, b);
      const truth = g + b;
      frame.layer.replaceChildren();
      seen.forEach((one, step) => element(frame.layer, "circle", { r: 3, class: "nn-dot nn-faint",
        cx: frame.x(step + 1), cy: frame.y(Math.max(-4, Math.min(6, one.training))) }));
      curve(frame, (x) => seen[Math.max(0, Math.round(x) - 1)].inference, [1, 100],
        { class: "nn-line" });
      curve(frame, () => truth, [0, 100], { class: "nn-line nn-dashed" });
      const after = (step) => seen[step - 1].inference.toFixed(2);
      const spread = Math.sqrt(seen.reduce((sum, one) =>
        sum + (one.training - truth) ** 2, 0) / seen.length);
      says.textContent = `The true output is ${truth.toFixed(2)}. In training the output comes from ` +
        `the batch, and its usual error is ${spread.toFixed(2)}. In inference the output is ` +
        `${after(1)} after one step, ${after(10)} after ten and ${after(100)} after a hundred, ` +
        "because the running mean begins at zero and changes slowly.";
    });
  }

  function pooling(root) {
    const image = JSON.parse(root.dataset.pixels);
    const highest = Math.max(...image.flat());
    const kind = choice(root, "pooling", ["max", "mean"], "max");
    const size = choice(root, "window", [2, 3, 4], 2);
    const shift = slider(root, "shift to the right", { min: 0, max: 4, step: 1, value: 1 },
      (value) => (value === 1 ? "1 pixel" : value + " pixels"));
    const row = element(root, "div", { class: "nn-pictures" });
    const [before, after] = ["the shifted digit", "what is left of it"].map((text) =>
      picture(row, text));
    const says = live(root);
    redraw([kind, size, shift], () => {
      const n = Number(shift.value);
      const moved = image.map((line) => [...Array(n).fill(0), ...line.slice(0, line.length - n)]);
      const [old, now] = [image, moved].map((one) => pool(one, Number(size.value), kind.value));
      paint(before, moved, highest);
      paint(after, now, highest);
      const change = (a, b) => {
        const total = a.flat().reduce((sum, value) => sum + value, 0);
        return a.flat().reduce((sum, value, i) => sum + Math.abs(value - b.flat()[i]), 0) / total;
      };
      const percent = (value) => (100 * value).toFixed(0) + " %";
      says.textContent = `${now.length} by ${now[0].length} numbers are left. The shift changes ` +
        `the pixels by ${percent(change(image, moved))} of their sum, and the pooled numbers ` +
        `by ${percent(change(old, now))} of theirs.`;
    });
  }

  function power(root) {
    const points = (value) => value.toFixed(1) + " points";
    const truth = slider(root, "true difference", { min: 0, max: 2, step: 0.1, value: 0.5 }, points);
    const spread = slider(root, "spread from seed to seed",
      { min: 0.1, max: 2, step: 0.1, value: 0.8 }, points);
    const seeds = slider(root, "seeds", { min: 2, max: 30, step: 1, value: 5 }, String);
    const frame = plot(root, "the difference that each of 100 studies finds, in points of accuracy; " +
      "dark if its interval leaves out zero; dashed, the truth", [-3, 3], [0, 1],
      { x: "difference found, points of accuracy", y: "studies, one a row", plain: true,
        lines: [["nn-dot", "interval leaves out zero"],
          ["nn-dot nn-faint", "interval holds zero"], ["nn-line nn-dashed", "truth"]] });
    const says = live(root);
    redraw([truth, spread, seeds], () => {
      const n = Number(seeds.value);
      const found = studies(n, Number(truth.value), Number(spread.value), 100, randomNormals(2));
      const shown = found.filter((one) => one.mean > one.half);
      const opposite = found.filter((one) => one.mean < -one.half);
      frame.layer.replaceChildren();
      found.forEach((one, index) => element(frame.layer, "circle", { r: 3,
        cx: frame.x(Math.max(-3, Math.min(3, one.mean))), cy: frame.y(0.05 + 0.009 * index),
        class: Math.abs(one.mean) > one.half ? "nn-dot" : "nn-dot nn-faint" }));
      element(frame.layer, "line", { x1: frame.x(Number(truth.value)),
        x2: frame.x(Number(truth.value)), y1: frame.y(0), y2: frame.y(1),
        class: "nn-line nn-dashed" });
      const mean = shown.reduce((sum, one) => sum + one.mean, 0) / Math.max(1, shown.length);
      says.textContent = `${shown.length} of 100 studies with ${n} seeds show that the first is ` +
        `better, and ${opposite.length} that it is worse.` + (shown.length
        ? ` Those that show it find ${mean.toFixed(1)} points on average.` : "");
    });
  }

  function together(root) {
    const percent = (value) => (100 * value).toFixed(1) + " %";
    const alone = slider(root, "error of one network",
      { min: 0.01, max: 0.49, step: 0.01, value: 0.1 }, percent);
    const alike = slider(root, "correlation of their errors",
      { min: 0, max: 1, step: 0.05, value: 0.4 }, (value) => value.toFixed(2));
    const networks = slider(root, "networks", { min: 1, max: 30, step: 1, value: 5 }, String);
    const frame = plot(root, "error of the mean over the number of networks; dashed, of very many",
      [1, 30], [0, 0.5],
      { x: "networks", y: "error",
        lines: [["nn-line", "mean of networks"], ["nn-line nn-dashed", "very many"],
          ["nn-dot", "this many"]] });
    const says = live(root);
    redraw([alone, alike, networks], () => {
      const [error, correlation, n] = [alone, alike, networks].map((one) => Number(one.value));
      const of = (m) => errorTogether(error, correlation, m);
      frame.layer.replaceChildren();
      curve(frame, of, [1, 30], { class: "nn-line" });
      curve(frame, () => of(1e9), [1, 30], { class: "nn-line nn-dashed" });
      element(frame.layer, "circle", { r: 4, cx: frame.x(n), cy: frame.y(of(n)), class: "nn-dot" });
      says.textContent = `One network is wrong about ${percent(error)} of the pictures, ${n} ` +
        `together about ${percent(of(n))}, very many about ${percent(of(1e9))}.` +
        (correlation === 1 ? " Networks that are all the same gain nothing." : "");
    });
  }

  function augmentation(root) {
    const images = JSON.parse(root.dataset.pixels);
    const length = Object.values(images)[0].length;
    const name = choice(root, "picture", Object.keys(images), "digit");
    const pixels = (value) => value + " pixels";
    const side = slider(root, "side of the window",
      { min: 12, max: length, step: 2, value: 20 }, pixels);
    const down = slider(root, "pixels left out above", { min: 0, max: 12, step: 1, value: 2 }, String);
    const across = slider(root, "pixels left out on the left",
      { min: 0, max: 12, step: 1, value: 2 }, String);
    const flip = control(root, "flip left to right", "input", { type: "checkbox" });
    const light = slider(root, "brightness δ", { min: -0.5, max: 0.5, step: 0.05, value: 0 },
      (value) => value.toFixed(2).replace("-", "−"));
    const factor = slider(root, "contrast f", { min: 0, max: 2, step: 0.1, value: 1 },
      (value) => value.toFixed(1));
    const row = element(root, "div", { class: "nn-pictures" });
    const [before, after] = ["the picture and the window", "what the network gets"].map((text) =>
      picture(row, text));
    const mark = frameOf(before);
    const says = live(root);
    const draw = () => {
      const image = images[name.value];
      const size = Number(side.value);
      const room = length - size;
      const [top, left] = [down, across].map((one) => Math.min(room, Number(one.value)));
      const seen = augmented(image, { size, top, left, flip: flip.checked,
        brightness: Number(light.value), contrast: Number(factor.value) });
      paint(before, image, 1);
      paint(after, seen, 1);
      mark(top, left, size);
      const all = seen.flat();
      const mean = all.reduce((sum, value) => sum + value, 0) / all.length;
      const ends = all.filter((value) => value === 0 || value === 1).length / all.length;
      says.textContent = `The window has ${(room + 1) ** 2} possible places; this one leaves out ` +
        `${top} rows above and ${left} columns on the left. The mean pixel is ${mean.toFixed(2)}, and ` +
        `${(100 * ends).toFixed(0)} % of the pixels are all black or all white. ` + (!flip.checked
        ? "Does the label stay true? You decide."
        : name.value === "digit" ? "A mirrored 2 is no digit: the label is wrong."
        : "The arrow points the other way: the label is true only if it does not tell the way.");
    };
    redraw([name, side, down, across, flip, light, factor], draw);
    addEventListener("resize", draw);
  }

  function stopping(root) {
    const losses = JSON.parse(root.dataset.losses);
    const n = losses.length;
    const patience = slider(root, "patience", { min: 1, max: 30, step: 1, value: 10 },
      (value) => (value === 1 ? "1 epoch" : value + " epochs"));
    const change = slider(root, "least fall that counts",
      { min: 0, max: 0.2, step: 0.005, value: 0 }, (value) => value.toFixed(3));
    const frame = plot(root, "validation loss over the epochs; dashed, what is never trained", [0, n],
      [0, roundUp(Math.max(...losses))], { x: "epoch", y: "validation loss",
        lines: [["nn-line", "trained"], ["nn-line nn-dashed", "not trained"],
          ["nn-dot", "epoch whose weights are kept"]] });
    const says = live(root);
    redraw([patience, change], () => {
      const [best, last] = stopEarly(losses, Number(patience.value), Number(change.value));
      const lowest = losses.indexOf(Math.min(...losses));
      const between = (x) => {
        const from = Math.min(n - 2, Math.floor(x) - 1);
        return losses[from] + (x - 1 - from) * (losses[from + 1] - losses[from]);
      };
      frame.layer.replaceChildren();
      curve(frame, between, [1, last + 1], { class: "nn-line" });
      if (last < n - 1) curve(frame, between, [last + 1, n], { class: "nn-line nn-dashed" });
      element(frame.layer, "circle", { cx: frame.x(best + 1), cy: frame.y(losses[best]), r: 5,
        class: "nn-dot" });
      says.textContent = (last === n - 1
        ? `All ${n} epochs are trained. `
        : `Training ends after epoch ${last + 1}; ${n - 1 - last} of ${n} epochs are saved. `) +
        `The weights of epoch ${best + 1} are kept, with a loss of ${losses[best].toFixed(3)}. ` +
        (best === lowest ? "It is the lowest loss of all."
          : `The lowest loss of all is ${losses[lowest].toFixed(3)}, in epoch ${lowest + 1}.`);
    });
  }

  function weights(root) {
    const weight = slider(root, "weight of the rare class",
      { min: 1, max: 30, step: 1, value: 1 }, String);
    const times = slider(root, "common examples for each rare one",
      { min: 1, max: 30, step: 1, value: 9 }, String);
    const distance = slider(root, "distance of the classes",
      { min: 1, max: 3, step: 0.1, value: 1.5 }, (value) => value.toFixed(1));
    const range = [-3, 6];
    const frame = plot(root, "how many examples of both classes lie at x; the rare ones count by " +
      "their weight", range, [0, 0.5], { x: "x", y: "density",
        lines: [["nn-line", "common class"], ["nn-line nn-dashed", "rare class times its weight"],
          ["nn-axis", "border: rare on its right"]] });
    const says = live(root);
    redraw([weight, times, distance], () => {
      const [w, n, d] = [weight, times, distance].map((one) => Number(one.value));
      const { border, rare, common, said, precision, accuracy } = weighed(w, n, d);
      frame.rescale([0, roundUp(0.4 * Math.max(n, w) / (n + 1))]);
      frame.layer.replaceChildren();
      curve(frame, (x) => (n * density(x)) / (n + 1), range, { class: "nn-line" });
      curve(frame, (x) => (w * density(x - d)) / (n + 1), range, { class: "nn-line nn-dashed" });
      const at = frame.x(Math.max(range[0], Math.min(range[1], border)));
      element(frame.layer, "line", { x1: at, x2: at, y1: frame.y(0), y2: frame.y(frame.yRange[1]),
        class: "nn-axis" });
      const percent = (value) => (100 * value).toFixed(0) + " %";
      says.textContent = `The border is at x = ${border.toFixed(2).replace("-", "−")}. The recall of the ` +
        `rare class is ${percent(rare)}, that of the common one ${percent(common)}. ` +
        (said < 1e-4 ? "Next to nothing is called rare. "
          : `Of what is called rare, ${percent(precision)} is. `) +
        `The accuracy is ${percent(accuracy)}, the balanced accuracy ${percent((rare + common) / 2)}.`;
    });
  }

  function quiz(root) {
    const form = root.querySelector("form");
    const says = live(root);
    says.textContent = "Choose an answer, then press Check.";
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      const chosen = form.querySelector("input:checked");
      says.textContent = answered(chosen && chosen.dataset);
    });
  }

  const widgets = {
    activation, augmentation, batches, best, blur, convolution, depth, descent, dropout, entropy,
    gradient, halving, linear, noise, pooling, power, programs, quiz, running, shrink, stopping,
    together, tpe, weights, workers,
  };

  // Controls keep their state in the address, so that a reader can send it, and go back by a button.
  function keep(root, states) {
    const inputs = [...root.querySelectorAll(".nn-control input, .nn-control select")];
    if (!inputs.length) return;
    const same = document.querySelectorAll(`.nn-widget[data-nn="${root.dataset.nn}"]`);
    const key = root.dataset.nn + (same.length > 1 ? [...same].indexOf(root) + 1 : "");
    const read = () => inputs.map((one) => (one.type === "checkbox" ? String(one.checked) : one.value));
    const write = (values) => inputs.forEach((one, i) => {
      if (one.type === "checkbox") one.checked = values[i] === "true";
      else if (one.tagName !== "SELECT") one.value = values[i];
      else if ([...one.options].some((option) => option.value === values[i])) one.value = values[i];
      one.dispatchEvent(new Event("input"));
    });
    const first = read();
    const reset = element(root, "button", { type: "button", class: "nn-reset" }, "Reset");
    root.insertBefore(reset, root.querySelector(".nn-caption, .nn-pictures"));
    const store = () => {
      if (read().join() === first.join()) delete states[key];
      else states[key] = read();
      const text = writeState(states);
      history.replaceState(null, "", text ? "#" + text : location.pathname + location.search);
    };
    if (states[key] && states[key].length === inputs.length) {
      write(states[key]);
      root.scrollIntoView({ block: "center" });
    } else delete states[key];
    inputs.forEach((one) => one.addEventListener("change", store));
    reset.addEventListener("click", () => {
      write(first);
      store();
    });
  }

  // A figure opens in a window of its own, in which its text is at least as large as on a desk.
  document.querySelectorAll(".nn-figure").forEach((link) => link.addEventListener("click", (event) => {
    if (event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    const box = element(document.body, "dialog", { class: "nn-open", "aria-label": "The figure" });
    const close = element(box, "button", { type: "button" }, "Close");
    link.querySelectorAll("img").forEach((image) => box.appendChild(image.cloneNode()));
    box.addEventListener("click", (pressed) => {
      if (pressed.target === box || pressed.target === close) box.close();
    });
    box.addEventListener("close", () => box.remove());
    box.showModal();
  }));

  // Paper is white, whatever the screen is.
  const page = document.documentElement;
  addEventListener("beforeprint", () => {
    page.dataset.screen = page.dataset.theme;
    page.dataset.theme = "light";
  });
  addEventListener("afterprint", () => { page.dataset.theme = page.dataset.screen; });

  // What scrolls sideways can be reached by the keyboard.
  document.querySelectorAll(".math").forEach((node) => {
    if (node.clientWidth && node.scrollWidth > node.clientWidth) node.tabIndex = 0;
  });

  const states = readState(location.hash.slice(1));
  document.querySelectorAll(".nn-widget").forEach((root) => {
    widgets[root.dataset.nn](root);
    keep(root, states);
  });
})();
