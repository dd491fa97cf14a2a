"""Losses against numbers worked out by hand, PyTorch's own, and numerical gradients."""

from __future__ import annotations

import math

import pytest
import torch
from torch.nn import functional

from gliomamri.training.losses import (
    cross_entropy,
    dice_cross_entropy,
    memberships,
    nested_dice_cross_entropy,
    region_loss,
    region_memberships,
    soft_dice_loss,
)
from gliomamri.training.published_losses import (
    published_detection_loss,
    published_tumor_weight,
    published_unet_loss,
)

WEIGHTS = torch.tensor([0.5, 2.0, 1.0])


def a_case(seed=0, shape=(2, 3, 4, 5), dtype=torch.float32):
    """Logits (N, C, y, x) and class numbers in which image 0 lacks class 2."""
    generator = torch.Generator().manual_seed(seed)
    logits = torch.randn(shape, generator=generator, dtype=dtype)
    labels = torch.randint(0, shape[1], (shape[0], *shape[2:]), generator=generator)
    labels[0] %= 2
    return logits, labels


def test_memberships_are_those_of_pytorch():
    _, labels = a_case()
    assert torch.equal(memberships(labels, 3), functional.one_hot(labels, 3).movedim(-1, 1).float())


def test_regions_are_unions_of_the_labels_they_list():
    labels = torch.tensor([[[0, 1, 2, 4]]])
    found = region_memberships(labels, [(1, 2, 4), (1, 4), (4,)])
    assert found.tolist() == [[[[0, 1, 1, 1]], [[0, 1, 0, 1]], [[0, 0, 0, 1]]]]


class TestSoftDice:
    """Two images of four voxels, two classes; p and y are chosen so that the sums are easy."""

    p1 = torch.tensor([[0.5, 0.5, 0.0, 0.0], [1.0, 0.2, 0.2, 0.6]])
    y1 = torch.tensor([[1.0, 0.0, 0.0, 0.0], [1.0, 1.0, 0.0, 0.0]])

    def both(self):
        return torch.stack([1 - self.p1, self.p1], 1), torch.stack([1 - self.y1, self.y1], 1)

    def test_joint(self):
        # Class 1: overlap .5 + 1 + .2, sizes 3 + 3. Class 0: overlap .5 + 1 + 1 + .8 + .4, sizes 5 + 5.
        p, y = self.both()
        expected = 1 - (2 * 1.7 / 6 + 2 * 3.7 / 10) / 2
        assert soft_dice_loss(p, y).item() == pytest.approx(expected, abs=1e-6)

    def test_per_image_without_background(self):
        p, y = self.both()
        expected = 1 - (2 * 0.5 / 2 + 2 * 1.2 / 4) / 2
        found = soft_dice_loss(p, y, joint=False, background=False)
        assert found.item() == pytest.approx(expected, abs=1e-6)

    def test_absent_class_is_left_out_of_the_mean(self):
        p, y = self.both()
        y[0, 1], y[0, 0] = 0, 1
        joint = 1 - 2 * 1.2 / (3 + 2)
        single = 1 - 2 * 1.2 / 4
        assert soft_dice_loss(p, y, background=False).item() == pytest.approx(joint, abs=1e-6)
        assert soft_dice_loss(p, y, joint=False, background=False).item() == pytest.approx(single, abs=1e-6)

    def test_perfect_and_opposite(self):
        _, y = self.both()
        assert soft_dice_loss(y, y).item() == pytest.approx(0, abs=1e-6)
        assert soft_dice_loss(1 - y, y).item() == pytest.approx(1, abs=1e-6)

    @pytest.mark.parametrize("joint", [True, False])
    def test_no_class_present_gives_zero_and_no_gradient(self, joint):
        p = torch.zeros(2, 1, 4, requires_grad=True)
        loss = soft_dice_loss(p, torch.zeros(2, 1, 4), joint=joint)
        loss.backward()
        assert loss.item() == 0
        assert torch.all(p.grad == 0)

    def test_sums_do_not_overflow_half_precision(self):
        p = torch.ones(1, 1, 300, 300, dtype=torch.float16)
        assert soft_dice_loss(p, p).item() == pytest.approx(0, abs=1e-6)


