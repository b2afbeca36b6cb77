"""The networks that come with the package, and how they were trained.

Two folds: "unrolled" and "unet" saw the axial slices of person S1 alone and are tested on
Colin27; those with "_colin27" the other way round. The macaque and the shoulder are for testing
alone. Each serves 4-fold and 8-fold column masks.
"""

from dataclasses import replace

from learned.architectures import (
    UNetArchitecture,
    UnrolledArchitecture,
    WaveletThresholdsArchitecture,
)
from learned.data import Augmentation
from learned.recipes import Recipe
from learned.training import Schedule

# With column masks the rows of an image alias independently: most batches see half of the rows,
# every fourth all of them, as in use.
ROWS = (128, 128, 128, 256)

# The unrolled networks and the learned wavelets were trained on images moved by linear
# interpolation, which are softer than those they are tested on.
SOFT = Augmentation(interpolation=1, sharpness=(0.0, 0.0))


def in_turn(first: Schedule, *others: Schedule) -> Schedule:
    """Schedules one after another."""
    return replace(first, then=in_turn(*others)) if others else first


UNROLLED = Recipe(
    UnrolledArchitecture(iterations=6, widths=(16, 32, 64, 64)),
    Schedule(4000, hold=0.3),
    augmentation=SOFT,
    rows=ROWS,
    storage="float16",
)

REFINED = Recipe(
    replace(UNROLLED.architecture, start_iterations=60),
    in_turn(
        Schedule(5000, learning_rate=8e-4, hold=0.3),
        Schedule(5000, learning_rate=6e-4, warm_up=0, hold=0.2),
        Schedule(4500, learning_rate=6e-4, warm_up=100, hold=0.3),
        Schedule(2400, learning_rate=5e-4, warm_up=100, hold=0.2),
        Schedule(4500, learning_rate=6e-4, warm_up=100, hold=0.3),
    ),
    rows=ROWS,
    storage="float16",
    initial="unrolled",
    seed=1,
)

TWICE = replace(
    REFINED,
    architecture=replace(REFINED.architecture, iterations=12),
    schedule=in_turn(
        Schedule(2000, learning_rate=5e-4, hold=0.3),
        Schedule(2400, learning_rate=6e-4, warm_up=100, hold=0.5),
    ),
    initial="refined",
    seed=7,
)

LONG = replace(
    TWICE,
    architecture=replace(TWICE.architecture, iterations=16),
    schedule=Schedule(2400, learning_rate=5e-4, warm_up=100, hold=0.5),
    initial="refined_twice",
    seed=9,
)

WAVELET = Recipe(
    WaveletThresholdsArchitecture(iterations=30, levels=1, threshold=0.004),
    Schedule(1200, learning_rate=3e-2, warm_up=10, hold=0.3),
    augmentation=SOFT,
    rows=ROWS,
    mixed_precision=False,
)

UNET = Recipe(
    UNetArchitecture(widths=(32, 64, 128, 192, 256), consistency="hard", finish=3),
    Schedule(8000, hold=0.3),
    rows=ROWS,
    averaging=0.999,
    storage="float16",
)

REFINED_UNET = replace(
    UNET,
    architecture=replace(UNET.architecture, widths=(32, 64, 128, 192), start_iterations=60),
    schedule=Schedule(10_000, learning_rate=8e-4, warm_up=100, hold=0.3),
    initial="unet",
    seed=14,
)

RECIPES = {
    "unrolled": UNROLLED,
    "unrolled_colin27": replace(UNROLLED, persons=("colin27",)),
    "refined": REFINED,
    "refined_colin27": replace(REFINED, persons=("colin27",), initial="unrolled_colin27"),
    "refined_twice": TWICE,
    "refined_twice_colin27": replace(TWICE, persons=("colin27",), initial="refined_colin27"),
    "refined_long": LONG,
    "refined_long_colin27": replace(LONG, persons=("colin27",), initial="refined_twice_colin27"),
    "wavelet": WAVELET,
    "wavelet_colin27": replace(WAVELET, persons=("colin27",)),
    "unet": UNET,
    "unet_colin27": replace(UNET, persons=("colin27",)),
    "refined_unet": REFINED_UNET,
    "refined_unet_colin27": replace(REFINED_UNET, persons=("colin27",), initial="unet_colin27"),
}
"""Recipes of the shipped networks by name; their budgets are counted in steps."""


def on_gpu(recipe: Recipe, steps: int) -> Recipe:
    """Return the recipe for a GPU, where a step of many images takes no longer than one of few."""
    schedule = Schedule(steps, recipe.schedule.learning_rate, warm_up=200, hold=0.3)
    return replace(
        recipe,
        schedule=schedule,
        batch_size=16,
        averaging=0.999,
        augmentation=Augmentation(),
    )
