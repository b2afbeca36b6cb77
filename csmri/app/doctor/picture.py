"""K-space, mask, coil images and maps of one slice in one picture."""

import io
from typing import Any

import numpy as np

from csmri.app.doctor.examination import Slice
from csmri.formats import Scan

MOST_COILS = 8
PANEL = 2.2  # inches


def picture_png(scan: Scan, *, number: int | None = None, dpi: int = 120) -> bytes:
    """Draw a slice: k-space, mask, their root-sum-of-squares image, coils and their share of it.

    Parameters
    ----------
    scan : Scan
        What to draw.
    number : int, optional
        Which slice; the middle one by default.
    dpi : int
        Dots an inch.

    Returns
    -------
    bytes
        A PNG file.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    one = Slice(scan.slices // 2, scan.slice(scan.slices // 2 if number is None else number))
    images = one.coil_images
    rss = np.sqrt(np.sum(images.astype(float) ** 2, axis=0))
    shown = images[:MOST_COILS]
    columns = max(3, len(shown))
    figure = Figure(figsize=(PANEL * columns, PANEL * 3), layout="constrained")
    FigureCanvasAgg(figure)
    grid: Any = figure.subplots(3, columns, squeeze=False)
    for axes in grid.flat:
        axes.set_axis_off()
    log = np.log10(np.sqrt(one.energy) + 1e-6)
    _show(grid[0, 0], log, "k-space, logarithm", float(log.min()), float(log.max()))
    what = "mask" if one.mask is not None else "not 0 (no mask in the file)"
    _show(grid[0, 1], one.measured.astype(float), what, 0, 1)
    _show(grid[0, 2], rss, "all coils, zero-filled", 0, _white(rss))
    body = rss > 0.1 * _white(rss)
    for coil, image in enumerate(shown):
        _show(grid[1, coil], image, f"coil {coil}", 0, _white(image))
        share = np.where(body, image / np.maximum(rss, 1e-30), 0)
        _show(grid[2, coil], share, f"map {coil}, modulus", 0, 1)
    file = io.BytesIO()
    figure.savefig(file, format="png", dpi=dpi, metadata={"Software": None})
    return file.getvalue()


def _show(axes: Any, array: np.ndarray, title: str, low: float, high: float) -> None:
    axes.imshow(array, cmap="gray", vmin=low, vmax=high if high > low else low + 1)
    axes.set_title(title, fontsize=8)


def _white(image: np.ndarray) -> float:
    return float(np.quantile(image, 0.998)) or 1.0
