"""One compiled program for all models of an architecture.

On JAX Keras compiles the step of training, of evaluation and of prediction once for each *model*.
These steps are pure functions of the state that is handed to them, so any model of the same
architecture can run them: :class:`Model` looks its steps up under a :func:`signature` that holds
everything the traced program depends on. `fit`, `evaluate`, `predict`, callbacks and progress bars
are Keras's own. On other back ends a :class:`Model` is a plain Keras model with seeded shuffling.

Compiled programs are kept on disk, see :func:`program_cache`, so that the next process loads them.

A program is made for batches of one size. Rows that fill the last one weigh :data:`FILLER`: they
enter no loss, no metric and no moment of a batch normalization.
"""

from nnest._batches import FILLER, Batches, batch_bounds, order_of, rows_at_once
from nnest.programs._disk import ProgramCache, kept_programs, program_cache
from nnest.programs._model import EVALUATION_BATCH, Model
from nnest.programs._processes import check_process
from nnest.programs._sharing import (
    clear_programs,
    outputs_of,
    outputs_together,
    running,
    running_model,
    shared_program,
    step_program,
)
from nnest.programs._signature import STARTS, signature

__all__ = [
    "EVALUATION_BATCH",
    "FILLER",
    "STARTS",
    "Batches",
    "Model",
    "ProgramCache",
    "batch_bounds",
    "check_process",
    "clear_programs",
    "kept_programs",
    "order_of",
    "outputs_of",
    "outputs_together",
    "program_cache",
    "rows_at_once",
    "running",
    "running_model",
    "shared_program",
    "signature",
    "step_program",
]
