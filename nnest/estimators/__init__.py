"""scikit-learn estimators over Keras models: multilayer perceptrons and convolutional networks."""

from nnest.estimators._cnn_classifier import CNNClassifier
from nnest.estimators._cnn_regressor import CNNRegressor
from nnest.estimators._mlp import MLPClassifier, MLPRegressor
from nnest.estimators._neural_net import NeuralNet

__all__ = ["CNNClassifier", "CNNRegressor", "MLPClassifier", "MLPRegressor", "NeuralNet"]
