"""JSON from elsewhere: what is ambiguous, endless or no number is refused, quickly."""

from __future__ import annotations

import time

import pytest

from gliomamri.errors import UserError
from gliomamri.modelstore.strict_json import parse_json


def test_what_is_sound_is_read():
    data = '{"a": [1, -2.5e3, true, null, "ä{[\\"]}"], "b": {"c": {}}}'.encode()
    assert parse_json(data, "x") == {"a": [1, -2500.0, True, None, 'ä{["]}'], "b": {"c": {}}}


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (b'{"a": 1, "b": {"c": 1, "c": 2}}', "gives 'c' twice"),
        (b'{"a": NaN}', "holds NaN, which is no number"),
        (b'{"a": -Infinity}', "holds -Infinity"),
        (b'{"a": 1e999}', "too large"),
        (b'{"a": 9999999999999999}', "too large"),
        (b'{"a": ' + b"9" * 100_000 + b"}", "too large"),
        (b'{"a": "\xff\xfe"}', "UTF-8"),
        ('{"a": 1}'.encode("utf-16"), "UTF-8"),
        (b'{"a": ' + b"[" * 17 + b"]" * 17 + b"}", "nested deeper"),
        (b"[" * 400_000, "nested deeper"),
        (b'{"a": 1', "no readable JSON"),
        (b"", "no readable JSON"),
        (b"[1, 2]", "no JSON object"),
        (b'{"a": "' + b"x" * 1_000_000 + b'"}', "more than 1 MB"),
    ],
)
def test_what_is_not_is_refused_with_its_own_sentence(data, told):
    with pytest.raises(UserError, match="x") as caught:
        parse_json(data, "x")
    assert told in caught.value.sentence


@pytest.mark.parametrize("data", [b'"\\' * 400_000, b'{"a":1,' * 120_000, b'\\"' * 400_000])
def test_no_file_takes_long(data):
    start = time.process_time()
    with pytest.raises(UserError):
        parse_json(data, "x")
    assert time.process_time() - start < 2


def test_many_equal_keys_take_no_longer_than_others():
    data = b"{" + b",".join(b'"%d":0' % n for n in range(80_000)) + b',"79999":1}'
    start = time.process_time()
    with pytest.raises(UserError, match="gives '79999' twice"):
        parse_json(data, "x")
    assert time.process_time() - start < 2
