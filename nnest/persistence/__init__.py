"""Fitted estimators in files: arrays and JSON, from which no code is ever run."""

from nnest.persistence._load import load
from nnest.persistence._onnx import to_onnx
from nnest.persistence._onnx_nodes import normalization as normalization
from nnest.persistence._onnx_nodes import pads as pads
from nnest.persistence._onnx_steps import blur_matrix as blur_matrix
from nnest.persistence._pipeline import network_of as network_of
from nnest.persistence._save import check_estimator as check_estimator
from nnest.persistence._save import save
from nnest.persistence._stock import to_keras

__all__ = ["load", "save", "to_keras", "to_onnx"]