class TestCrossEntropy:
    def test_by_hand(self):
        logits = torch.log(torch.tensor([[[0.7, 0.2], [0.3, 0.8]]]))  # one image, two classes, two voxels
        labels = torch.tensor([[0, 0]])
        expected = -(math.log(0.7) + math.log(0.2)) / 2
        assert cross_entropy(logits, labels).item() == pytest.approx(expected, abs=1e-6)

    @pytest.mark.parametrize("weights", [None, WEIGHTS])
    def test_is_pytorchs(self, weights):
        logits, labels = a_case()
        expected = functional.cross_entropy(logits, labels, weight=weights)
        assert cross_entropy(logits, labels, class_weights=weights).item() == pytest.approx(
            expected.item(), rel=1e-6
        )

    @pytest.mark.parametrize("weights", [None, WEIGHTS])
    def test_class_numbers_and_hard_memberships_agree(self, weights):
        logits, labels = a_case()
        numbers = cross_entropy(logits, labels, class_weights=weights)
        hard = cross_entropy(logits, memberships(labels, 3), class_weights=weights)
        assert numbers.item() == pytest.approx(hard.item(), rel=1e-6)

    def test_smoothing_is_pytorchs(self):
        logits, labels = a_case()
        expected = functional.cross_entropy(logits, labels, label_smoothing=0.1)
        assert cross_entropy(logits, labels, smoothing=0.1).item() == pytest.approx(expected.item(), rel=1e-6)

    def test_smoothing_with_weights_by_hand(self):
        logits = torch.log(torch.tensor([[[0.7], [0.3]]]))
        found = cross_entropy(
            logits, torch.tensor([[0]]), class_weights=torch.tensor([1.0, 3.0]), smoothing=0.2
        )
        expected = -(0.9 * math.log(0.7) + 0.3 * math.log(0.3)) / (0.9 + 0.3)
        assert found.item() == pytest.approx(expected, abs=1e-6)

    def test_soft_target_by_hand(self):
        logits = torch.log(torch.tensor([[[0.7], [0.3]]]))
        found = cross_entropy(logits, torch.tensor([[[0.6], [0.4]]]))
        assert found.item() == pytest.approx(-(0.6 * math.log(0.7) + 0.4 * math.log(0.3)), abs=1e-6)

    def test_only_classes_of_weight_zero(self):
        logits, labels = a_case()
        found = cross_entropy(logits, labels * 0, class_weights=torch.tensor([0.0, 1, 1]))
        assert found.item() == 0


def test_default_is_the_sum_of_its_parts():
    logits, labels = a_case()
    dice = soft_dice_loss(logits.softmax(1), memberships(labels, 3), background=False)
    expected = dice + cross_entropy(logits, labels, class_weights=WEIGHTS, smoothing=0.1)
    found = dice_cross_entropy(logits, labels, class_weights=WEIGHTS, smoothing=0.1)
    assert found.item() == pytest.approx(expected.item(), rel=1e-6)


class TestRegions:
    def test_by_hand(self):
        p = torch.tensor([[[0.8, 0.4], [0.5, 0.1]]])  # one image, two regions, two voxels
        y = torch.tensor([[[1.0, 0.0], [1.0, 0.0]]])
        entropies = [-(math.log(0.8) + math.log(0.6)) / 2, -(math.log(0.5) + math.log(0.9)) / 2]
        dice = 1 - (2 * 0.8 / 2.2 + 2 * 0.5 / 1.6) / 2

        found = region_loss(torch.logit(p), y)
        weighted = region_loss(torch.logit(p), y, region_weights=torch.tensor([1.0, 3.0]))

        assert found.item() == pytest.approx(sum(entropies) / 2 + dice, abs=1e-6)
        assert weighted.item() == pytest.approx((entropies[0] + 3 * entropies[1]) / 4 + dice, abs=1e-6)

    def test_smoothing_by_hand(self):
        found = region_loss(torch.logit(torch.tensor([[[0.8]]])), torch.tensor([[[1.0]]]), smoothing=0.2)
        expected = -(0.9 * math.log(0.8) + 0.1 * math.log(0.2)) + 1 - 2 * 0.8 / 1.8
        assert found.item() == pytest.approx(expected, abs=1e-6)


