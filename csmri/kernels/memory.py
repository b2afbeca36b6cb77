"""Keep the memory of freed arrays, so that the next arrays need no new pages."""

import numpy as np


def keep_freed_memory() -> None:
    """Make one large array and let go of it, untouched.

    The C library of Linux hands large blocks back to the system as soon as they are freed, and
    gets their pages anew, one by one, for the next array: iterations on images of a quarter to a
    few megabytes then spend half their time there. Which blocks are large, it learns from the
    largest freed so far, up to 32 MiB; from then on it keeps up to twice as much. Elsewhere this
    has no effect.
    """
    np.empty(31 << 20, np.uint8)
