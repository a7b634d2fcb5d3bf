"use strict";
// What the network computes. Nothing here touches the page, so that a test can run it alone.
// A layer's values are one array; its shape is [height, width, channels], channels vary fastest.

const decoded = (text) =>
  new Float32Array(Uint8Array.from(atob(text), (sign) => sign.charCodeAt(0)).buffer);
const count = (shape) => shape[0] * shape[1] * shape[2];
const zeros = (layer) => new Float64Array(count(layer.shape));
const clip = (x, low, high) => Math.min(high, Math.max(low, x));

// The error function, by a series whose terms are all positive.
function erf(x) {
  if (Math.abs(x) > 6) return Math.sign(x);
  let term = x, sum = x;
  for (let n = 1; Math.abs(term) > 1e-17 * Math.abs(sum); n++) {
    term *= (2 * x * x) / (2 * n + 1);
    sum += term;
  }
  return (2 / Math.sqrt(Math.PI)) * Math.exp(-x * x) * sum;
}

const sigmoid = (x) => 1 / (1 + Math.exp(-x));
const softplus = (x) => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)));
const elu = (x) => (x > 0 ? x : Math.expm1(x));
const shrunk = (x, by) => (Math.abs(x) > 0.5 ? x - Math.sign(x) * by : 0);

// Activations by their names in Keras, with Keras's defaults.
const ACTIVATIONS = {
  celu: elu,
  elu,
  exponential: Math.exp,
  gelu: (x) => (x / 2) * (1 + erf(x / Math.SQRT2)),
  hard_shrink: (x) => shrunk(x, 0),
  hard_sigmoid: (x) => clip(x / 6 + 0.5, 0, 1),
  hard_silu: (x) => x * clip(x / 6 + 0.5, 0, 1),
  hard_tanh: (x) => clip(x, -1, 1),
  leaky_relu: (x) => (x > 0 ? x : 0.2 * x),
  linear: (x) => x,
  log_sigmoid: (x) => -softplus(-x),
  mish: (x) => x * Math.tanh(softplus(x)),
  relu: (x) => Math.max(x, 0),
  relu6: (x) => clip(x, 0, 6),
  selu: (x) => 1.0507009873554805 * (x > 0 ? x : 1.6732632423543772 * Math.expm1(x)),
  sigmoid,
  silu: (x) => x * sigmoid(x),
  soft_shrink: (x) => shrunk(x, 0.5),
  softplus,
  softsign: (x) => x / (1 + Math.abs(x)),
  squareplus: (x) => (x + Math.sqrt(x * x + 4)) / 2,
  tanh: Math.tanh,
  tanh_shrink: (x) => x - Math.tanh(x),
};

// Calls visit(output, input, tap) for each pixel of the output and each place of its window.
function taps({ shape, given, size, strides, pads }, visit) {
  const [rows, columns, channels] = shape, [height, width, depth] = given;
  for (let y = 0; y < rows; y++) for (let x = 0; x < columns; x++)
    for (let i = 0; i < size[0]; i++) for (let j = 0; j < size[1]; j++) {
      const row = y * strides[0] + i - pads[0], column = x * strides[1] + j - pads[1];
      if (row < 0 || row >= height || column < 0 || column >= width) continue;
      visit((y * columns + x) * channels, (row * width + column) * depth, i * size[1] + j);
    }
}

// How many pixels each window of a pooling has; those beyond the border do not count.
function windowSizes(layer) {
  const sizes = zeros(layer);
  taps(layer, (o) => { for (let c = 0; c < layer.shape[2]; c++) sizes[o + c]++; });
  return sizes;
}

// Calls visit(start, end) for the channels of each pixel.
function pixels(values, channels, visit) {
  for (let start = 0; start < values.length; start += channels) visit(start, start + channels);
}

// Multiplies one axis of an image by a matrix: rows, or columns.
function mixed(x, matrix, side, stride, transposed) {
  const out = new Float64Array(x.length);
  for (let at = 0; at < x.length; at++) {
    const place = Math.floor(at / stride) % side;
    for (let k = 0; k < side; k++) {
      const weight = matrix[transposed ? k * side + place : place * side + k];
      out[at] += weight * x[at + (k - place) * stride];
    }
  }
  return out;
}

