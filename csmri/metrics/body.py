"""Where the body is, so that the black background need not be judged."""

import numpy as np

from csmri.arrays import Array, require_finite, to_numpy


def body_mask(truth: Array, *, threshold: float = 0.1) -> np.ndarray:
    """Where the body is: above a threshold, holes filled, the largest connected part kept.

    Parameters
    ----------
    truth : (..., H, W) real or complex
        True images; each is masked by itself.
    threshold : float
        As a fraction of the 99th percentile of the image's magnitude.

    Returns
    -------
    (..., H, W) bool
        A NumPy array, whatever library the images came from. All false for an empty image.

    Raises
    ------
    ValueError
        For images that are not finite or a threshold outside (0, 1).
    """
    from scipy import ndimage

    if not 0 < threshold < 1:
        raise ValueError(
            f"threshold is a fraction of the image's magnitude, got {threshold}; "
            "choose one between 0 and 1"
        )
    magnitude = np.abs(to_numpy(truth))
    require_finite("the truth", magnitude)
    mask = np.zeros(magnitude.shape, bool)
    for index in np.ndindex(*magnitude.shape[:-2]):
        above = magnitude[index] > threshold * np.percentile(magnitude[index], 99)
        labels = np.empty(above.shape, np.int32)
        if ndimage.label(above, output=labels):
            largest = 1 + np.argmax(np.bincount(labels.ravel())[1:])
            mask[index] = ndimage.binary_fill_holes(labels == largest)
    return mask
