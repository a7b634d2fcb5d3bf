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
from hypothesis import given, settings
from hypothesis import strategies as st

from nnest.exceptions import ModelFileError
from nnest.persistence import load, save
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
    manifest = json.loads(files()[MANIFEST])
    place, name = manifest, data.draw(st.sampled_from(sorted(manifest)))
    if name == "parameters" or data.draw(st.booleans()):
        while isinstance(place[name], dict) and place[name]:
            place = place[name]
            name = data.draw(st.sampled_from(sorted(place)))
    place[name] = data.draw(VALUES)
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as entries:
        for each, content in {**files(), MANIFEST: json.dumps(manifest).encode()}.items():
            entries.writestr(each, content)
    net = loaded(stream.getvalue())

    assert net is None or net.predict_proba(X).shape == (len(X), 3)
