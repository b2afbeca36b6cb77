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
from learned.augmentation import Augmentation
from learned.recipes import Recipe
from learned.training import Schedule

# With column masks the rows of an image alias independently: most batches see half of the rows,
# every fourth all of them, as in use.
ROWS = (128, 128, 128, 256)

# The unrolled networks and the learned wavelets were trained on images moved by linear
# interpolation, which are softer than those they are tested on.
SOFT = Augmentation(interpolation=1, sharpness=(0.0, 0.0))

# Who learns from one person learns that person: planes across the slices, bent, stand for others.
VARIED = {
    person: Augmentation(
        rotation=20.0,
        zoom=0.2,
        gamma=0.6,
        contrast=0.25,
        sharpness=(-0.5, 2.5),
        deformation=6.0,
        tilt=20.0,
        spacing=spacing,
    )
    for person, spacing in (("s1", 1.0), ("colin27", 2.0))
}


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

SIX = Recipe(
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

TWELVE = replace(
    SIX,
    architecture=replace(SIX.architecture, iterations=12),
    schedule=in_turn(
        Schedule(2000, learning_rate=5e-4, hold=0.3),
        Schedule(2400, learning_rate=6e-4, warm_up=100, hold=0.5),
    ),
    initial="refined_six",
    seed=7,
)

SIXTEEN = replace(
    TWELVE,
    architecture=replace(TWELVE.architecture, iterations=16),
    schedule=Schedule(2400, learning_rate=5e-4, warm_up=100, hold=0.5),
    initial="refined_twelve",
    seed=9,
)

TOGETHER = replace(
    SIXTEEN,
    schedule=Schedule(1800, learning_rate=5e-4, warm_up=100, hold=0.2),
    augmentation=VARIED["s1"],
    initial="refined_sixteen",
    lengths=(6, 12),
    seed=15,
)

LONG = replace(
    TOGETHER,
    schedule=Schedule(1100, learning_rate=5e-4, warm_up=60, hold=0.2),
    initial="refined_together",
    seed=17,
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

VARIED_UNET = replace(
    REFINED_UNET,
    schedule=Schedule(2400, learning_rate=8e-4, warm_up=100, hold=0.3),
    augmentation=VARIED["s1"],
    initial="refined_unet_axial",
    seed=21,
)

RECIPES = {
    "unrolled": UNROLLED,
    "unrolled_colin27": replace(UNROLLED, persons=("colin27",)),
    "refined_six": SIX,
    "refined_six_colin27": replace(SIX, persons=("colin27",), initial="unrolled_colin27"),
    "refined_twelve": TWELVE,
    "refined_twelve_colin27": replace(TWELVE, persons=("colin27",), initial="refined_six_colin27"),
    "refined_sixteen": SIXTEEN,
    "refined_sixteen_colin27": replace(
        SIXTEEN, persons=("colin27",), initial="refined_twelve_colin27"
    ),
    "refined_together": TOGETHER,
    "refined_together_colin27": replace(
        TOGETHER,
        persons=("colin27",),
        augmentation=VARIED["colin27"],
        initial="refined_sixteen_colin27",
    ),
    "refined_long": LONG,
    "refined_long_colin27": replace(
        LONG,
        persons=("colin27",),
        augmentation=VARIED["colin27"],
        initial="refined_together_colin27",
    ),
    "wavelet": WAVELET,
    "wavelet_colin27": replace(WAVELET, persons=("colin27",)),
    "unet": UNET,
    "unet_colin27": replace(UNET, persons=("colin27",)),
    "refined_unet_axial": REFINED_UNET,
    "refined_unet_axial_colin27": replace(
        REFINED_UNET, persons=("colin27",), initial="unet_colin27"
    ),
    "refined_unet": VARIED_UNET,
    "refined_unet_colin27": replace(
        VARIED_UNET,
        persons=("colin27",),
        augmentation=VARIED["colin27"],
        initial="refined_unet_axial_colin27",
    ),
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
        augmentation=VARIED[recipe.persons[0]],
    )
