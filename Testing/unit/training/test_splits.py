"""Splits: everybody tested once, nobody on two sides, the published scheme replayed."""

from __future__ import annotations

import gzip
import json
from collections import Counter

import numpy as np
import pytest
from sklearn.model_selection import KFold

from gliomamri.errors import UserError
from gliomamri.training.fingerprints import image_fingerprint, patient_fingerprints
from gliomamri.training.splits import Split, check_no_leak, grouped_folds, published_folds

PATIENTS = [f"sub-{number:02d}" for number in range(23)]
GRADES = {name: "low" if number % 4 == 0 else "high" for number, name in enumerate(PATIENTS)}


def by_repetition(splits):
    repetitions = {split.repetition for split in splits}
    return [[split for split in splits if split.repetition == one] for one in sorted(repetitions)]


@pytest.mark.parametrize("strata", [None, GRADES])
def test_every_patient_is_tested_once_per_repetition(strata):
    splits = grouped_folds(PATIENTS, 5, 3, seed=7, strata=strata)

    assert len(splits) == 15
    for folds in by_repetition(splits):
        assert sorted(name for split in folds for name in split.test) == PATIENTS
        assert [split.fold for split in folds] == [0, 1, 2, 3, 4]
    for split in splits:
        assert sorted(split.train + split.validation + split.test) == PATIENTS
        assert len(split.validation) == round(0.2 * (23 - len(split.test)))
        check_no_leak(split)


def test_sizes_and_strata_are_as_even_as_they_can_be():
    """Three strata of 6, 10 and 7 over 5 folds, 40 shuffles."""
    labels = dict(zip(PATIENTS, [1] * 6 + [2] * 10 + [3] * 7, strict=True))
    splits = grouped_folds(PATIENTS, 5, 40, seed=1, strata=labels)

    for folds in by_repetition(splits):
        sizes = [len(split.test) for split in folds]
        assert max(sizes) - min(sizes) <= 1
        for label in (1, 2, 3):
            counts = [sum(labels[name] == label for name in split.test) for split in folds]
            assert max(counts) - min(counts) <= 1
    for split in splits:
        rest = Counter(labels[name] for name in split.train + split.validation)
        held = Counter(labels[name] for name in split.validation)
        for label, number in rest.items():
            share = number * len(split.validation) / sum(rest.values())
            assert abs(held[label] - share) < 1


def test_all_images_of_a_patient_go_together():
    slices = [name for name in PATIENTS for _ in range(3)]

    assert grouped_folds(slices, 4, 2, seed=3) == grouped_folds(PATIENTS, 4, 2, seed=3)


def test_the_seed_decides_and_the_order_of_patients_does_not():
    shuffled = np.random.default_rng(0).permutation(PATIENTS).tolist()

    assert grouped_folds(PATIENTS, 5, 2, seed=7) == grouped_folds(shuffled, 5, 2, seed=7)
    assert grouped_folds(PATIENTS, 5, 2, seed=7) != grouped_folds(PATIENTS, 5, 2, seed=8)
    first, second = by_repetition(grouped_folds(PATIENTS, 5, 2, seed=7))
    assert [split.test for split in first] != [split.test for split in second]


def test_every_patient_can_meet_every_other_in_a_test_part():
    """A shuffle that keeps neighbors together would not."""
    met = Counter(
        frozenset((a, b))
        for split in grouped_folds(PATIENTS[:10], 5, 300, seed=2, strata=GRADES)
        for a, b in [split.test]
    )

    assert len(met) > 40  # of 45 pairs; two of the three low grades never share a fold
    assert max(met.values()) < 80


def test_splits_without_validation():
    split = grouped_folds(PATIENTS, 23, validation_share=0)[5]

    assert (len(split.train), split.validation, len(split.test)) == (22, (), 1)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"k": 24}, "too few for 24 folds"),
        ({"k": 1}, "at least 2 folds"),
        ({"k": 5, "repetitions": 0}, "1 repetition"),
        ({"k": 5, "validation_share": 1.0}, "below 1"),
        ({"k": 5, "validation_share": 0.99}, "nobody is left to train"),
        ({"k": 5, "strata": {"sub-00": 1}}, "No label.*sub-01.*and 17 more"),
    ],
)
def test_what_cannot_be_split_is_refused_in_words(arguments, words):
    with pytest.raises(UserError, match=words):
        grouped_folds(PATIENTS, **arguments)


