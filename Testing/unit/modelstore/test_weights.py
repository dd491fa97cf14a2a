"""Weights: what was stored is what the network has; what does not fit, or is no number, is refused."""

from __future__ import annotations

import json

import pytest

from gliomamri.errors import UserError
from gliomamri.modelstore.weights import load_network, read_header, shapes, state_bytes
from unit.modelstore.example_model import FIELDS, build, states

torch = pytest.importorskip("torch")
ARGUMENTS = FIELDS["network"]["arguments"]


def load(data, **changes):
    return load_network(data, "w", build, "tiny", {**ARGUMENTS, **changes})


def safetensors(header: dict, data: bytes) -> bytes:
    text = json.dumps(header).encode()
    return len(text).to_bytes(8, "little") + text + data


def test_float32_comes_back_to_the_bit():
    state = states()[0]
    found = load(state_bytes(state, half=False, name="w")).state_dict()
    assert found.keys() == state.keys()
    assert all(torch.equal(found[key], state[key]) for key in state)


def test_half_rounds_kernels_once_and_leaves_statistics_alone():
    state = states()[0]
    data = state_bytes(state, half=True, name="w")
    found = load(data).state_dict()
    for key, tensor in state.items():
        rounded = tensor.half().float() if tensor.ndim >= 2 else tensor
        assert found[key].dtype == tensor.dtype
        assert torch.equal(found[key], rounded), key
    assert len(data) < 0.7 * len(state_bytes(state, half=False, name="w"))


def test_bytes_do_not_depend_on_the_order_of_names():
    state = states()[0]
    backwards = dict(reversed(list(state.items())))
    assert state_bytes(state, half=True, name="w") == state_bytes(backwards, half=True, name="w")


def test_network_is_ready_to_answer_and_random_numbers_stay():
    data = state_bytes(states()[0], half=True, name="w")
    torch.manual_seed(5)
    expected = torch.rand(3)
    torch.manual_seed(5)
    module = load(data)
    assert torch.equal(torch.rand(3), expected)
    assert not module.training
    assert not any(p.requires_grad or p.is_meta for p in module.parameters())


def test_shapes_need_no_memory():
    found = shapes(build, "tiny", {"in_channels": 60_000, "filters": 64, "out_channels": 60_000})
    assert found["0.weight"] == (True, (64, 60_000, 3, 3, 3))  # 0.4 GB in float32
    assert found["1.num_batches_tracked"] == (False, ())


@pytest.mark.parametrize("bad", [float("nan"), float("inf"), -float("inf")])
def test_values_that_are_no_numbers_are_refused_on_reading_and_writing(bad):
    from safetensors.torch import save

    state = states()[0]
    state["2.weight"][0, 1] = bad
    with pytest.raises(UserError, match=r"'w' hold values in '2.weight' that are no numbers"):
        load(save(state))
    with pytest.raises(UserError, match=r"that are no numbers"):
        state_bytes(state, half=False, name="w")


def test_values_beyond_float16_are_refused_on_writing():
    state = states()[0]
    state["2.weight"][0, 1] = 70_000
    assert state_bytes(state, half=False, name="w")
    with pytest.raises(UserError, match="no numbers"):
        state_bytes(state, half=True, name="w")


def test_other_shapes_are_refused():
    with pytest.raises(
        UserError, match=r"'0.bias' is F32 of shape \(5,\) instead of float of shape \(4,\)|'0.weight'"
    ):
        load(state_bytes(states(filters=5)[0], half=True, name="w"))


def test_same_number_of_values_in_another_shape_is_refused():
    state = states()[0]
    state["2.weight"] = state["2.weight"].reshape(4, 2, 1, 1, 1)
    with pytest.raises(UserError, match=r"'2.weight' is F16 of shape \(4, 2, 1, 1, 1\)"):
        load(state_bytes(state, half=True, name="w"))


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda s: s.pop("1.running_var"), "lack '1.running_var'"),
        (lambda s: s.update(more=torch.zeros(3)), "hold 'more'"),
        (lambda s: s.update({"0.bias": torch.zeros(4, dtype=torch.int64)}), "'0.bias' is I64 of shape"),
        (lambda s: s.update({"1.num_batches_tracked": torch.tensor(1.0)}), "instead of int64"),
    ],
)
def test_other_tensors_are_refused(change, told):
    state = states()[0]
    change(state)
    with pytest.raises(UserError) as caught:
        load(state_bytes(state, half=True, name="w"))
    assert told in caught.value.sentence


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (b"\x80\x04\x95 pickled", "pickle or archive with a false name"),
        (b"PK\x03\x04 zipped", "pickle or archive with a false name"),
        (b"", "no safetensors file"),
        (b"\xff" * 8 + b"{}", "no safetensors file"),
        ((100).to_bytes(8, "little") + b"{}", "no safetensors file"),
        (safetensors({"a": {"dtype": "F64", "shape": [1], "data_offsets": [0, 8]}}, bytes(8)), "as F64"),
        (
            safetensors({"a": {"dtype": "F32", "shape": [-1], "data_offsets": [0, 4]}}, bytes(4)),
            "no safetensors",
        ),
        (
            safetensors({"a": {"dtype": "F32", "shape": [10**12], "data_offsets": [0, 4]}}, bytes(4)),
            "not as long",
        ),
        (safetensors({"a": {"dtype": "F32", "shape": [1], "data_offsets": [0, 4]}}, bytes(5)), "not as long"),
        (safetensors({"a": 1}, b""), "as None"),
        (b"\x13\0\0\0\0\0\0\0" + b'{"a": {}, "a": {} }', "twice"),
    ],
)
def test_files_that_are_none_are_refused(data, told):
    with pytest.raises(UserError) as caught:
        read_header(data, "w")
    assert told in caught.value.sentence


def test_tensors_that_share_bytes_are_refused():
    from safetensors.torch import save

    data = save({key: tensor.contiguous() for key, tensor in states()[0].items()})
    length = int.from_bytes(data[:8], "little")
    header = json.loads(data[8 : 8 + length])
    header["0.bias"]["data_offsets"] = header["1.bias"]["data_offsets"]
    with pytest.raises(UserError, match="no safetensors file"):
        load(safetensors(header, data[8 + length :]))


def test_network_that_is_not_on_the_list_and_arguments_out_of_range():
    data = state_bytes(states()[0], half=True, name="w")
    with pytest.raises(UserError, match="no network 'evil'"):
        load_network(data, "w", build, "evil", ARGUMENTS)
    with pytest.raises(UserError, match="filters = 0"):
        load(data, filters=0)
    with pytest.raises(UserError, match="cannot be built with the model's arguments"):
        load(data, nonsense=1)
