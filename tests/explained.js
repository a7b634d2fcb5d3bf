// Runs the program of a page on its own data, without a browser: prints JSON.
"use strict";
const page = require("fs").readFileSync(process.argv[2], "utf8");
const scripts = [...page.matchAll(/<script[^>]*>(.*?)<\/script>/gs)].map((found) => found[1]);
const names = "ACTIVATIONS, decoded, forward, gradient, occlusion, prepared";
const { ACTIVATIONS, ...run } = new Function(`${scripts[1]}; return { ${names} };`)();
const data = JSON.parse(scripts[0]), layers = run.prepared(data.layers);
const pixels = run.decoded(data.images), size = data.n ? pixels.length / data.n : 0;
const [place, patch] = process.argv.slice(3, 5).map(Number);
const images = data.predicted.map((_, i) => pixels.subarray(i * size, (i + 1) * size));
const found = images.map((image) => {
  const values = run.forward(layers, image);
  return { values: values.map((one) => [...one]), gradient: [...run.gradient(layers, values, place)] };
});
let step = {};
if (patch) {
  const steps = run.occlusion(layers, images[0], place, patch);
  do step = steps.next(); while (!step.done);
}
const numbers = Array.from({ length: 41 }, (_, i) => (i - 20) / 2);
const activations = Object.fromEntries(
  Object.entries(ACTIVATIONS).map(([name, one]) => [name, numbers.map(one)]));
console.log(JSON.stringify({ data, found, occlusion: [...(step.value ?? [])], numbers, activations }));