function blurred(layer, x, transposed) {
  const [height, width, channels] = layer.grid;
  const rows = mixed(x, layer.rows, height, width * channels, transposed);
  return mixed(rows, layer.columns, width, channels, transposed);
}

// For each operation: its values from those of its inputs, and the gradient with respect to its
// inputs, from the gradient with respect to its values.
const OPERATIONS = {
  same: { values: (layer, [x]) => x, gradients: (layer, g) => [g] },
  scale: {
    values: (layer, [x]) => x.map((value) => value * layer.factor),
    gradients: (layer, g) => [g.map((value) => value * layer.factor)],
  },
  blur: {
    values: (layer, [x]) => blurred(layer, x, false),
    gradients: (layer, g) => [blurred(layer, g, true)],
  },
  affine: {
    values: (layer, [x]) => x.map((value, i) =>
      value * layer.factor[i % layer.shape[2]] + layer.addend[i % layer.shape[2]]),
    gradients: (layer, g) => [g.map((value, i) => value * layer.factor[i % layer.shape[2]])],
  },
  crop: {
    values(layer, [x]) {
      const out = zeros(layer);
      taps(layer, (o, i) => { for (let c = 0; c < layer.shape[2]; c++) out[o + c] = x[i + c]; });
      return out;
    },
    gradients(layer, g) {
      const back = new Float64Array(count(layer.given));
      taps(layer, (o, i) => { for (let c = 0; c < layer.shape[2]; c++) back[i + c] = g[o + c]; });
      return [back];
    },
  },
  dense: {
    values(layer, [x]) {
      const out = Float64Array.from(layer.bias), units = out.length;
      for (let i = 0; i < x.length; i++) if (x[i] !== 0)
        for (let u = 0; u < units; u++) out[u] += x[i] * layer.kernel[i * units + u];
      return out;
    },
    gradients(layer, g, [x]) {
      return [x.map((_, i) => g.reduce((sum, one, u) => sum + one * layer.kernel[i * g.length + u],
        0))];
    },
  },
  convolution: {
    values(layer, [x]) {
      const depth = layer.given[2], filters = layer.shape[2];
      const out = zeros(layer).map((_, i) => layer.bias[i % filters]);
      taps(layer, (o, i, tap) => {
        for (let c = 0; c < depth; c++) {
          const value = x[i + c], kernel = (tap * depth + c) * filters;
          if (value !== 0)
            for (let f = 0; f < filters; f++) out[o + f] += value * layer.kernel[kernel + f];
        }
      });
      return out;
    },
    gradients(layer, g, [x]) {
      const depth = layer.given[2], filters = layer.shape[2], back = new Float64Array(x.length);
      taps(layer, (o, i, tap) => {
        for (let c = 0; c < depth; c++) {
          const kernel = (tap * depth + c) * filters;
          for (let f = 0; f < filters; f++) back[i + c] += g[o + f] * layer.kernel[kernel + f];
        }
      });
      return [back];
    },
  },
  max: {
    values(layer, [x]) {
      const out = zeros(layer).fill(-Infinity);
      taps(layer, (o, i) => {
        for (let c = 0; c < layer.shape[2]; c++) out[o + c] = Math.max(out[o + c], x[i + c]);
      });
      return out;
    },
    gradients(layer, g, [x], values) {
      const back = new Float64Array(x.length), used = new Uint8Array(g.length);
      taps(layer, (o, i) => {
        for (let c = 0; c < layer.shape[2]; c++)
          if (x[i + c] === values[o + c] && !used[o + c]) {
            back[i + c] += g[o + c];
            used[o + c] = 1; // of equal pixels, the first one
          }
      });
      return [back];
    },
  },
  mean: {
    values(layer, [x]) {
      const out = zeros(layer), sizes = windowSizes(layer);
      taps(layer, (o, i) => { for (let c = 0; c < layer.shape[2]; c++) out[o + c] += x[i + c]; });
      return out.map((sum, i) => sum / sizes[i]);
    },
    gradients(layer, g, [x]) {
      const back = new Float64Array(x.length), sizes = windowSizes(layer);
      taps(layer, (o, i) => {
        for (let c = 0; c < layer.shape[2]; c++) back[i + c] += g[o + c] / sizes[o + c];
      });
      return [back];
    },
  },
  join: { // of flat inputs
    values: (layer, inputs) => Float64Array.from(inputs.flatMap((x) => [...x])),
    gradients(layer, g, inputs) {
      let end = 0;
      return inputs.map((x) => g.slice(end, (end += x.length)));
    },
  },
  activation: {
    values: (layer, [x]) => x.map((value) => ACTIVATIONS[layer.function](value)),
    // From the left, where relu is flat at 0 as it is for JAX.
    gradients: (layer, g, [x], values) => [g.map((value, i) =>
      (value * (values[i] - ACTIVATIONS[layer.function](x[i] - 1e-6))) / 1e-6)],
  },
  softmax: {
    values(layer, [x]) {
      const out = new Float64Array(x.length);
      pixels(x, layer.shape[2], (start, end) => {
        const part = x.subarray(start, end), most = part.reduce((a, b) => Math.max(a, b));
        const sum = part.reduce((total, value) => total + Math.exp(value - most), 0);
        for (let i = start; i < end; i++) {
          const log = x[i] - most - Math.log(sum);
          out[i] = layer.log ? log : Math.exp(log);
        }
      });
      return out;
    },
    gradients(layer, g, [x], values) {
      const back = new Float64Array(x.length);
      pixels(x, layer.shape[2], (start, end) => {
        let sum = 0;
        for (let i = start; i < end; i++) sum += g[i] * (layer.log ? 1 : values[i]);
        for (let i = start; i < end; i++)
          back[i] = layer.log ? g[i] - Math.exp(values[i]) * sum : values[i] * (g[i] - sum);
      });
      return [back];
    },
  },
};

