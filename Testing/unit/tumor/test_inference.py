"""Ensemble, flips, windows, neighbors: against the networks asked by hand, and MONAI's sliding windows."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
import torch
from monai.inferers import SlidingWindowInferer

from gliomamri.errors import UserError
from gliomamri.modelstore.parts import Inference
from gliomamri.networks.registry import build
from gliomamri.tumor.inference import Layout, Options, foreground, predict

SOFTMAX = Inference("softmax", ((0,), (1,), (2,), (4,)))
SHAPE = (23, 30, 38)
PLAIN = Options(device="cpu", extent="whole")


def network(dimensions=3, channels=2, outputs=4, seed=0, norm="instance"):
    made = build(
        "unet",
        seed=seed,
        dimensions=dimensions,
        in_channels=channels,
        out_channels=outputs,
        filters=4,
        levels=3,
        most_filters=16,
        norm=norm,
    )
    generator = torch.Generator().manual_seed(seed)
    for tensor in (*made.parameters(), *made.buffers()):
        if tensor.ndim == 1 and tensor.is_floating_point():  # scales, shifts and statistics that do something
            tensor.data = 0.5 + torch.rand(tensor.shape, generator=generator)
    return made.eval()


@pytest.fixture(scope="module")
def image():
    generator = np.random.default_rng(3)
    return generator.normal(0, 1, (2, *SHAPE)).astype(np.float32)


@pytest.fixture(scope="module")
def brain():
    z, y, x = np.indices(SHAPE)
    return ((z - 11) / 9) ** 2 + ((y - 13) / 11) ** 2 + ((x - 21) / 14) ** 2 < 1


def asked(net, array):
    with torch.inference_mode():
        return net(torch.from_numpy(np.ascontiguousarray(array))[None]).softmax(1)[0].numpy()


def test_whole_brain_equals_the_networks_asked_by_hand(image, brain):
    networks = [network(seed=1), network(seed=2, norm="batch")]

    found = predict(
        networks, image, brain, Layout((8, 8, 8), 4), SOFTMAX, Options("cpu", "whole", flips=("x", "y"))
    )

    # The brain's box is 17 x 21 x 27 voxels from (3, 3, 8); multiples of 4 about its middle are 20 x 24 x 28.
    z, y, x = slice(11 - 10, 11 + 10), slice(13 - 12, 13 + 12), slice(21 - 14, 21 + 14)
    cut = image[:, z, y, x]
    answers = []
    for flip in ((), (-1,), (-2,), (-1, -2)):
        answers += [np.flip(asked(net, np.flip(cut, flip)), flip) for net in networks]
    expected = np.mean(answers, axis=0)
    assert found.mean[:, z, y, x] == pytest.approx(expected, abs=1e-5)
    outside = np.ones(SHAPE, bool)
    outside[z, y, x] = False
    assert not found.mean[:, outside].any()
    tumor = np.stack([1 - answer[0] for answer in answers])
    assert found.disagreement[z, y, x] == pytest.approx(tumor.std(axis=0), abs=1e-4)
    assert found.disagreement.max() > 0.02
    entropy = -(expected * np.log(expected)).sum(axis=0) / np.log(4)
    assert found.entropy[z, y, x] == pytest.approx(entropy, abs=1e-4)
    assert len(found.singles) == len(found.names) == len(set(found.names)) == 8
    assert found.singles[3].astype(np.float32) == pytest.approx(answers[3], abs=1e-3)


@pytest.mark.parametrize("norm", ["instance", "batch"])
def test_windows_equal_those_of_monai_in_the_brain(image, brain, norm):
    networks = [network(seed=4, norm=norm), network(seed=5, norm=norm)]
    options = Options("cpu", "windows", overlap=0.25, flips=("x",), crop=False)

    found = predict(networks, image, brain, Layout((12, 16, 16), 4), SOFTMAX, options)

    inferer = SlidingWindowInferer((12, 16, 16), 1, 0.25, mode="gaussian")
    expected = np.zeros((4, *SHAPE), np.float32)
    with torch.inference_mode():
        for net, flip in itertools.product(networks, ([], [-1])):
            given = torch.from_numpy(image)[None].flip(flip)
            expected += inferer(given, lambda part, net=net: net(part).softmax(1)).flip(flip)[0].numpy() / 4
    assert np.abs(found.mean - expected)[:, brain].max() < 1e-5
    assert expected[0, brain].std() > 0.02


def test_windows_without_brain_are_not_asked(image, brain):
    asked_windows = []
    net = network()
    net.register_forward_hook(lambda *_: asked_windows.append(1))
    corner = np.zeros_like(brain)
    corner[2:5, 3:6, 4:7] = True
    options = Options("cpu", "windows", overlap=0.0, crop=False)

    # The network is copied with its hook.
    found = predict([net], image, corner, Layout((8, 8, 8), 4), SOFTMAX, options)

    assert len(asked_windows) == 2  # once to learn what memory it takes
    assert np.array_equal(np.argwhere(found.mean.any(axis=0)).max(axis=0), (7, 7, 7))


def test_an_image_smaller_than_the_window_is_filled_up(image):
    small = image[:, :6, :7, :9]
    options = Options("cpu", "windows", crop=False)

    found = predict(
        [network()],
        small,
        np.ones((6, 7, 9), bool),
        Layout((8, 8, 12), 4),
        SOFTMAX,
        options,
        fill=(-1.0, 2.0),
    )

    padded = np.empty((2, 8, 8, 12), np.float32)
    padded[:] = np.array([-1.0, 2.0], np.float32)[:, None, None, None]
    padded[:, 1:7, 0:7, 1:10] = small
    assert found.mean == pytest.approx(asked(network(), padded)[:, 1:7, 0:7, 1:10], abs=1e-5)


def test_neighbors_of_a_slice_lie_a_step_apart(image, brain):
    net = network(dimensions=2, channels=6)
    layout = Layout((1, 16, 16), 4, neighbors=3, step=2)

    found = predict(
        [net], image, brain, layout, SOFTMAX, Options("cpu", "whole", flips=("z",)), fill=(7.0, 8.0)
    )

    y, x = slice(1, 25), slice(7, 35)
    wide = np.empty((2, SHAPE[0] + 4, 24, 28), np.float32)
    wide[:] = np.array([7.0, 8.0], np.float32)[:, None, None, None]
    # Only slices with brain, 3 to 19, are in the region: the neighbors beyond it are those of the border.
    wide[:, 5:22] = image[:, 3:20, y, x]
    for z in (3, 11, 19):
        up = asked(net, wide[:, [z, z + 2, z + 4]].reshape(6, 24, 28))
        down = asked(net, wide[:, [z + 4, z + 2, z]].reshape(6, 24, 28))
        assert found.mean[:, z, y, x] == pytest.approx((up + down) / 2, abs=1e-5)


def test_a_mirrored_image_gives_the_mirrored_answer_when_asked_both_ways(image, brain):
    options = Options("cpu", "whole", flips=("x",))
    layout = Layout((8, 8, 8), 4)
    even = brain | np.roll(brain, 1, -1)  # a box of an even number of voxels has one middle
    mirrored = image[..., ::-1].copy(), even[..., ::-1].copy()

    one = predict([network()], image, even, layout, SOFTMAX, options)
    other = predict([network()], *mirrored, layout, SOFTMAX, options)
    once = predict([network()], *mirrored, layout, SOFTMAX, PLAIN)

    assert other.mean[..., ::-1] == pytest.approx(one.mean, abs=1e-5)
    assert np.abs(once.mean[..., ::-1] - one.mean).max() > 0.01


def test_one_answer_per_slice_of_the_window_that_the_model_knows(image, brain):
    net = build("sdm4", in_channels=2, width=0.1).eval()
    layout = Layout((1, 32, 48), 1, gives_voxels=False)
    inference = Inference("softmax", ((0,), (1,)))

    found = predict([net], image, brain, layout, inference, PLAIN, fill=(-1.0, -1.0))

    assert found.mean.shape == (2, SHAPE[0], 1, 1)
    for z in range(SHAPE[0]):
        if not brain[z].any():
            assert not found.mean[:, z].any()
            continue
        # The window lies about the brain's middle (13, 21): rows -3 to 28, columns -3 to 44.
        window = np.full((2, 32, 48), -1, np.float32)
        window[:, 3:32, 3:41] = image[:, z, :29, :38]
        assert found.mean[:, z, 0, 0] == pytest.approx(asked(net, window), abs=1e-5)


def test_regions_that_overlap_are_not_added_up():
    sigmoid = Inference("sigmoid", ((1, 2, 4), (1, 4), (4,)))
    p = np.array([0.6, 0.5, 0.7], np.float32)[:, None]

    assert foreground(p, sigmoid) == pytest.approx(0.7)
    assert foreground(np.array([[0.1], [0.2], [0.3], [0.4]]), SOFTMAX) == pytest.approx(0.9)


def test_memory_that_ends_is_told_and_smaller_windows_are_taken(image, brain):
    class Greedy(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.net = network()

        def forward(self, given):
            if given[:, 0].numel() > 2000:
                raise torch.OutOfMemoryError("CUDA out of memory")
            return self.net(given)

    layout, options = Layout((8, 8, 8), 4), Options("cpu", "auto", overlap=0.25)

    found = predict([Greedy()], image, brain, layout, SOFTMAX, options)
    windows = predict([network()], image, brain, layout, SOFTMAX, Options("cpu", "windows", overlap=0.25))

    assert any("Memory ended" in note for note in found.notes)
    assert found.mean == pytest.approx(windows.mean, abs=1e-5)
    with pytest.raises(UserError, match="more memory than there is"):
        predict([Greedy()], image, brain, Layout((16, 16, 16), 4), SOFTMAX, options)


def test_what_does_not_fit_is_not_tried(image, brain, monkeypatch):
    monkeypatch.setattr("gliomamri.tumor.plans.free_memory", lambda _: 500_000)

    found = predict([network()], image, brain, Layout((8, 8, 8), 4), SOFTMAX, Options("cpu"))

    assert any("GB are free; smaller windows" in note for note in found.notes)
    assert "in windows of 8 x 8 x 8 voxels on the CPU" in found.notes[-1]


def test_other_errors_are_not_hidden(image, brain):
    class Broken(torch.nn.Conv3d):
        def forward(self, given):
            raise RuntimeError("shapes do not match")

    with pytest.raises(RuntimeError, match="shapes"):
        predict([Broken(2, 4, 1)], image, brain, Layout((8, 8, 8), 4), SOFTMAX, PLAIN)


def test_what_progress_raises_ends_the_work(image, brain):
    class CancelledError(Exception):
        pass

    seen = []

    def progress(fraction, _):
        seen.append(fraction)
        if fraction > 0.4:
            raise CancelledError

    options = Options("cpu", "windows", overlap=0.25, flips=("x",))
    with pytest.raises(CancelledError):
        predict([network()], image, brain, Layout((8, 8, 8), 4), SOFTMAX, options, progress=progress)
    assert seen == sorted(seen)
    assert seen[-1] < 0.6


def test_no_gpu_and_no_brain_are_told(image, brain, monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    with pytest.raises(UserError, match="finds no GPU"):
        predict([network()], image, brain, Layout((8, 8, 8), 4), SOFTMAX, Options("cuda"))
    with pytest.raises(UserError, match="no brain"):
        predict([network()], image, np.zeros_like(brain), Layout((8, 8, 8), 4), SOFTMAX, PLAIN)


@pytest.mark.skipif(not torch.cuda.is_available(), reason="no GPU")
def test_gpu_and_cpu_agree(image, brain):
    networks, layout = [network(seed=1), network(seed=2)], Layout((8, 8, 8), 4)
    options = {"extent": "windows", "flips": ("x",)}
    cpu = predict(networks, image, brain, layout, SOFTMAX, Options("cpu", **options))

    gpu = predict(networks, image, brain, layout, SOFTMAX, Options("cuda", **options))
    half = predict(networks, image, brain, layout, SOFTMAX, Options("cuda", half=True, **options))

    assert gpu.mean == pytest.approx(cpu.mean, abs=1e-3)  # convolutions in TF32
    assert half.mean == pytest.approx(cpu.mean, abs=2e-2)


def test_networks_stay_as_they_are(image, brain):
    net = network(norm="batch")
    before = {name: tensor.clone() for name, tensor in net.state_dict().items()}

    predict([net], image, brain, Layout((8, 8, 8), 4), SOFTMAX, PLAIN)

    assert net.state_dict().keys() == before.keys()
    assert all(torch.equal(net.state_dict()[name], tensor) for name, tensor in before.items())
