"""scikit-learn estimators over Keras models: multilayer perceptrons and convolutional networks."""

from nnest.estimators._architectures import Architectures
from nnest.estimators._cnn_classifier import CNNClassifier
from nnest.estimators._cnn_regressor import CNNRegressor
from nnest.estimators._fitting import Fitting
from nnest.estimators._inputs import as_targets as as_targets
from nnest.estimators._mlp import MLPClassifier, MLPRegressor
from nnest.estimators._network import State
from nnest.estimators._neural_net import NeuralNet
from nnest.estimators._samples import Samples
from nnest.estimators._settings import static_parameters
from nnest.estimators._state import (
    FitState,
    answers_together,
    move_state,
    network_outputs,
    network_size,
    settle,
)
from nnest.estimators._stopping import EarlyStoppingRule

__all__ = [
    "Architectures",
    "CNNClassifier",
    "CNNRegressor",
    "EarlyStoppingRule",
    "FitState",
    "Fitting",
    "MLPClassifier",
    "MLPRegressor",
    "NeuralNet",
    "Samples",
    "State",
    "answers_together",
    "move_state",
    "network_outputs",
    "network_size",
    "settle",
    "static_parameters",
]
