"""GRAPPA: missing columns as linear combinations of measured neighbours, learned in the middle."""

import numpy as np

from csmri.arrays import COIL_AXIS, Array, array_namespace, as_complex, beside, to_numpy

EQUATIONS = 1.5  # at least so many times as many as there are weights

Pattern = tuple[int, ...]
"""Where the source columns lie, relative to the missing one."""


def grappa(
    kspace: Array, mask: Array, *, sources: int = 4, height: int = 5, ridge: float = 1e-3
) -> Array:
    """K-space with its missing columns filled.

    Each missing column is predicted from its `sources` nearest measured columns, `height` samples
    of each and all coils, with weights fitted where all columns are measured: the block around
    zero frequency. Columns with the same pattern of neighbours share their weights, so that an
    equispaced mask needs one fit for each place between two lines, and any mask of columns is
    served, though what lies far from any measured column is not well predicted.

    Parameters
    ----------
    kspace : (..., C, H, W) complex
        Measured k-space, zero where it was not sampled.
    mask : (W,) bool
        Which columns are measured; a block of them around W//2 must be.
    sources : int
        How many neighbouring columns to use, at least 1.
    height : int
        How many samples of each along the readout, odd.
    ridge : float
        Tikhonov weight of the fit, as a fraction of the mean energy of a source. Masks with wide
        gaps want more, 0.03 for instance, lest weights fitted to strong signal amplify noise.

    Returns
    -------
    (..., C, H, W) complex
        Measured samples stay as they are. Its coil images combine by `root_sum_of_squares` or by
        sensitivity maps.

    Raises
    ------
    ValueError
        For a mask that is not one of columns, or whose fully sampled middle is too narrow.

    References
    ----------
    M. A. Griswold et al. (2002), Magn. Reson. Med. 47, 1202–1210.
    """
    measured = require_columns(mask, kspace)
    if sources < 1 or height < 1 or height % 2 == 0:
        raise ValueError(
            f"got sources={sources} and height={height}, expected at least 1, and an odd height"
        )
    block = middle_block(measured)
    coils, lines = kspace.shape[-3:-1]
    needed = EQUATIONS * coils * height / max(lines - height + 1, 1)
    groups = patterns(measured, sources, block.stop - block.start, needed)
    images = np.reshape(to_numpy(as_complex(kspace)), (-1, *kspace.shape[-3:]))
    filled = [_filled(image, groups, block, height, ridge) for image in images]
    return beside(np.reshape(np.stack(filled), kspace.shape), kspace)


def root_sum_of_squares(images: Array) -> Array:
    """√Σ_c |x_c|² of coil images: one image without sensitivity maps.

    Parameters
    ----------
    images : (..., C, H, W) array
        An image for each coil.

    Returns
    -------
    (..., H, W) array
        Real, in the precision of the images.
    """
    xp = array_namespace(images)
    return xp.sqrt(xp.sum(xp.abs(images) ** 2, axis=COIL_AXIS))


def patterns(
    measured: np.ndarray, sources: int, width: int, needed: float = 0.0
) -> dict[Pattern, list[int]]:
    """The missing columns, by where their sources lie.

    The nearest measured columns are taken as long as all of them and the missing one fit into a
    block of `width` at `needed` places for each source, so that enough equations fit the weights.
    """
    places = np.flatnonzero(measured)
    groups: dict[Pattern, list[int]] = {}
    for column in np.flatnonzero(~measured):
        chosen: list[int] = []
        offsets = places - column
        for offset in offsets[np.argsort(np.abs(offsets), kind="stable")].tolist():
            span = max(0, offset, *chosen) - min(0, offset, *chosen)
            # One source is taken on less, since there is no pattern without one.
            least = max(1.0, needed * (len(chosen) + 1) if chosen else 1.0)
            if width - span >= least and len(chosen) < sources:
                chosen.append(offset)
        if not chosen:
            raise ValueError(
                f"column {column} has its nearest measured neighbour {np.abs(offsets).min()} "
                f"columns away, expected less than {width}, for which the {width} fully sampled "
                "columns of the middle suffice; use a mask with a wider middle"
            )
        groups.setdefault(tuple(sorted(chosen)), []).append(int(column))
    return groups


def middle_block(measured: np.ndarray) -> slice:
    """The run of measured columns that holds W//2."""
    middle = measured.size // 2
    if not measured[middle]:
        raise ValueError(
            f"got a mask without column {middle}, zero frequency, expected fully sampled columns "
            "around it to learn from; pass separately measured calibration columns with the others"
        )
    gaps = np.flatnonzero(~measured)
    left, right = gaps[gaps < middle], gaps[gaps > middle]
    return slice(
        int(left[-1]) + 1 if left.size else 0, int(right[0]) if right.size else measured.size
    )


def _filled(
    kspace: np.ndarray,
    groups: dict[Pattern, list[int]],
    block: slice,
    height: int,
    ridge: float,
) -> np.ndarray:
    """One scan (C, H, W) with the columns of all groups predicted."""
    filled, lines = kspace.copy(), kspace.shape[-2]
    region, reach = kspace[..., block].astype(np.complex128), height // 2
    for pattern, columns in groups.items():
        first, last = max(0, -min(pattern)), region.shape[-1] - max(0, *pattern)
        targets = region[:, reach : lines - reach, first:last]
        rows = [slice(i, lines - 2 * reach + i) for i in range(height)]
        given = [region[:, r, first + o : last + o] for o in pattern for r in rows]
        weights = _fitted(np.concatenate(given), targets, ridge)
        # Beyond the ends of the readout, where next to nothing is left, k-space wraps around.
        rolled = [np.roll(kspace, reach - i, axis=-2) for i in range(height)]
        found = [one[..., np.add(columns, o)] for o in pattern for one in rolled]
        filled[..., columns] = np.tensordot(weights, np.concatenate(found), axes=1)
    return filled


def _fitted(given: np.ndarray, targets: np.ndarray, ridge: float) -> np.ndarray:
    """(C, sources): argmin ‖targets − W given‖² + ridge · mean energy · ‖W‖²."""
    S, T = given.reshape(given.shape[0], -1), targets.reshape(targets.shape[0], -1)
    gram = S @ S.conj().T
    if not gram.any():  # a slice of zeros, from which nothing is predicted
        return np.zeros((T.shape[0], S.shape[0]), S.dtype)
    gram += ridge * np.trace(gram).real / gram.shape[0] * np.eye(gram.shape[0])
    return np.linalg.solve(gram.T, (T @ S.conj().T).T).T


def require_columns(mask: Array, kspace: Array) -> np.ndarray:
    """The mask as (W,) NumPy bool; refused where it is anything but columns of this k-space."""
    columns = to_numpy(mask)
    if columns.dtype != np.bool_ or columns.shape != (kspace.shape[-1],):
        raise ValueError(
            f"got a mask of {columns.dtype} and shape {columns.shape}, expected bool and "
            f"({kspace.shape[-1]},), True for each measured column; transpose data whose phase "
            "encoding is not the last axis"
        )
    if kspace.ndim < 3:
        raise ValueError(f"got k-space of shape {tuple(kspace.shape)}, expected (..., C, H, W)")
    return columns
