"""Statistics over seeds, and how good probabilities are.

Functions of plain arrays. Prediction intervals, paired tests, equivalence and Holm's correction
take one number for each seed; two arrays are paired when the same place in both belongs to the
same seed. Conclusions drawn with these functions are about other seeds on the same training and
test images, not about other images.

`log_loss`, `brier_score` and `expected_calibration_error` take one row of probabilities for each
sample. Their intervals are about other samples for the same model.
"""

from nnest.stats._comparisons import (
    EquivalenceTest,
    PairedTest,
    cohen_dz,
    equivalence_test,
    one_sample_test,
    paired_difference_test,
)
from nnest.stats._exact import CountTest, mcnemar_test, sign_flip_test, sign_test
from nnest.stats._expected import expected_best
from nnest.stats._families import detectable_difference, holm, seeds_needed
from nnest.stats._intervals import (
    Interval,
    mean_interval,
    paired_interval,
    prediction_interval,
    rounding_interval,
)
from nnest.stats._predictions import count_prediction_interval, median_prediction_interval
from nnest.stats._probabilities import (
    Estimate,
    brier_score,
    expected_calibration_error,
    log_loss,
)

__all__ = [
    "CountTest",
    "EquivalenceTest",
    "Estimate",
    "Interval",
    "PairedTest",
    "brier_score",
    "cohen_dz",
    "count_prediction_interval",
    "detectable_difference",
    "equivalence_test",
    "expected_best",
    "expected_calibration_error",
    "holm",
    "log_loss",
    "mcnemar_test",
    "mean_interval",
    "median_prediction_interval",
    "one_sample_test",
    "paired_difference_test",
    "paired_interval",
    "prediction_interval",
    "rounding_interval",
    "seeds_needed",
    "sign_flip_test",
    "sign_test",
]
