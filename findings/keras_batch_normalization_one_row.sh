#!/bin/sh
# Keras: one row more than a batch spoils a network with batch normalization.
#
# One would guess: `fit(x, y, batch_size=32)` on 33 rows gives much the same network as on 32.
#
# What happens: the last batch of each epoch holds one row. Its variance is zero, and the moving
# variance averages batches, not rows: it is half of what it should be, and predictions are wrong by
# far though the training loss is fine. Two rows are nearly as bad, ten hardly matter.
#
# Why it matters: whether a fold or a data set has 32 k + 1 rows is chance. No warning is given, and
# the training loss does not show it.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -qq keras==3.15.1 jax==0.10.2 jaxlib==0.10.2 numpy==2.4.6
cd "$folder"
KERAS_BACKEND=jax JAX_PLATFORMS=cpu "$folder/venv/bin/python" - <<'PYTHON'
import jax
import keras
import numpy as np
from keras.layers import Activation, BatchNormalization, Dense

print("keras", keras.__version__, "jax", jax.__version__, "numpy", np.__version__)
rows = np.random.default_rng(0).normal(size=(64, 4)).astype("float32")
target = rows @ np.array([1.0, -1.0, 0.5, 0.0], "float32") + 0.5 * rows[:, 0] * rows[:, 1]


def errors(n):
    """Return the loss of the last epoch and the error of predictions for the same n rows."""
    found = []
    for seed in range(2):
        keras.utils.set_random_seed(seed)
        net = keras.Sequential(
            [keras.Input((4,)), Dense(16), BatchNormalization(), Activation("relu"), Dense(1)]
        )
        net.compile(keras.optimizers.Adam(0.01), "mean_squared_error")
        x, y = rows[:n], target[:n]
        history = net.fit(x, y, batch_size=32, epochs=400, verbose=0).history
        error = np.mean((net.predict(x, verbose=0)[:, 0] - y) ** 2)
        found.append((history["loss"][-1], error))
    return np.mean(found, axis=0)


error = {}
for n in (32, 33, 34, 42):
    loss, error[n] = errors(n)
    print(f"{n} rows, batches of 32: training loss {loss:.4f}, error of predictions {error[n]:.4f}")
if error[33] < 10 * error[32] or error[33] < 5 * error[42]:
    raise SystemExit("the behavior has changed: one row more does little harm")
print("one row more makes the error %.0f times as large" % (error[33] / error[32]))
PYTHON
