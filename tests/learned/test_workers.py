import pytest
import torch

from learned.workers import Workers, joined_workers


def test_one_process_alone_takes_all_and_is_the_first(monkeypatch):
    monkeypatch.delenv("WORLD_SIZE", raising=False)
    with joined_workers() as workers:
        assert workers.is_first
        assert workers.count == 1
        (share,) = workers.share((torch.arange(5),))
    assert torch.equal(share, torch.arange(5))


def test_the_shares_of_a_batch_are_even_and_make_up_the_whole():
    batch = torch.arange(6), torch.arange(12).reshape(6, 2)
    shares = [Workers(rank, 3).share(batch) for rank in range(3)]
    assert {len(share[0]) for share in shares} == {2}
    assert sorted(torch.cat([share[0] for share in shares]).tolist()) == list(range(6))
    assert all(torch.equal(share[1], batch[1][share[0]]) for share in shares)


def test_a_batch_that_cannot_be_shared_evenly_is_refused():
    with pytest.raises(ValueError, match="batch of 5 for 2 processes, expected a multiple of 2"):
        Workers(0, 2).share((torch.arange(5),))
