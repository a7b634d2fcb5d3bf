"""Spaces of any content: refused in one sentence, or asked without an error."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from nnest.cli._space import as_space
from nnest.exceptions import TuneError

DEFAULTS = {
    "activation": "relu",
    "batch_norm_at": None,
    "batch_size": 32,
    "conv_dropout": 0.0,
    "dropout": 0.0,
    "filters": (32, 64),
    "hidden_units": (128,),
    "l2": 0.0,
    "learning_rate": None,
}

NUMBERS = st.one_of(
    st.integers(-3, 300), st.sampled_from([0.0, 0.1, 0.5, 1.0, 1e-4, -0.5, float("inf")])
)
SCALARS = st.one_of(NUMBERS, st.booleans(), st.sampled_from(["relu", "tanh", "none", "every", ""]))
VALUES = st.one_of(SCALARS, st.lists(st.one_of(SCALARS, st.lists(SCALARS, max_size=2)), max_size=3))


def tables() -> st.SearchStrategy[dict[str, Any]]:
    """Return tables that are near to what is accepted, and some that are not."""
    usual = {"low": NUMBERS, "high": NUMBERS}
    extras = {
        "log": st.booleans(),
        "step": NUMBERS,
        "layers": st.lists(st.integers(-1, 3), min_size=2, max_size=2),
        "each_layer": st.booleans(),
        "when": st.dictionaries(st.sampled_from(sorted(DEFAULTS)), VALUES, max_size=1),
    }
    return st.one_of(
        st.fixed_dictionaries(usual, optional=extras),
        st.fixed_dictionaries({"choices": VALUES}, optional=extras),
        st.dictionaries(st.sampled_from([*usual, *extras, "choices", "hihg"]), VALUES, max_size=4),
    )


CONTENTS = st.one_of(
    st.dictionaries(
        st.sampled_from([*sorted(DEFAULTS), "epochs", "dropuot"]),
        st.one_of(tables(), VALUES),
        max_size=4,
    ),
    # Mostly right, so that much is accepted.
    st.fixed_dictionaries(
        {"hidden_units": st.one_of(VALUES, st.just({"layers": [0, 3], "choices": [8, 16]}))},
        optional={
            "dropout": st.fixed_dictionaries(
                {"low": st.just(0.0), "high": st.sampled_from([0.5, 0.9])},
                optional={"each_layer": st.booleans(), "step": st.just(0.1)},
            ),
            "l2": tables(),
        },
    ),
)


class Stub:
    """Chooses the first or the last of what it is asked for, and checks that it may be asked."""

    def __init__(self, last: bool) -> None:
        self._last = last
        self._asked: set[str] = set()

    def _new(self, name: str) -> None:
        assert name not in self._asked
        self._asked.add(name)

    def suggest_int(self, name: str, low: int, high: int, step: int = 1, log: bool = False) -> int:
        """Choose a whole number."""
        self._new(name)
        assert low < high
        assert step >= 1
        assert not log or low >= 1
        return high if self._last else low

    def suggest_float(
        self, name: str, low: float, high: float, step: float | None = None, log: bool = False
    ) -> float:
        """Choose a number."""
        self._new(name)
        assert low < high < float("inf")
        assert not log or (low > 0 and step is None)
        return high if self._last else low

    def suggest_categorical(self, name: str, choices: Any) -> Any:
        """Choose one of these."""
        self._new(name)
        assert len(choices) > 0
        return choices[-1 if self._last else 0]


@given(CONTENTS, st.booleans())
def test_any_content_is_refused_in_one_sentence_or_asked(
    content: dict[str, Any], last: bool
) -> None:
    """Nothing else happens; what comes out are parameters of the network, of their kinds."""
    try:
        space = as_space(content, "space.toml", DEFAULTS)
    except TuneError as error:
        said = str(error)
        assert said.startswith("space.toml")
        assert "\n" not in said
        return
    setting = space(Stub(last))
    assert set(setting) <= {entry.name for entry in space.entries} <= set(content)
    for name in {"hidden_units", "filters"} & set(setting):
        assert isinstance(setting[name], tuple)
        assert all(type(each) is int and each >= 1 for each in setting[name])
    whole = {**DEFAULTS, **space.fixed, **setting}
    for name, partner in (("dropout", "hidden_units"), ("conv_dropout", "filters")):
        if isinstance(setting.get(name), tuple) and content[name].get("each_layer"):
            assert len(setting[name]) == len(whole[partner])