// Makes arrays of the texts in which a page holds numbers.
function prepared(layers) {
  for (const layer of layers) {
    for (const name of ["kernel", "bias", "factor", "addend", "rows", "columns"])
      if (typeof layer[name] === "string") layer[name] = decoded(layer[name]);
    if (layer.inputs.length) layer.given = layers[layer.inputs[0]].shape;
  }
  return layers;
}

// The values of all layers for one image; the last ones are probabilities.
function forward(layers, image) {
  const values = [Float64Array.from(image)];
  for (const layer of layers.slice(1))
    values.push(OPERATIONS[layer.operation].values(layer, layer.inputs.map((i) => values[i])));
  return values;
}

// The gradient of a class's score with respect to the pixels; the score is what softmax gets.
function gradient(layers, values, place) {
  const found = layers.map(zeros);
  const end = layers.at(-1).operation === "softmax" ? layers.at(-1).inputs[0] : layers.length - 1;
  found[end][place] = 1;
  for (let at = end; at > 0; at--) {
    const layer = layers[at], inputs = layer.inputs.map((i) => values[i]);
    const parts = OPERATIONS[layer.operation].gradients(layer, found[at], inputs, values[at]);
    parts.forEach((part, k) => {
      const sum = found[layer.inputs[k]];
      part.forEach((value, i) => { sum[i] += value; });
    });
  }
  return found[0];
}

// How far a gray patch lowers the probability of a class, pixel by pixel, as the mean over all
// patches that cover the pixel. Yields the share that is done; returns the map.
function* occlusion(layers, image, place, patch) {
  const [height, width, channels] = layers[0].shape, step = Math.max(1, patch >> 1);
  const before = forward(layers, image).at(-1)[place];
  const gray = Array.from({ length: channels }, (_, c) =>
    image.reduce((sum, x, i) => sum + (i % channels === c ? x : 0), 0) / (height * width));
  const sums = new Float64Array(height * width), times = new Float64Array(height * width);
  for (let y = 1 - patch; y < height; y += step) for (let x = 1 - patch; x < width; x += step) {
    const covered = [], changed = Float64Array.from(image);
    for (let i = Math.max(0, y); i < Math.min(height, y + patch); i++)
      for (let j = Math.max(0, x); j < Math.min(width, x + patch); j++) covered.push(i * width + j);
    for (const at of covered)
      for (let c = 0; c < channels; c++) changed[at * channels + c] = gray[c];
    const fall = before - forward(layers, changed).at(-1)[place];
    for (const at of covered) { sums[at] += fall; times[at]++; }
    yield (y + patch) / (height + patch);
  }
  return sums.map((sum, at) => sum / times[at]);
}
