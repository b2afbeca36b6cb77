"""Radial lines, drawn on the Cartesian grid."""

import numpy as np

from csmri.arguments import grid, whole


def radial_lines(shape: tuple[int, int], lines: int) -> np.ndarray:
    """A star of lines through zero frequency, at equal angles from 0 to π.

    Line l = 0 … n − 1 lies at the angle π l/n. It visits the grid points nearest to it, one in
    every column where it is flatter than 45° and one in every row where it is steeper, and reaches
    as far on either side, so that the star is symmetric under k ↦ −k: with an even size, row or
    column 0 stays empty. With 22 lines on 256² this is the mask of Candès, Romberg and Tao: 5,481
    samples, 8.36 %.

    Parameters
    ----------
    shape : (H, W)
        Size of k-space.
    lines : int
        Number of lines n, at least 1. What acceleration this gives, `acceleration` tells.

    Returns
    -------
    (H, W) bool
        True on the lines; zero frequency at (H//2, W//2).

    Raises
    ------
    ValueError
        If the shape is not (H, W) or a number is below 1.
    TypeError
        If a number is not whole.

    References
    ----------
    E. J. Candès, J. Romberg and T. Tao (2006), IEEE Trans. Inf. Theory 52(2), 489–509, fig. 1.
    """
    height, width = grid(shape)
    lines = whole("lines", lines, 1)
    mask = np.zeros((height, width), dtype=bool)
    reach_down, reach_across = (height - 1) // 2, (width - 1) // 2
    for angle in np.pi * np.arange(lines) / lines:
        cosine, sine = np.cos(angle), np.sin(angle)
        if abs(sine) <= abs(cosine):
            across = np.arange(-reach_across, reach_across + 1)
            down = np.rint(sine / cosine * across).astype(int)
        else:
            down = np.arange(-reach_down, reach_down + 1)
            across = np.rint(cosine / sine * down).astype(int)
        inside = (np.abs(down) <= reach_down) & (np.abs(across) <= reach_across)
        mask[height // 2 - down[inside], width // 2 + across[inside]] = True
    return mask
