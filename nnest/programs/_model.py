"""The Keras model whose programs are shared."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Self, cast

import jax
import keras
import numpy as np
from keras import ops

from nnest import fusion
from nnest._batches import Batches, rows_at_once
from nnest._compat import keras as compat
from nnest.layers import Hyperparameters, batch_context, sample_mask
from nnest.programs._disk import kept_programs
from nnest.programs._processes import check_process
from nnest.programs._sharing import TRACING, outputs_of, step_program, traced_with
from nnest.programs._variables import take_copy_keyword

__all__ = ["EVALUATION_BATCH", "Model"]

take_copy_keyword(keras.Variable)

#: Samples in a batch of an evaluation or a prediction; 32 where there are no more than 32.
EVALUATION_BATCH = 512
#: Rows below which the variance of a last batch harms a batch normalization; measured.
FEWEST_TO_NORMALIZE = 10


@keras.saving.register_keras_serializable(package="nnest")
class Model(compat.Model):
    """A functional Keras model that runs the programs of its architecture.

    Besides what Keras gives it has a hyper-parameter `label_smoothing`, traced like the rates of
    its layers, and takes an integer for `shuffle` in :meth:`fit`.

    Parameters
    ----------
    *args, **kwargs
        What `keras.Model` takes for a functional model: its inputs, its outputs, its name.

    Examples
    --------
    >>> import keras
    >>> from nnest.programs import Model
    >>> inputs = keras.Input((3,))
    >>> Model(inputs, keras.layers.Dense(2)(inputs)).count_params()
    8
    """

    #: Parts of the configuration that the compiled program does not depend on.
    traced = ("label_smoothing",)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.hyperparameters = Hyperparameters(label_smoothing=0.0)
        compat.exportable(self)

    @property
    def variables(self) -> list[Any]:
        """All of the model's state: that of its layers, then its own hyper-parameters."""
        # On torch Keras asks for them before the constructor has come as far as ours.
        own = vars(self).get("hyperparameters")
        return [*super().variables, *(own.variables if own else ())]

    @property
    def fewest_rows(self) -> int:
        """Rows below which the last batch of an epoch shares with the one before.

        The variance of one row is zero, and that of a few is too small on average: it would spoil
        the moving averages of a batch normalization.
        """
        kinds = keras.layers.BatchNormalization
        normalizes = any(isinstance(layer, kinds) for layer in self.layers)
        return FEWEST_TO_NORMALIZE if normalizes else 1

    def get_config(self) -> dict[str, Any]:
        """Return what `from_config` needs to build this model again."""
        return {**super().get_config(), **self.hyperparameters.to_config()}

    @classmethod
    def from_config(cls, config: dict[str, Any], custom_objects: Any = None) -> Self:
        """Build a model from what `get_config` returned."""
        graph = {name: value for name, value in config.items() if name != "label_smoothing"}
        model: Self = super().from_config(graph, custom_objects)
        model.hyperparameters.label_smoothing.assign(config.get("label_smoothing", 0.0))
        return model

    # scikeras replaces both methods of keras.Model: its own registers the class of what it pickles
    # under a second name, which no other process knows.
    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle as Keras does, and name the classes, which the other process imports so."""
        unpack, packed = keras.layers.Layer.__reduce__(self)
        parts = [*self.layers, self.optimizer] if self.compiled else self.layers
        return _unpickle, (unpack, packed, [type(part) for part in parts])

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        """Copy by way of a pickle."""
        unpickle, arguments = self.__reduce__()
        memo[id(self)] = twin = unpickle(*arguments)
        return cast(Self, twin)

    def _streams(self) -> dict[str, Any]:
        """Return the states of the layers' random streams, which Keras leaves out of files."""
        return {x.name: x.seed_generator.state for x in self.layers if hasattr(x, "seed_generator")}

    def save_own_variables(self, store: Any) -> None:
        """Save random streams too, so that a copy or a file trains on as the original would."""
        super().save_own_variables(store)
        for name, state in self._streams().items():
            store[name] = ops.convert_to_numpy(state.value)

    def load_own_variables(self, store: Any) -> None:
        """Take over what `save_own_variables` saved; a file without streams leaves them alone."""
        saved = {name: store[name] for name in store.keys()}  # noqa: SIM118  # no true dict
        for name, state in self._streams().items():
            state.assign(saved.pop(name, state.value))
        super().load_own_variables(saved)

    @kept_programs()
    def fit(self, x: Any = None, y: Any = None, **kwargs: Any) -> Any:
        """Train, as Keras does; an integer for `shuffle` is the seed of the order of samples.

        Parameters
        ----------
        x, y : ndarray
            Inputs and targets.
        **kwargs
            What `keras.Model.fit` takes. With ``shuffle=seed`` (an int) the order of each epoch
            depends on that seed and on the number of the epoch.

        Returns
        -------
        keras.callbacks.History
            Metrics of each epoch.
        """
        check_process()
        seed = kwargs.get("shuffle", True)
        if isinstance(seed, bool):
            return super().fit(x, y, **kwargs)
        weight = kwargs.pop("sample_weight", None)
        arrays = (x, y) if weight is None else (x, y, weight)
        batch_size = kwargs.pop("batch_size", None) or 32
        fill = self._shares()
        if fill:
            batch_size = rows_at_once(batch_size, len(x))
        epoch = kwargs.get("initial_epoch", 0)
        batches = Batches(arrays, batch_size, seed, epoch, fill, self.fewest_rows)
        watched = kwargs.pop("validation_data", None)
        if watched is not None:
            size = EVALUATION_BATCH if len(watched[0]) > 32 else 32
            watched = Batches(watched, size, seed=None, fill=fill)
        return super().fit(batches, validation_data=watched, **{**kwargs, "shuffle": False})

    @kept_programs()
    def predict(self, x: Any, batch_size: int | None = None, **kwargs: Any) -> Any:
        """Return the outputs, as Keras does.

        Parameters
        ----------
        x : ndarray
            Inputs.
        batch_size : int, optional
            Samples in a batch; None is 32.
        **kwargs
            What else `keras.Model.predict` takes. With ``verbose=0`` alone, an array of float32
            goes through the program without Keras's loop, which takes ten times as long as a small
            network.

        Returns
        -------
        ndarray
            Outputs.
        """
        check_process()
        is_plain = isinstance(x, np.ndarray) and x.dtype == np.float32 and len(x)
        if not (is_plain and kwargs == {"verbose": 0} and self._shares()):
            return super().predict(x, batch_size, **kwargs)
        fixed = [variable.value for variable in self.trainable_variables]
        others = [variable.value for variable in self.non_trainable_variables]
        outputs, others = outputs_of(self, (fixed, others), x, batch_size or 32)
        for variable, value in zip(self.non_trainable_variables, others, strict=True):
            variable.assign(value)
        return outputs

    def operation_for(self, inputs: Any, operation_fn: Callable[..., Any]) -> Callable[..., Any]:
        """Run chains of convolution and pooling as one operator, on JAX on a CPU.

        Parameters
        ----------
        inputs : tensor or list of tensor
            Inputs of the graph.
        operation_fn : callable
            Keras's choice of what runs for an operation of the graph.

        Returns
        -------
        callable
            Takes an operation of the graph and returns what runs for it.
        """
        return fusion.operations(self, inputs, operation_fn)

    def compute_loss(
        self,
        x: Any = None,
        y: Any = None,
        y_pred: Any = None,
        sample_weight: Any = None,
        training: bool = True,
    ) -> Any:
        """Return the loss; integer labels become smoothed distributions over the classes first.

        With smoothing e the target is ``(1 - e) * one_hot + e / n_classes`` in training, and the
        plain label in evaluation. The weighted losses are divided by the number of samples.
        """
        if self.loss == "categorical_crossentropy":
            n = y_pred.shape[-1]
            y = ops.one_hot(ops.cast(ops.reshape(y, (-1,)), "int32"), n, dtype=y_pred.dtype)
            if training:
                smoothing = ops.cast(self.hyperparameters.label_smoothing, y.dtype)
                y = (1 - smoothing) * y + smoothing / n
        present = sample_mask()
        if present is not None:
            # Keras divides by the rows of the batch, of which these many are samples.
            n = ops.cast(ops.sum(present), sample_weight.dtype)
            share = present.shape[0] / ops.maximum(n, 1.0)
            sample_weight = ops.where(present, sample_weight, 0.0) * share
        return super().compute_loss(x, y, y_pred, sample_weight, training)

    def compute_metrics(self, x: Any, y: Any, y_pred: Any, sample_weight: Any = None) -> Any:
        """Return the metrics; weighted ones count samples, whatever their weight in the loss."""
        present = sample_mask()
        counted = None if present is None else ops.cast(present, "float32")
        return super().compute_metrics(x, y, y_pred, counted)

    def make_train_function(self, force: bool = False) -> None:
        """Take this architecture's program of a training step, or compile it."""
        self._take("train", super().make_train_function, force)

    def make_test_function(self, force: bool = False) -> None:
        """Take this architecture's program of an evaluation step, or compile it."""
        self._take("test", super().make_test_function, force)

    def make_predict_function(self, force: bool = False) -> None:
        """Take this architecture's program of a prediction step, or compile it."""
        self._take("predict", super().make_predict_function, force)

    def loss_weight(self) -> Any:
        """Count the loss of a batch by its samples; Keras counts it by the batch's rows.

        Returns
        -------
        tensor or None
            Number of samples in the running batch; None where all of its rows are samples.
        """
        present = sample_mask()
        return None if present is None else ops.cast(ops.sum(present), "float32")

    def _shares(self) -> bool:
        """Tell whether this model runs shared programs."""
        jitted = self.compiled and self.jit_compile and not self.run_eagerly
        shares = keras.backend.backend() == "jax" and keras.distribution.distribution() is None
        return bool(shares and jitted)

    def _take(self, kind: str, make: Callable[..., Any], force: bool) -> None:
        """Set the function of one kind from the shared programs."""
        if getattr(self, f"{kind}_function") is not None and not force:
            return
        if not self._shares():
            make(force=force)
            return
        program = step_program(kind, self)

        def run(*arguments: Any) -> Any:
            """Run the program; what is still to be traced is traced with this model."""
            with traced_with(self):
                return program(*arguments)

        function = compat.iterating(self, run, concatenate_outputs=kind == "predict")
        setattr(self, f"{kind}_function", function)

    def train_step(self, *args: Any, **kwargs: Any) -> Any:
        """Trace a training step, one at a time; layers may look at the rows of its batch."""
        with TRACING, _batch_of(args[-1]):
            return super().train_step(*args, **kwargs)

    def gradient_step(self, state: Any, data: Any) -> Any:
        """Trace the gradients of a batch's loss, one at a time.

        Parameters
        ----------
        state : tuple
            Weights, other variables, optimizer's and metrics' variables.
        data : tuple of array
            Inputs, targets and sample weights of a batch.

        Returns
        -------
        gradients : list of array
            One for each weight.
        state : tuple
            The state as it was.
        """
        weights, others, optimizer, metrics = state
        gradients = jax.grad(self.compute_loss_and_updates, has_aux=True)
        batch = keras.utils.unpack_x_y_sample_weight(data)
        known = {"training": True, "optimizer_variables": optimizer}
        with TRACING, _batch_of(data):
            found, _ = gradients(weights, others, metrics, *batch, **known)
        return found, state

    def test_step(self, *args: Any, **kwargs: Any) -> Any:
        """Trace an evaluation step, one at a time."""
        with TRACING, _batch_of(args[-1]):
            return super().test_step(*args, **kwargs)

    def predict_step(self, *args: Any, **kwargs: Any) -> Any:
        """Trace a prediction step, one at a time."""
        with TRACING:
            return super().predict_step(*args, **kwargs)


def _unpickle(unpack: Callable[..., Any], packed: tuple[Any, ...], classes: list[type]) -> Any:
    """Return a model; its classes are given only to be imported before."""
    del classes
    check_process()
    return unpack(*packed)


@contextmanager
def _batch_of(data: Any) -> Iterator[None]:
    """Let the layers know the labels of a batch, and which of its rows are samples."""
    _, labels, weight = keras.utils.unpack_x_y_sample_weight(data)
    filled = weight is not None and keras.backend.backend() == "jax"
    with batch_context(labels, weight >= 0 if filled else None):
        yield
