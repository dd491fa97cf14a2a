"""Streams depend on seed and name, on nothing else."""

from gliomamri.phantom.streams import Streams


def draws(seed, name):
    return Streams(seed).generator(name).standard_normal(4).tolist()


def test_same_seed_and_name_give_the_same_draws():
    assert draws(7, "lesion") == draws(7, "lesion")


def test_other_seed_or_name_gives_others():
    assert len({tuple(draws(seed, name)) for seed in (7, 8) for name in ("lesion", "warp")}) == 4


def test_a_stream_does_not_mind_what_others_drew():
    streams = Streams(7)
    streams.generator("warp").standard_normal(1000)

    assert streams.generator("lesion").standard_normal(4).tolist() == draws(7, "lesion")
