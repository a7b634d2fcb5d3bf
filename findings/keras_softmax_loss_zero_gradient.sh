#!/bin/sh
# Keras on JAX: a network that is wrong with confidence gets no gradient at all.
#
# One would guess: softmax with categorical cross-entropy has the gradient p - y, which is largest
# where the network is most wrong; that the layer ends in a softmax or gives logits is a matter of
# taste, as it is under TensorFlow, where Keras goes back to the logits.
#
# What happens: on probabilities Keras clips at 1e-7 before it takes the logarithm. Where the right
# class has less, that is from a difference of 16 logits on, the clip cuts the gradient: it is zero.
#
# Why it matters: a few large steps, as of a high learning rate, make a classifier that never learns
# again, and it looks like any other dead network. With logits it recovers.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -qq keras==3.15.1 jax==0.10.2 jaxlib==0.10.2 numpy==2.4.6
cd "$folder"
KERAS_BACKEND=jax JAX_PLATFORMS=cpu "$folder/venv/bin/python" - <<'PYTHON'
import jax
import jax.numpy as jnp
import keras

print("keras", keras.__version__, "jax", jax.__version__)
right = jnp.array([[0.0, 1.0]])


def of_probabilities(logits):
    """Return the loss of a network that ends in a softmax."""
    return keras.losses.categorical_crossentropy(right, jax.nn.softmax(logits)).sum()


def of_logits(logits):
    """Return the loss of a network that ends in logits."""
    return keras.losses.categorical_crossentropy(right, logits, from_logits=True).sum()


found = {}
for wrong_by in (5.0, 15.0, 20.0, 50.0):
    logits = jnp.array([[wrong_by, 0.0]])
    found[wrong_by] = [float(jax.grad(f)(logits)[0, 0]) for f in (of_probabilities, of_logits)]
    print(f"wrong by {wrong_by:4.0f} logits: gradient {found[wrong_by][0]:.3f} of probabilities,"
          f" {found[wrong_by][1]:.3f} of logits")
assert all(abs(values[1] - 1) < 0.01 for values in found.values())
assert abs(found[15.0][0] - 1) < 0.01
assert found[20.0][0] == found[50.0][0] == 0
print("as described")
PYTHON