class TestPublished:
    def test_detection_is_the_binary_cross_entropy_of_both_units(self):
        generator = torch.Generator().manual_seed(3)
        logits = torch.randn(5, 2, generator=generator)
        labels = torch.tensor([0, 1, 1, 0, 1])
        both = functional.binary_cross_entropy(logits.softmax(1), functional.one_hot(labels, 2).float())
        assert published_detection_loss(logits, labels).item() == pytest.approx(both.item(), rel=1e-5)

    def test_weight(self):
        assert published_tumor_weight(2000, 9) == 49382  # 49382.7 cut
        with pytest.raises(ValueError, match="tumor"):
            published_tumor_weight(2000, 0)

    def test_unet_loss_by_hand(self):
        p1 = [0.2, 0.6, 0.5, 0.9]
        y1 = [0, 1, 0, 1]
        logits = torch.log(torch.tensor([[[1 - p for p in p1], p1]]))[..., None]
        weight = 7.0
        entropy = -2 * sum(math.log(p if y else 1 - p) for p, y in zip(p1, y1, strict=True))
        overlap = 1 * (0.8 + 0.5) + weight * (0.6 + 0.9)
        size = 1 * (1.8 + 2) + weight * (2.2 + 2)
        expected = 1 - 2 * overlap / (size + 1e-5) + entropy

        found = published_unet_loss(logits, torch.tensor([y1])[..., None], weight)

        assert found.item() == pytest.approx(expected, rel=1e-6)

    def test_unet_loss_sums_over_the_batch(self):
        logits, labels = a_case(shape=(2, 2, 4, 5))
        one = published_unet_loss(logits[:1], labels[:1], 10.0)
        two = published_unet_loss(logits[:1].repeat(2, 1, 1, 1), labels[:1].repeat(2, 1, 1), 10.0)
        entropy = 2 * functional.cross_entropy(logits[:1], labels[:1], reduction="sum")
        assert (two - one).item() == pytest.approx(entropy.item(), rel=1e-5)

    @pytest.mark.parametrize("classes", [1, 3])
    def test_other_numbers_of_classes_are_refused(self, classes):
        with pytest.raises(ValueError, match=f"not {classes}"):
            published_unet_loss(torch.zeros(1, classes, 2, 2), torch.zeros(1, 2, 2), 1.0)
        with pytest.raises(ValueError, match=f"not {classes}"):
            published_detection_loss(torch.zeros(1, classes), torch.zeros(1))


def of_regions(logits, labels):
    return region_loss(logits, region_memberships(labels, [(1, 2), (1,), (2,)]))


def of_regions_per_image(logits, labels):
    return region_loss(logits, region_memberships(labels, [(1, 2), (1,), (2,)]), joint=False, smoothing=0.1)


def default_per_image(logits, labels):
    return dice_cross_entropy(logits, labels, joint=False, class_weights=WEIGHTS, smoothing=0.05)


def published(logits, labels):
    return published_unet_loss(logits[:, :2], labels.clamp_max(1), 50.0)


def nested(logits, labels):
    return nested_dice_cross_entropy(logits, labels, regions=((1, 2), (2,)))


LOSSES = [dice_cross_entropy, default_per_image, nested, of_regions, of_regions_per_image, published]


@pytest.mark.parametrize("scale", [1.0, 1e4])
@pytest.mark.parametrize("fill", [None, 0, 2])
@pytest.mark.parametrize("loss", LOSSES)
def test_loss_and_gradient_are_finite_with_empty_and_full_masks_and_certain_networks(loss, fill, scale):
    logits, labels = a_case()
    if fill is not None:
        labels = torch.full_like(labels, fill)
    logits = (logits * scale).requires_grad_()

    value = loss(logits, labels)
    value.backward()

    assert torch.isfinite(value)
    assert value.dtype == torch.float32
    assert torch.isfinite(logits.grad).all()


