"""What a search hands out of the networks that it has kept: an ensemble."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
from sklearn.base import is_classifier
from sklearn.utils.validation import check_is_fitted

from nnest.ensembles import Ensemble, greedy_weights
from nnest.search._evaluation import Split
from nnest.search._keeping import Keeper

__all__ = ["KeptNetworks"]


class KeptNetworks:
    """Adds the networks that were kept to a search; not for use by itself."""

    keep: Any
    refit: Any
    multimetric_: bool
    best_index_: int

    def ensemble(
        self,
        kind: str = "folds",
        *,
        size: int = 25,
        n_bags: int = 20,
        share: float = 0.8,
        calibrate: str | None = "auto",
        random_state: int = 0,
    ) -> Ensemble:
        """Return the networks that the search has kept as one estimator; nothing is trained.

        Parameters
        ----------
        kind : {"folds", "greedy"}, default="folds"
            "folds" takes the networks of the best setting, one for each fold. "greedy" chooses
            among all settings that were kept, again and again the one with which the mean of all
            has the lowest loss, by what they predict of rows that they have not seen; all folds of
            a setting count alike.
        size : int, default=25
            How many settings each bag of the greedy choice takes; one may be taken several times.
        n_bags : int, default=20
            How often the greedy choice is made, each time among a random share of the settings.
        share : float, default=0.8
            Share of the settings that are in a bag, above 0 and at most 1. A search has few
            settings: where half of them are left out, the good ones often are.
        calibrate : {"auto", "temperature", None}, default="auto"
            As in `nnest.Ensemble.from_folds`. "auto" is "temperature" for classifiers where one
            fold held out each row. It helps where networks are trained too short or too long, and
            can raise the loss where there are few rows.
        random_state : int, default=0
            Decides the bags.

        Returns
        -------
        Ensemble
            A fitted ensemble. Where each row was held out by one fold, as those of `KFold` are, it
            has `predict_set` or `predict_interval` too.

        Raises
        ------
        NotFittedError
            If the search is not fitted.
        ValueError
            If no networks were kept, or an argument is not accepted.

        See Also
        --------
        nnest.ensembles.greedy_weights : The greedy choice.

        Examples
        --------
        >>> from nnest import MLPClassifier, VectorizedGridSearchCV
        >>> from nnest.datasets import load_digits
        >>> digits = load_digits()
        >>> net = MLPClassifier(learning_rate=0.01, random_state=0)
        >>> search = VectorizedGridSearchCV(net, {"dropout": [0.0, 0.2]}, cv=3, keep="all")
        >>> together = search.fit(digits.data, digits.target).ensemble("greedy", size=5)
        >>> together.predict_set(digits.data[:2], alpha=0.1).shape
        (2, 10)
        """
        check_is_fitted(self)
        if getattr(self, "fold_estimators_", None) in (None, {}):
            raise ValueError(
                "This search has kept no networks: give keep='folds', keep='all' or a number of "
                "settings, and fit it again."
            )
        if kind == "greedy":
            shares = self._greedy_shares(size, n_bags, share, random_state)
        elif kind != "folds":
            raise ValueError(f"kind={kind!r} is not accepted: give 'folds' or 'greedy'.")
        elif getattr(self, "best_index_", None) in self.fold_estimators_:
            shares = {self.best_index_: 1.0}
        else:
            raise ValueError(
                "The networks of the best setting are not among those that were kept: take "
                "ensemble('greedy'), or fit the search again as a whole."
            )
        return self._together(shares, calibrate)

    def _greedy_shares(
        self, size: int, n_bags: int, share: float, random_state: int
    ) -> dict[int, float]:
        """Return how much each setting counts that the greedy choice takes."""
        targets, _ = self._kept_folds
        if is_classifier(self):
            targets = np.unique(targets, return_inverse=True)[1]
        else:
            targets = targets.astype(np.float64)
        found = np.stack(list(self.oof_predictions_.values()))
        weights = greedy_weights(
            found.reshape(*found.shape[:2], -1),
            targets,
            size=size,
            n_bags=n_bags,
            share=share,
            random_state=random_state,
        )
        return {
            row: float(weight)
            for row, weight in zip(self.oof_predictions_, weights, strict=True)
            if weight > 0
        }

    def _together(self, shares: dict[int, float], calibrate: str | None) -> Ensemble:
        """Return the networks of all folds of some settings as one estimator."""
        targets, splits = self._kept_folds
        members = [net for row in shares for net in self.fold_estimators_[row]]
        weights = [weight for weight in shares.values() for _ in splits]
        tested = np.bincount(np.concatenate([test for _, test in splits]), minlength=len(targets))
        held_out_once = bool((tested == 1).all())
        if calibrate == "auto":
            calibrate = "temperature" if held_out_once and is_classifier(self) else None
        if not held_out_once:
            if calibrate is not None:
                raise ValueError(
                    f"calibrate={calibrate!r} needs folds that hold each row out once, as those "
                    "of KFold do: give None, or fit the search with such a cv."
                )
            return Ensemble.from_fitted(members, weights)
        return Ensemble.from_folds(
            members,
            None,
            targets,
            splits,
            folds=[*range(len(splits))] * len(shares),
            weights=weights,
            calibrate=calibrate,
            predictions=sum(
                weight * self.oof_predictions_[row].astype(np.float64)
                for row, weight in shares.items()
            ),
        )

    def _keep_chosen(
        self, keeper: Keeper | None, results: dict[str, Any], places: list[int], splits: list[Split]
    ) -> None:
        """Set what is kept of the networks; `places` are those of the settings in the search."""
        for name in ("fold_estimators_", "oof_predictions_", "_kept_folds"):
            vars(self).pop(name, None)  # of an earlier fit
        if keeper is None:
            return
        order = self._best_first(keeper, results)
        chosen = keeper.choose([places[row] for row in order])
        wanted = order[: keeper.most]
        lost = len(wanted) - len(chosen)
        if lost:
            warnings.warn(
                f"keep={self.keep!r} finds no networks of {lost} of {len(wanted)} settings: a fold "
                "of them failed, or an earlier call or another process has trained them.",
                UserWarning,
                stacklevel=5,
            )
        kept = {row: chosen[places[row]] for row in wanted if places[row] in chosen}
        self.fold_estimators_ = {row: each.estimators for row, each in kept.items()}
        self.oof_predictions_ = {row: each.predictions for row, each in kept.items()}
        self._kept_folds = keeper.targets, splits

    def _best_first(self, keeper: Keeper, results: dict[str, Any]) -> list[int]:
        """Return the rows of the table that have scores, the winner first, then by rank."""
        means = next(each for name, each in results.items() if name.startswith("mean_test_"))
        metric = self.refit if isinstance(self.refit, str) and self.multimetric_ else "score"
        ranks = results.get(f"rank_test_{metric}", np.arange(len(means)))
        rows = [int(row) for row in np.argsort(ranks, kind="stable") if np.isfinite(means[row])]
        best = getattr(self, "best_index_", None)
        if best is None and keeper.most is not None:
            raise ValueError(
                f"keep={self.keep!r} asks for the best setting, and refit names no metric that "
                "says which it is: give refit its name, or keep='all'."
            )
        return rows if best is None else [int(best), *(row for row in rows if row != best)]
