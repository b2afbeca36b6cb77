import pytest

import learned


@pytest.mark.parametrize(
    ("kind", "settings", "message"),
    [
        (learned.UnrolledArchitecture, {"iterations": 0}, "iterations=0"),
        (learned.UnrolledArchitecture, {"channels": 0}, "channels=0"),
        (learned.UnrolledArchitecture, {"layers": 1}, "layers=1, expected at least 2"),
        (learned.UnrolledArchitecture, {"start_iterations": -1}, "start_iterations=-1"),
        (learned.UNetArchitecture, {"widths": ()}, "no widths"),
        (learned.UNetArchitecture, {"widths": (0,)}, "widths=0"),
        (learned.UNetArchitecture, {"finish": -1}, "finish=-1"),
        (learned.WaveletThresholdsArchitecture, {"levels": 0}, "levels=0"),
        (learned.WaveletThresholdsArchitecture, {"threshold": -1.0}, "threshold=-1"),
        (learned.PrimalDualArchitecture, {"weight": -1.0}, "weight=-1"),
        (learned.Schedule, {"steps": 0}, "steps=0"),
        (learned.Schedule, {"steps": 5, "learning_rate": -1.0}, "learning_rate=-1"),
        (learned.Schedule, {"steps": 5, "hold": 2.0}, "hold=2"),
        (learned.Schedule, {"steps": 5, "warm_up": -1}, "warm_up=-1"),
        (learned.MinutesSchedule, {"minutes": 0.0}, "budget of 0 minutes"),
        (learned.MinutesSchedule, {"minutes": 1.0, "final": 1.5}, "final=1.5"),
    ],
)
def test_networks_and_budgets_that_cannot_be_meant_are_refused(kind, settings, message):
    with pytest.raises(ValueError, match=message):
        kind(**settings)


def test_numbers_that_have_to_be_whole_are(small_recipe):
    with pytest.raises(TypeError, match="got iterations of type float"):
        learned.UnrolledArchitecture(2.0)  # pyright: ignore[reportArgumentType]
    with pytest.raises(TypeError, match="got steps of type float"):
        learned.Schedule(2.5)  # pyright: ignore[reportArgumentType]
    with pytest.raises(TypeError, match="got batch_size of type float"):
        small_recipe(1, batch_size=1.5)
