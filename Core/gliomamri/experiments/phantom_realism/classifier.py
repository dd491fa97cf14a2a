"""A simple classifier that tries to tell simulated from real patches, and what it goes by.

An AUC of .5 says no. Patients never stand on both sides: each fold leaves one real patient and a group of simulated
ones out. Few real patients make the number uncertain: see the interval.

Tested by Testing/unit/experiments/test_classifier.py.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gliomamri.errors import UserError
from gliomamri.experiments.phantom_realism.patches import TISSUES, patch_features

CLASSIFIERS = ("forest", "logistic")
_BOOTSTRAPS = 1000
_TREES = 100


@dataclass(frozen=True)
class Telling:
    """One feature: how much the AUC falls without it, and how far it alone tells.

    ``alone`` is the chance that a simulated patch has the larger value than a real one: above .5 the simulated
    values are too large, below too small.
    """

    feature: str
    drop: float
    alone: float


@dataclass(frozen=True)
class Verdict:
    """How well one classifier tells simulated from real patches of one tissue.

    Attributes
    ----------
    tissue, classifier, kind : str
        ``kind`` of features: ``all``, ``contrast``, ``detail`` or ``relation``.
    auc, low, high : float
        Area under the ROC curve and its 95 % bootstrap interval by patient.
    telling : tuple of Telling
        Features, those that tell most by themselves first; only with all features.
    """

    tissue: str
    classifier: str
    kind: str
    auc: float
    low: float
    high: float
    telling: tuple[Telling, ...] = ()


Patches = Mapping[str, NDArray[np.float32]]


def judge(
    real: Mapping[str, Patches], simulated: Mapping[str, Patches], rng: np.random.Generator
) -> list[Verdict]:
    """Train and test classifiers per tissue and kind of feature on patches by patient and tissue.

    Raises
    ------
    UserError
        If fewer than two real and two simulated patients have patches of any tissue.
    """
    verdicts = []
    for tissue in TISSUES:
        groups = [
            [(name, p[tissue]) for name, p in side.items() if tissue in p] for side in (real, simulated)
        ]
        if min(map(len, groups)) < 2:
            continue
        features, owner, target, names = _table(groups)
        folds = _folds(owner, target, rng)
        kinds = ("all", *dict.fromkeys(name.partition(":")[0] for name in names))
        for classifier in CLASSIFIERS:
            for kind in kinds if classifier == "forest" else kinds[:1]:
                columns = [i for i, name in enumerate(names) if kind in ("all", name.partition(":")[0])]
                table = features[:, columns]
                scores, telling = _cross_validate(
                    table, target, folds, classifier, [names[i] for i in columns] if kind == "all" else []
                )
                interval = _bootstrap(scores, owner, target, folds, rng)
                auc = float(np.mean([_auc(scores[test], target[test]) for test in folds]))
                verdicts.append(Verdict(tissue, classifier, kind, auc, *interval, telling))
    if not verdicts:
        raise UserError(
            "Telling real from simulated needs at least two patients of each, with all four sequences."
        )
    return verdicts


def to_markdown(verdicts: Sequence[Verdict], top: int = 10) -> str:
    """Return the verdicts and the most telling features as Markdown tables."""
    lines = ["| tissue | classifier | features | AUC | 95 % interval |", "|---|---|---|---|---|"]
    lines += [
        f"| {v.tissue} | {v.classifier} | {v.kind} | {v.auc:.2f} | {v.low:.2f} to {v.high:.2f} |"
        for v in verdicts
    ]
    for v in verdicts:
        if v.telling and v.classifier == "forest":
            lines += [
                "",
                f"| {v.tissue}: most telling | AUC lost without | simulated larger |",
                "|---|---|---|",
            ]
            lines += [f"| {t.feature} | {t.drop:.3f} | {t.alone:.2f} |" for t in v.telling[:top]]
    return "\n".join([*lines, ""])


def _table(groups: list[list[tuple[str, NDArray]]]) -> tuple[NDArray, NDArray, NDArray, list[str]]:
    features, owner, target, names = [], [], [], []
    for side, group in enumerate(groups):
        for _, patches in group:
            columns, names = patch_features(patches)
            features.append(columns)
            owner += [len(features)] * len(columns)
            target += [side] * len(columns)
    return np.concatenate(features), np.array(owner), np.array(target), names


def _folds(owner: NDArray, target: NDArray, rng: np.random.Generator) -> list[NDArray]:
    """Return test masks: one real patient each, simulated patients dealt out among them."""
    real = np.unique(owner[target == 0])
    simulated = rng.permutation(np.unique(owner[target == 1]))
    count = min(len(real), len(simulated))
    return [np.isin(owner, np.concatenate([real[i::count], simulated[i::count]])) for i in range(count)]


def _cross_validate(
    table: NDArray, target: NDArray, folds: list[NDArray], classifier: str, names: list[str]
) -> tuple[NDArray, tuple[Telling, ...]]:
    from sklearn.inspection import permutation_importance

    scores = np.zeros(len(target))
    drops = np.zeros(len(names))
    for test in folds:
        model = _model(classifier).fit(table[~test], target[~test])
        scores[test] = model.predict_proba(table[test])[:, 1]
        if names:
            importance = permutation_importance(
                model, table[test], target[test], scoring="roc_auc", n_repeats=1, random_state=0
            )
            drops += importance.importances_mean / len(folds)
    alone = [_auc(column, target) for column in table.T] if names else []
    # Features say much the same: the forest misses none of them alone, so each one's own power ranks them.
    order = np.argsort(-abs(np.array(alone) - 0.5)) if names else []
    return scores, tuple(Telling(names[i], float(drops[i]), float(alone[i])) for i in order)


def _model(classifier: str):  # noqa: ANN202 - scikit-learn is not imported at module level
    from sklearn.ensemble import RandomForestClassifier
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    if classifier == "forest":
        return RandomForestClassifier(_TREES, min_samples_leaf=3, class_weight="balanced", random_state=0)
    return make_pipeline(StandardScaler(), LogisticRegression(C=0.1, class_weight="balanced", max_iter=500))


def _auc(scores: NDArray, target: NDArray) -> float:
    """Return the chance that a simulated (1) score exceeds a real (0) one."""
    from scipy.stats import rankdata

    positive = target == 1
    ranks = rankdata(scores)
    count = positive.sum()
    return float((ranks[positive].sum() - count * (count + 1) / 2) / (count * (~positive).sum()))


def _bootstrap(
    scores: NDArray, owner: NDArray, target: NDArray, folds: list[NDArray], rng: np.random.Generator
) -> tuple[float, float]:
    """Return the 95 % interval of the mean AUC, drawing folds and the simulated patients in them anew."""
    pairs = [
        [
            _auc(scores[chosen], target[chosen])
            for patient in np.unique(owner[test & (target == 1)])
            for chosen in [test & ((target == 0) | (owner == patient))]
        ]
        for test in folds
    ]
    means = []
    for _ in range(_BOOTSTRAPS):
        drawn = rng.integers(len(pairs), size=len(pairs))
        means.append(np.mean([np.mean(rng.choice(pairs[i], len(pairs[i]))) for i in drawn]))
    low, high = np.percentile(means, (2.5, 97.5))
    return float(low), float(high)
