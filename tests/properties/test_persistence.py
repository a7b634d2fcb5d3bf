"""Whatever becomes of a file: it is loaded or refused, and nothing else happens."""

from __future__ import annotations

import io
import json
import tempfile
import zipfile
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MinMaxScaler

from nnest.exceptions import ModelFileError
from nnest.persistence import load, save
from nnest.preprocessing import GaussianBlur
from tests.networks import mlp, pictures

X, Y = pictures()
MANIFEST = "estimator.json"
SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-3, 10**12),
    st.floats(allow_nan=False),
    st.sampled_from(["relu", "", "every", "sgd", "Zeros", "balanced", "os.system"]),
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.builds(lambda kind, each: {kind: each}, st.sampled_from(["tuple", "dict"]), inner),
        st.builds(lambda pairs: {"dict": pairs}, st.lists(st.tuples(inner, inner), max_size=2)),
        st.builds(lambda each: {"tuple": each}, st.lists(inner, max_size=3)),
    ),
    max_leaves=5,
)


@cache
def archive() -> bytes:
    """Return a saved classifier."""
    with tempfile.TemporaryDirectory() as folder:
        save(mlp(epochs=1, dropout=0.2).fit(X, Y), f"{folder}/net.zip")
        return Path(folder, "net.zip").read_bytes()


@cache
def files() -> dict[str, bytes]:
    """Return its files."""
    with zipfile.ZipFile(io.BytesIO(archive())) as entries:
        return {name: entries.read(name) for name in entries.namelist()}


@cache
def pipeline_files() -> dict[str, bytes]:
    """Return the files of a pipeline of two steps and a network."""
    with tempfile.TemporaryDirectory() as folder:
        steps = (MinMaxScaler(clip=True), GaussianBlur(), mlp(epochs=1))
        save(make_pipeline(*steps).fit(X.reshape(len(X), -1), Y), f"{folder}/net")
        return {each.name: each.read_bytes() for each in Path(folder, "net").iterdir()}


@cache
def answers() -> np.ndarray:
    """Return what it predicts."""
    return loaded(archive()).predict_proba(X)


def loaded(content: bytes) -> Any:
    """Return the estimator of an archive, or None if it is refused."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "net.zip")
        path.write_bytes(content)
        try:
            return load(path)
        except ModelFileError:
            return None


@given(st.data())
def test_a_damaged_archive_predicts_the_same_or_is_refused(data: st.DataObject) -> None:
    """Cut anywhere, or with any byte changed."""
    content = bytearray(archive())
    place = data.draw(st.integers(0, len(content) - 1))
    if data.draw(st.booleans()):
        del content[place:]
    else:
        content[place] ^= data.draw(st.integers(1, 255))
    net = loaded(bytes(content))

    if net is not None:
        np.testing.assert_array_equal(net.predict_proba(X), answers())


@given(st.data())
@settings(max_examples=100)
def test_any_configuration_is_loaded_or_refused(data: st.DataObject) -> None:
    """With any value replaced by any other."""
    net = loaded(with_any_value(files(), data))

    assert net is None or net.predict_proba(X).shape == (len(X), 3)


@pytest.mark.slow
@given(st.data())
@settings(max_examples=300)
def test_any_pipeline_is_loaded_or_refused(data: st.DataObject) -> None:
    """With any value of its steps replaced by any other; what is loaded takes samples."""
    net = loaded(with_any_value(pipeline_files(), data))

    if net is None:
        return
    try:
        probabilities = net.predict_proba(X.reshape(len(X), -1))
    except ValueError as error:  # a scale may be so large that a number overflows
        if "infinit" not in str(error):
            raise
    else:
        assert probabilities.shape == (len(X), 3)


def with_any_value(files: dict[str, bytes], data: st.DataObject) -> bytes:
    """Return an archive of files in whose JSON one value is another."""
    manifest = json.loads(files[MANIFEST])
    place, name = manifest, data.draw(st.sampled_from(sorted(manifest)))
    if name in ("parameters", "steps") or data.draw(st.booleans()):
        while isinstance(place[name], dict | list) and place[name]:
            place = place[name]
            inner = range(len(place)) if isinstance(place, list) else sorted(place)
            name = data.draw(st.sampled_from(inner))
    place[name] = data.draw(VALUES)
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as entries:
        for each, content in {**files, MANIFEST: json.dumps(manifest).encode()}.items():
            entries.writestr(each, content)
    return stream.getvalue()
