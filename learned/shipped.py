"""The two networks that come with the package, and how they were trained.

Both were trained on the axial slices of person S1 alone; Colin27, the macaque and the shoulder
are for testing. Each serves 4-fold and 8-fold column masks.
"""

from learned.architectures import UNetArchitecture, UnrolledArchitecture
from learned.recipes import Recipe
from learned.training import Schedule

# With column masks the rows of an image alias independently: most batches see half of the rows,
# every fourth all of them, as in use.
ROWS = (128, 128, 128, 256)

RECIPES = {
    "unrolled": Recipe(
        UnrolledArchitecture(iterations=6, channels=32, layers=5),
        Schedule(
            2400,
            hold=0.35,
            then=Schedule(
                300,
                learning_rate=5e-4,
                warm_up=0,
                then=Schedule(1000, learning_rate=7e-4, warm_up=0),
            ),
        ),
        rows=ROWS,
    ),
    "unet": Recipe(
        UNetArchitecture(widths=(32, 64, 128, 192, 256)),
        Schedule(
            2600,
            hold=0.3,
            then=Schedule(
                550,
                learning_rate=6e-4,
                warm_up=0,
                then=Schedule(
                    2200,
                    learning_rate=8e-4,
                    warm_up=0,
                    then=Schedule(1000, learning_rate=6e-4, warm_up=0),
                ),
            ),
        ),
        rows=ROWS,
        storage="float16",
    ),
}
"""Recipes of the shipped networks by name; their budgets are counted in steps."""
