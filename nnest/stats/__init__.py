"""Statistics over seeds: prediction intervals, paired tests, equivalence and Holm's correction.

Functions of plain arrays. Each array holds one number for each seed; two arrays are paired
when the same place in both belongs to the same seed. Conclusions drawn with these functions
are about other seeds on the same training and test images, not about other images.
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

__all__ = [
    "CountTest",
    "EquivalenceTest",
    "Interval",
    "PairedTest",
    "cohen_dz",
    "count_prediction_interval",
    "detectable_difference",
    "equivalence_test",
    "expected_best",
    "holm",
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
