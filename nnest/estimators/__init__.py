"""scikit-learn estimators over Keras models: multilayer perceptrons and convolutional networks."""

from nnest.estimators._cnn import CNNClassifier, CNNRegressor
from nnest.estimators._mlp import MLPClassifier, MLPRegressor

__all__ = ["CNNClassifier", "CNNRegressor", "MLPClassifier", "MLPRegressor"]
