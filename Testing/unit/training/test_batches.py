"""Batches follow from seed, number and examples; patches lie on tumor, and lose roles, as often as asked."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from gliomamri.training.batches import BatchPlan, Stock
from gliomamri.training.intensities import IntensityPriors
from gliomamri.training.patches import STILL

ROLES = ("ceT1w", "FLAIR")
CALM = IntensityPriors(0, 0, 0, 0, 0, 1, 0, 0, 0)


def plan(**changes):
    values = {"roles": ROLES, "size": 3, "shape": (8, 10, 12), "spread": 1.0, **changes}
    return BatchPlan(**values)


@pytest.fixture
def stock(make_example):
    made = Stock(ROLES)
    for name, seed in (("a", 0), ("b", 1)):
        made.add(make_example(name, seed=seed))
    return made


def test_shapes_and_types(stock):
    batch = stock.batch(plan(), 0, 0)
    assert batch.channels.shape == (3, 2, 8, 10, 12)
    assert batch.channels.dtype == torch.float32
    assert batch.classes.shape == (3, 8, 10, 12)
    assert batch.classes.dtype == torch.int64
    assert set(batch.classes.unique().tolist()) <= {0, 1, 2, 3}


def test_a_batch_follows_from_seed_and_number_only(stock, make_example):
    first = [stock.batch(plan(), 7, number) for number in range(3)]
    torch.manual_seed(5)
    np.random.default_rng().random()
    again = stock.batch(plan(), 7, 2)
    assert torch.equal(first[2].channels, again.channels)
    assert torch.equal(first[2].classes, again.classes)
    assert not torch.equal(first[1].channels, first[2].channels)
    assert not torch.equal(first[2].channels, stock.batch(plan(), 8, 2).channels)

    fresh = Stock(ROLES)
    for name, seed in (("a", 0), ("b", 1)):
        fresh.add(make_example(name, seed=seed))
    assert torch.equal(first[2].channels, fresh.batch(plan(), 7, 2).channels)


def test_a_growing_stock_shows_what_came_later(make_example):
    stock = Stock(ROLES)
    stock.add(make_example(tumor=False))
    assert not any(stock.batch(plan(), 0, number).classes.any() for number in range(5))
    stock.add(make_example(seed=1))
    assert len(stock) == 2
    shown = [bool(label.any()) for number in range(30) for label in stock.batch(plan(), 0, number).classes]
    assert 0.25 < np.mean(shown) < 0.75


def test_images_and_labels_stay_together(stock):
    """Where the label is enhancing tumor the channel is bright: no flip, turn or shift of one without the other."""
    for number in range(4):
        batch = stock.batch(plan(intensity=CALM, size=4), 0, number)
        image, label = batch.channels[:, 0], batch.classes
        assert image[label == 3].mean() > 2
        assert image[label == 2].mean() < 2.6
        assert image[label == 0].mean() < 0.4


def test_share_of_patches_on_tumor(stock):
    def share(wanted):
        one = plan(tumor_share=wanted, spread=0.0, shape=(3, 3, 3), pose=STILL, size=10)
        labels = [stock.batch(one, 0, number).classes for number in range(15)]
        return float(torch.cat(labels)[:, 1, 1, 1].bool().float().mean())

    tumor = np.mean([float(classes[0].count_nonzero()) for classes in stock._classes])
    brain = np.mean([len(places) for places in stock._brains])
    assert share(1.0) > 0.99
    assert share(0.0) == pytest.approx(tumor / brain, abs=0.1)
    assert share(0.6) == pytest.approx(0.6 + 0.4 * tumor / brain, abs=0.12)


def test_slices_go_through_the_middle_and_through_tumor_as_often_as_asked(stock):
    one = plan(
        slices=True, shape=(1, 26, 22), tumor_share=1.0, spread=0.0, pose=STILL, intensity=CALM, size=8
    )
    batch = stock.batch(one, 0, 0)
    tumors = {z for z in range(20) if stock._classes[0][0, z].any()}
    for label in batch.classes[:, 0]:
        same = [z for z in tumors if torch.equal(stock._classes[0][0, z].long(), label)]
        assert same


def test_each_patch_keeps_one_configuration(stock, make_example):
    both = Stock((*ROLES, "T1map"))
    both.add(make_example(roles=(*ROLES, "T1map")))
    one = plan(roles=both.roles, configurations=(ROLES, ("T1map",)), size=8)
    kept = [
        tuple(bool(channel.any()) for channel in image)
        for number in range(6)
        for image in both.batch(one, 0, number).channels
    ]
    assert set(kept) == {(True, True, False), (False, False, True)}
    assert np.mean([pattern[0] for pattern in kept]) == pytest.approx(0.5, abs=0.25)


def test_missing_takes_one_role_and_never_the_last(stock):
    one = plan(missing=1.0, size=6)
    counts = [sum(bool(channel.any()) for channel in image) for image in stock.batch(one, 0, 0).channels]
    assert counts == [1] * 6
    alone = plan(missing=1.0, configurations=(("FLAIR",),), size=6)
    assert all(image[1].any() and not image[0].any() for image in stock.batch(alone, 0, 0).channels)


def test_patches_of_one_example_come_together(make_example):
    stock = Stock(ROLES)
    for number in range(3):
        example = make_example(seed=number)
        example.channels[:] = np.where(example.brain, number + 1, 0)
        stock.add(example)
    one = plan(size=6, per_example=3, intensity=CALM)
    values = [int(image[1].max().round()) for image in stock.batch(one, 0, 1).channels]
    assert values[0] == values[1] == values[2]
    assert values[3] == values[4] == values[5]


def test_roles_are_put_in_the_stocks_order_and_missing_ones_are_0(make_example):
    stock = Stock(("T2w", "FLAIR", "ceT1w"))
    example = make_example(roles=("ceT1w", "FLAIR"))
    stock.add(example)
    volume = stock._volumes[0].numpy()
    assert not volume[0].any()
    assert np.array_equal(volume[1], example.channels[1])
    assert np.array_equal(volume[2], example.channels[0])


def test_impossible_draws_are_refused(stock):
    with pytest.raises(ValueError, match="no example"):
        Stock(ROLES).batch(plan(), 0, 0)
    with pytest.raises(ValueError, match="roles"):
        stock.batch(plan(roles=("FLAIR", "ceT1w")), 0, 0)
