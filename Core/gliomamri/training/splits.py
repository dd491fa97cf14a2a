"""Splits of a cohort into training, validation and test that keep each patient on one side.

Called by the training and cross-validation commands, which record every split with the model it made; tested by
Testing/unit/training/test_splits.py.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from typing import Any

import numpy as np

from gliomamri.errors import UserError

PUBLISHED_SEED = 1234
"""Seed of the first repetition in paper 000; each further one has the next."""
_PUBLISHED_FOLDS = 5
_PUBLISHED_TEST = 3


@dataclass(frozen=True)
class Split:
    """Who trains, validates and tests one model.

    Attributes
    ----------
    train, validation, test : tuple of str
        Patients.
    seed : int
        Of the whole scheme (of the repetition, as published).
    repetition, fold : int
        From 0.
    """

    train: tuple[str, ...]
    validation: tuple[str, ...]
    test: tuple[str, ...]
    seed: int
    repetition: int
    fold: int

    @property
    def parts(self) -> dict[str, tuple[str, ...]]:
        """Patients by the name of their part."""
        return {"training": self.train, "validation": self.validation, "test": self.test}

    def to_json(self) -> dict[str, Any]:
        """Return plain values that JSON can hold."""
        return {
            key: list(value) if isinstance(value, tuple) else value for key, value in asdict(self).items()
        }

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> Split:
        """Return the split of :meth:`to_json`.

        Raises
        ------
        UserError
            If something is missing or too much.
        """
        names = {field.name for field in fields(cls)}
        if set(values) != names:
            raise UserError(
                "The file does not hold a split of patients.",
                f"has {sorted(values)}, expected {sorted(names)}",
            )
        return cls(
            **{key: tuple(value) if isinstance(value, list) else value for key, value in values.items()}
        )


def grouped_folds(
    patients: Sequence[str],
    k: int,
    repetitions: int = 1,
    seed: int = 0,
    strata: Mapping[str, Hashable] | None = None,
    *,
    validation_share: float = 0.2,
) -> list[Split]:
    """Make repeated k-fold splits in which every patient is tested exactly once per repetition.

    Parameters
    ----------
    patients : sequence of str
        Patient of each image or slice; one that occurs several times is still one patient. Their order has no
        influence.
    k : int
        Folds, at least 2.
    repetitions : int
        Each with another shuffle.
    seed : int
        Same seed, same splits.
    strata : mapping of str to label, optional
        One label per patient (grade, scanner, tumor or none). Test parts differ by at most one patient of each label
        and by at most one in size; validation parts have their share of each label to within one patient.
    validation_share : float
        Share of the patients not in the test part that validate, at least one; 0 for no validation part.

    Returns
    -------
    list of Split
        ``repetitions * k``, by repetition, then fold.

    Raises
    ------
    UserError
        If there are too few patients, or one has no label.

    Notes
    -----
    [Our choice] Patients shuffled within their stratum are dealt to the folds in turn, the next stratum where the last
    one stopped. The validation part is a systematic sample of the remaining patients in that order.
    """
    patients = sorted(set(patients))
    _check_counts(patients, k, repetitions, validation_share, strata)
    splits = []
    for repetition in range(repetitions):
        generator = np.random.default_rng([seed, repetition])
        order = _shuffled_by_stratum(patients, strata, generator)
        folds = generator.permutation(k)
        fold_of = {patient: int(folds[place % k]) for place, patient in enumerate(order)}
        for fold in range(k):
            rest = [patient for patient in order if fold_of[patient] != fold]
            validation = _systematic_sample(rest, validation_share, generator)
            splits.append(
                Split(
                    train=tuple(sorted(set(rest) - validation)),
                    validation=tuple(sorted(validation)),
                    test=tuple(patient for patient in patients if fold_of[patient] == fold),
                    seed=seed,
                    repetition=repetition,
                    fold=fold,
                )
            )
    return splits


def published_folds(
    patients: Sequence[str], repetitions: int, first_seed: int = PUBLISHED_SEED
) -> list[Split]:
    """Make the splits of paper 000: per repetition ONE test part of 3 patients, five folds of the others.

    The five models of a repetition are tested on the same three patients, so their scores are not independent, and some
    patients are never tested. For comparison with the paper; :func:`grouped_folds` is the scheme to draw conclusions
    from.

    Parameters
    ----------
    patients : sequence of str
        One name per patient. Their order matters, as it did there.
    repetitions : int
        10 for detection and 5 for segmentation in the paper.
    first_seed : int
        Repetition r has seed ``first_seed + r``.

    Raises
    ------
    UserError
        If a patient is named twice, or there are fewer than 8.

    Notes
    -----
    Test patients are the first three of ``RandomState(seed).permutation(n)``; the others, in its order, are shuffled
    by a new ``RandomState(seed)`` and cut into five validation parts, the first ones larger where they cannot be
    equal: what scikit-learn's ``KFold(5, shuffle=True, random_state=seed)`` does.
    """
    if len(set(patients)) < len(patients):
        raise UserError("The published scheme needs each patient once.", f"{len(patients)} names")
    if len(patients) < _PUBLISHED_TEST + _PUBLISHED_FOLDS:
        raise UserError(f"The published scheme needs at least 8 patients; there are {len(patients)}.")
    splits = []
    for repetition in range(repetitions):
        seed = first_seed + repetition
        order = np.random.RandomState(seed).permutation(len(patients))
        test, rest = order[:_PUBLISHED_TEST], order[_PUBLISHED_TEST:]
        places = np.arange(rest.size)
        np.random.RandomState(seed).shuffle(places)
        for fold, held in enumerate(np.array_split(places, _PUBLISHED_FOLDS)):
            parts = (np.delete(rest, held), rest[np.sort(held)], test)
            named = (tuple(patients[place] for place in part) for part in parts)
            splits.append(Split(*named, seed=seed, repetition=repetition, fold=fold))
    return splits


def check_no_leak(split: Split, fingerprints: Mapping[str, Collection[str]] | None = None) -> None:
    """Make sure that no patient is in two parts of a split, under one name or under two.

    Parameters
    ----------
    split : Split
    fingerprints : mapping of str to collection of str, optional
        Per patient, those of the images
        (:func:`gliomamri.training.fingerprints.image_fingerprint`). Two patients with an image in common are the same
        patient. Leave out masks and annotations: those of two patients may both be empty.

    Raises
    ------
    UserError
        With the names of the patients in two parts.
    """
    part_of: dict[str, str] = {}
    twice = []
    for part, patients in split.parts.items():
        for patient in patients:
            other = part_of.setdefault(patient, part)
            if other != part:
                twice.append(f"{patient} ({other} and {part})")
    if twice:
        raise UserError(
            f"{_some(twice)} would be in two parts of the split, so the scores would be too good; "
            "make the split anew, by patient.",
            "; ".join(twice),
        )
    same = [
        f"{first} ({part_of[first]}) and {second} ({part_of[second]})"
        for first, second in _same_patients(fingerprints or {}, part_of)
        if part_of[first] != part_of[second]
    ]
    if same:
        raise UserError(
            f"The same images are in two parts of the split under two names: {_some(same)}. Give the patient one name.",
            "; ".join(same),
        )


def _check_counts(
    patients: Sequence[str],
    k: int,
    repetitions: int,
    validation_share: float,
    strata: Mapping[str, Hashable] | None,
) -> None:
    if k < 2 or repetitions < 1:
        raise UserError("Cross-validation needs at least 2 folds and 1 repetition.", f"{k=}, {repetitions=}")
    if not 0 <= validation_share < 1:
        raise UserError(
            "The share of patients that validate must be at least 0 and below 1.", f"{validation_share=}"
        )
    if len(patients) < k:
        raise UserError(f"There are {len(patients)} patients, too few for {k} folds; choose fewer folds.")
    fewest = len(patients) - -(-len(patients) // k)
    if fewest - (_sample_size(fewest, validation_share)) < 1:
        raise UserError(
            f"With {len(patients)} patients in {k} folds nobody is left to train on; "
            "choose more folds or no validation part."
        )
    missing = [patient for patient in patients if strata is not None and patient not in strata]
    if missing:
        raise UserError(f"No label to stratify by is given for {_some(missing)}.", "; ".join(missing))


def _shuffled_by_stratum(
    patients: Sequence[str], strata: Mapping[str, Hashable] | None, generator: np.random.Generator
) -> list[str]:
    members: dict[Hashable, list[str]] = defaultdict(list)
    for patient in patients:
        members[strata[patient] if strata is not None else None].append(patient)
    groups = list(members.values())
    return [
        groups[group][place]
        for group in generator.permutation(len(groups))
        for place in generator.permutation(len(groups[group]))
    ]


def _sample_size(number: int, share: float) -> int:
    return max(1, round(share * number)) if share > 0 else 0


def _systematic_sample(ordered: Sequence[str], share: float, generator: np.random.Generator) -> set[str]:
    """Members at equal steps from a random start."""
    size = _sample_size(len(ordered), share)
    places = (np.arange(size) + generator.random()) * (len(ordered) / max(size, 1))
    return {ordered[min(int(place), len(ordered) - 1)] for place in places}


def _same_patients(
    fingerprints: Mapping[str, Collection[str]], known: Iterable[str]
) -> Iterator[tuple[str, str]]:
    """Pairs of patients that share an image, each pair once."""
    owners: dict[str, list[str]] = defaultdict(list)
    seen = set()
    for patient in known:
        for fingerprint in dict.fromkeys(fingerprints.get(patient, ())):
            for other in owners[fingerprint]:
                if (other, patient) not in seen:
                    seen.add((other, patient))
                    yield other, patient
            owners[fingerprint].append(patient)


def _some(names: Sequence[str], most: int = 5) -> str:
    shown = ", ".join(names[:most])
    return shown + (f" and {len(names) - most} more" if len(names) > most else "")