def test_a_split_goes_through_json():
    split = grouped_folds(PATIENTS, 5, seed=11)[2]

    assert Split.from_json(json.loads(json.dumps(split.to_json()))) == split
    with pytest.raises(UserError, match="does not hold a split"):
        Split.from_json({"train": []})


@pytest.mark.parametrize(("repetitions", "tested"), [(10, 17), (5, 12)])
def test_the_published_scheme_does_not_test_everybody(repetitions, tested):
    """Finding 2 of the specification: with seeds from 1234, 17 and 12 of 21 patients are ever tested."""
    splits = published_folds(PATIENTS[:21], repetitions)

    assert len({name for split in splits for name in split.test}) == tested
    assert [split.seed for split in splits[::5]] == list(range(1234, 1234 + repetitions))


def test_the_published_scheme_is_that_of_scikit_learn():
    for number, folds in enumerate(by_repetition(published_folds(PATIENTS[:21], 4))):
        seed = 1234 + number
        order = np.random.RandomState(seed).permutation(21)
        reference = KFold(5, shuffle=True, random_state=seed).split(order[3:])

        for split, (train, validation) in zip(folds, reference, strict=True):
            assert split.test == tuple(PATIENTS[at] for at in order[:3])
            assert split.train == tuple(PATIENTS[at] for at in order[3:][train])
            assert split.validation == tuple(PATIENTS[at] for at in order[3:][validation])
            check_no_leak(split)


def test_the_published_scheme_refuses_doubles_and_too_few():
    with pytest.raises(UserError, match="each patient once"):
        published_folds([*PATIENTS, "sub-03"], 1)
    with pytest.raises(UserError, match="at least 8"):
        published_folds(PATIENTS[:7], 1)


@pytest.mark.parametrize(
    ("parts", "named"),
    [
        ((("a", "b"), ("c",), ("d", "a")), "a .*would be in two parts"),
        ((("a", "b"), ("b",), ("d",)), "b .training and validation.*would be in two parts"),
        ((("a",), ("c", "d"), ("d",)), "d .validation and test"),
    ],
)
def test_a_patient_in_two_parts_is_named(parts, named):
    with pytest.raises(UserError, match=named):
        check_no_leak(Split(*parts, seed=0, repetition=0, fold=0))


@pytest.fixture
def files(tmp_path):
    """Image files of four patients; d's second image is a's, compressed anew under another name."""
    contents = {"a": [b"image 1", b"image 2"], "b": [b"image 3"], "c": [b"image 4"], "d": [b"image 5"]}
    found = {}
    for patient, images in contents.items():
        found[patient] = [tmp_path / f"{patient}-{number}.nii" for number in range(len(images))]
        for path, image in zip(found[patient], images, strict=True):
            path.write_bytes(image)
    copy = tmp_path / "other.nii.gz"
    copy.write_bytes(gzip.compress(b"image 2", mtime=12345))
    return found | {"d": [*found["d"], copy]}


def test_one_patient_under_two_names_is_found(files):
    fingerprints = patient_fingerprints(files)
    apart = Split(("a", "b"), ("c",), ("d",), 0, 0, 0)
    together = Split(("a", "d"), ("b",), ("c",), 0, 0, 0)

    with pytest.raises(UserError, match=r"a \(training\) and d \(test\)"):
        check_no_leak(apart, fingerprints)
    check_no_leak(together, fingerprints)
    check_no_leak(apart, {name: prints for name, prints in fingerprints.items() if name != "d"})
    check_no_leak(apart)


def test_compression_does_not_change_a_fingerprint(tmp_path):
    image = np.random.default_rng(5).bytes(3 << 20)
    for name, content in (("a.nii", image), ("b.nii.gz", gzip.compress(image, 1)), ("c.nii", image[:-1])):
        (tmp_path / name).write_bytes(content)

    a, b, c = (image_fingerprint(tmp_path / name) for name in ("a.nii", "b.nii.gz", "c.nii"))
    assert a == b != c
