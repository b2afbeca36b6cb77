import numpy as np
import pytest

from csmri.randomness import stream


def test_one_purpose_and_seed_give_one_stream():
    np.testing.assert_array_equal(
        stream("noise", ("S1", 4), 256).random(8), stream("noise", ("S1", 4), 256).random(8)
    )


def test_streams_differ_by_purpose_seed_and_key():
    first = [
        stream(*arguments).random()
        for arguments in (
            ("noise", 0),
            ("phase", 0),
            ("noise", 1),
            ("noise", 0, 0),
            ("noise", (0, 0, 0)),
            ("noise", ("0",)),
            ("noise", ("S1", 2)),
            ("noise", ("S", 12)),
            ("noise", ("S1;int:2",)),
            ("noise", 2**64),
            ("noise0", 0),
        )
    ]
    assert len(set(first)) == len(first)


def test_an_int_and_the_tuple_of_it_are_one_seed():
    assert stream("noise", 3).random() == stream("noise", (3,)).random()
    assert stream("noise", np.int64(3)).random() == stream("noise", 3).random()


@pytest.mark.parametrize(
    ("seed", "error", "message"),
    [
        (1.0, TypeError, "got a seed of type float, expected an int"),
        (("S1", None), TypeError, "got a seed of type NoneType"),
        ((), ValueError, "got an empty tuple as seed"),
        (-1, ValueError, "got seed -1, expected at least 0"),
    ],
)
def test_what_is_no_seed_is_refused(seed, error, message):
    with pytest.raises(error, match=message):
        stream("noise", seed)