@pytest.mark.parametrize("loss", LOSSES)
def test_gradient_is_that_of_small_differences(loss):
    """Central differences along random directions; float32 losses of O(1 to 100) leave about 1e-3."""
    logits, labels = a_case(seed=2)
    logits.requires_grad_()
    loss(logits, labels).backward()
    generator = torch.Generator().manual_seed(7)

    for _ in range(5):
        direction = torch.randn(logits.shape, generator=generator)
        with torch.no_grad():
            step = 2e-2
            slope = (loss(logits + step * direction, labels) - loss(logits - step * direction, labels)) / (
                2 * step
            )
        expected = (logits.grad * direction).sum()
        assert slope.item() == pytest.approx(expected.item(), rel=1e-2, abs=5e-3)


@pytest.mark.parametrize("loss", LOSSES)
def test_step_against_the_gradient_lowers_the_loss(loss):
    logits, labels = a_case(seed=5)
    logits.requires_grad_()
    before = loss(logits, labels)
    before.backward()
    with torch.no_grad():
        after = loss(logits - 0.1 * logits.grad, labels)
    assert after < before


@pytest.mark.parametrize("loss", [dice_cross_entropy, nested, of_regions, published])
def test_network_in_half_precision_is_summed_in_float32(loss):
    logits, labels = a_case(shape=(1, 3, 300, 300))
    full = loss(logits.bfloat16().float(), labels)
    assert loss(logits.bfloat16(), labels).item() == pytest.approx(full.item(), rel=1e-6)


def test_volumes_work_as_slices_do():
    logits, labels = a_case(shape=(2, 3, 4, 5))
    flat = dice_cross_entropy(logits, labels)
    volume = dice_cross_entropy(logits.reshape(2, 3, 2, 2, 5), labels.reshape(2, 2, 2, 5))
    assert flat.item() == pytest.approx(volume.item(), rel=1e-6)


class TestNested:
    """Four classes: none, core, edema, enhancing; regions whole (1, 2, 3), core (1, 3), enhancing (3)."""

    p = torch.tensor(
        [[0.7, 0.1, 0.1, 0.1], [0.1, 0.6, 0.1, 0.2], [0.2, 0.2, 0.5, 0.1], [0.05, 0.25, 0.1, 0.6]]
    )
    labels = torch.tensor([[0, 1, 2, 3]])

    def test_by_hand(self):
        """Voxels along the last axis; whole: p .3 .9 .8 .95, y 0 1 1 1; core: .2 .8 .3 .85, y 0 1 0 1; ..."""
        whole = 2 * (0.9 + 0.8 + 0.95) / (0.3 + 0.9 + 0.8 + 0.95 + 3)
        core = 2 * (0.8 + 0.85) / (0.2 + 0.8 + 0.3 + 0.85 + 2)
        enhancing = 2 * 0.6 / (0.1 + 0.2 + 0.1 + 0.6 + 1)
        entropy = -(math.log(0.7) + math.log(0.6) + math.log(0.5) + math.log(0.6)) / 4
        found = nested_dice_cross_entropy(self.p.log().T[None], self.labels)
        assert found.item() == pytest.approx(1 - (whole + core + enhancing) / 3 + entropy, rel=1e-5)

    def test_classes_of_one_region_may_be_mixed_up_within_it(self):
        """Core called edema costs the core, not the whole tumor."""
        sure = 20 * functional.one_hot(self.labels, 4).movedim(-1, 1).float()
        swapped = sure[:, [0, 2, 1, 3]]

        def dice_of_whole(logits):
            whole = nested_dice_cross_entropy(logits, self.labels, regions=[(1, 2, 3)])
            return whole.item() - functional.cross_entropy(logits, self.labels).item()

        assert dice_of_whole(sure) == pytest.approx(dice_of_whole(swapped), abs=1e-5)
        assert (
            nested_dice_cross_entropy(sure, self.labels)
            < 1e-5
            < 1
            < nested_dice_cross_entropy(swapped, self.labels)
        )

    def test_healthy_patch_is_cross_entropy_alone(self):
        empty = torch.zeros_like(self.labels)
        logits = self.p.log().T[None]
        assert nested_dice_cross_entropy(logits, empty).item() == pytest.approx(
            functional.cross_entropy(logits, empty).item(), rel=1e-6
        )
