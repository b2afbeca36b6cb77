"""The comparison as one picture: images, a detail, and errors on one scale."""

import io
from collections.abc import Sequence
from typing import Any

import numpy as np

from csmri import metrics
from csmri.app.methods import Method
from csmri.app.records import Comparison, Picture

BACKGROUND = "#0b0d10"
INK = "#e8eaed"
FAINT = "#8b929a"
ACCENT = "#f2b134"
DETAIL = 64  # pixels, the side of the magnified square
COLUMN = 2.1  # inches
HEADER = 0.32  # inches
ERROR_RANGE = 0.15  # of the volume's maximum, the same for all methods
COLUMNS = 7  # beside the truth
SPARED = (
    *("oracle", "wavelet", "tv", "cycle-spun", "learned-wavelet"),
    *("refined", "refined-unet", "tv-l1", "zero-filled"),
)
"""Methods that a figure does without where there are too many, in this order."""


def comparison_png(comparison: Comparison, *, person: str, dpi: int = 150) -> bytes:
    """The figure of one person, as a PNG file.

    Parameters
    ----------
    comparison, person
        As for `comparison_figure`.
    dpi : int
        Dots an inch; a column is about two inches wide.
    """
    return encoded(comparison_figure(comparison, person=person), dpi=dpi)


def encoded(figure: Any, *, dpi: int, quality: int | None = None) -> bytes:
    """A figure as the bytes of a PNG file; of a JPEG file where a quality (to 95) is given."""
    file = io.BytesIO()
    if quality is None:
        kind: dict[str, Any] = {"format": "png", "metadata": {"Software": None}}
    else:
        kind = {"format": "jpeg", "pil_kwargs": {"quality": quality}}
    figure.savefig(file, dpi=dpi, facecolor=BACKGROUND, **kind)
    return file.getvalue()


def comparison_figure(
    comparison: Comparison,
    *,
    person: str,
    shown: Sequence[str] | None = None,
    fitted_cases: bool = True,
) -> Any:
    """Draw one slice at every case: truth and methods, magnified detail, error maps.

    Parameters
    ----------
    comparison : Comparison
        With pictures of this person.
    person : str
        Whose slice to show.
    shown : sequence of str, optional
        The methods to show; by default those that `shown_methods` picks.
    fitted_cases : bool
        The cases that methods were fitted to, or those that none was; whatever there is where
        there are none of this kind.

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    ValueError
        Where the comparison holds no picture of this person.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    pictures = [picture for picture in comparison.pictures if picture.person == person]
    if not pictures:
        known = ", ".join(sorted({picture.person for picture in comparison.pictures}))
        raise ValueError(f"got person {person!r}, expected one whose slices were compared: {known}")
    of_kind = [p for p in pictures if p.test.case.is_fitted == fitted_cases]
    pictures = of_kind or pictures
    names = shown_methods(comparison) if shown is None else shown
    methods = [m for m in comparison.methods if m.name in names and m.name in pictures[0].images]
    view = field_of_view(pictures[0].truth)
    detail = busiest_square(pictures[0].truth, view)
    aspect = (view[0].stop - view[0].start) / (view[1].stop - view[1].start)
    columns = 1 + len(methods)
    block_height = COLUMN * (2 * aspect + 1) + HEADER
    figure = Figure(figsize=(COLUMN * columns, block_height * len(pictures)), facecolor=BACKGROUND)
    FigureCanvasAgg(figure)
    blocks = figure.subfigures(len(pictures), 1, squeeze=False)[:, 0]
    for block, picture in zip(blocks, pictures, strict=True):
        block.set_facecolor(BACKGROUND)
        grid = block.add_gridspec(
            3,
            columns,
            height_ratios=(aspect, 1, aspect),
            left=0.004,
            right=0.996,
            bottom=0.004,
            top=1 - HEADER / block_height,
            wspace=0.015,
            hspace=0.015,
        )
        _draw(block, grid, picture, methods, view, detail)
    return figure


def shown_methods(comparison: Comparison) -> list[str]:
    """Those that fit beside each other: an own one always, and not every kind of wavelet."""
    if len(comparison.methods) <= COLUMNS:
        return [method.name for method in comparison.methods]
    spare = [name for name in SPARED if any(m.name == name for m in comparison.methods)]
    spare = spare[: len(comparison.methods) - COLUMNS]
    return [method.name for method in comparison.methods if method.name not in spare]


def field_of_view(truth: np.ndarray, margin: int = 6) -> tuple[slice, slice]:
    """The rows and columns that the body fills, and a little more."""
    body = metrics.body_mask(truth)
    found = []
    for axis in (1, 0):
        inside = np.flatnonzero(body.any(axis=axis))
        first = max(0, int(inside[0]) - margin)
        last = min(body.shape[1 - axis], int(inside[-1]) + 1 + margin)
        found.append(slice(first, last))
    return found[0], found[1]


def busiest_square(truth: np.ndarray, view: tuple[slice, slice]) -> tuple[slice, slice]:
    """The square of `DETAIL` pixels with the strongest edges in the middle of the view."""
    down, right = np.gradient(truth)
    edges = np.hypot(down, right)
    best, place = -1.0, (0, 0)
    rows, columns = (_middle(extent) for extent in view)
    for row in rows:
        for column in columns:
            strength = float(edges[row : row + DETAIL, column : column + DETAIL].sum())
            if strength > best:
                best, place = strength, (row, column)
    return slice(place[0], place[0] + DETAIL), slice(place[1], place[1] + DETAIL)


def _middle(extent: slice) -> range:
    """Where a square may begin so as to lie within the middle of an extent."""
    spare = max(0, extent.stop - extent.start - DETAIL) // 3
    first = extent.start + spare
    return range(first, max(first, extent.stop - DETAIL - spare) + 1, 4)


def _draw(
    block: Any,
    grid: Any,
    picture: Picture,
    methods: Sequence[Method],
    view: tuple[slice, slice],
    detail: tuple[slice, slice],
) -> None:
    white = float(np.quantile(picture.truth[view], 0.998))
    shown = [("Truth", picture.truth), *((m.title, picture.images[m.name]) for m in methods)]
    for column, (title, image) in enumerate(shown):
        whole = _axes(block, grid[0, column])
        whole.imshow(image[view], cmap="gray", vmin=0, vmax=white, interpolation="bicubic")
        whole.set_title(title, color=INK, fontsize=9.5, pad=5)
        if column == 0:
            _outline(whole, view, detail)
        zoomed = _axes(block, grid[1, column])
        zoomed.imshow(image[detail], cmap="gray", vmin=0, vmax=white, interpolation="bicubic")
        errors = _axes(block, grid[2, column])
        if column == 0:
            _legend(errors, picture)
            continue
        error = np.abs(image - picture.truth)[view]
        errors.imshow(error, cmap="inferno", vmin=0, vmax=ERROR_RANGE * picture.peak)
        _caption(whole, scores_of(image, picture))


def scores_of(image: np.ndarray, picture: Picture) -> str:
    """PSNR and SSIM as they stand in the corner."""
    psnr = metrics.psnr(image, picture.truth, data_range=picture.peak)
    ssim = metrics.ssim(image, picture.truth, data_range=picture.peak)
    return f"{psnr:.1f} dB   {ssim:.3f}"


def _axes(block: Any, place: Any) -> Any:
    axes = block.add_subplot(place)
    axes.set_axis_off()
    axes.set_facecolor(BACKGROUND)
    return axes


def _outline(axes: Any, view: tuple[slice, slice], detail: tuple[slice, slice]) -> None:
    from matplotlib.patches import Rectangle

    corner = (detail[1].start - view[1].start - 0.5, detail[0].start - view[0].start - 0.5)
    axes.add_patch(Rectangle(corner, DETAIL, DETAIL, fill=False, edgecolor=ACCENT, linewidth=0.8))


def _caption(axes: Any, text: str) -> None:
    from matplotlib.patheffects import withStroke

    axes.text(
        0.02,
        0.015,
        text,
        transform=axes.transAxes,
        color=INK,
        fontsize=8.5,
        va="bottom",
        path_effects=[withStroke(linewidth=2, foreground="black")],
    )


def _legend(axes: Any, picture: Picture) -> None:
    """In place of the truth's error: the mask, and the scale of the error maps."""
    strip = axes.inset_axes((0.12, 0.5, 0.76, 0.32))
    mask = np.broadcast_to(picture.mask, picture.truth.shape)
    strip.imshow(mask, cmap="gray", aspect="auto", interpolation="nearest")
    strip.set_axis_off()
    measured = int(picture.mask.sum())
    unit = "columns" if picture.mask.ndim == 1 else "samples"
    axes.text(
        0.5,
        0.86,
        f"{picture.person}, {picture.case}\n{measured:,} of {picture.mask.size:,} {unit}",
        transform=axes.transAxes,
        color=FAINT,
        fontsize=8,
        ha="center",
    )
    scale = axes.inset_axes((0.12, 0.3, 0.76, 0.05))
    scale.imshow(np.linspace(0, 1, 256)[None], cmap="inferno", aspect="auto")
    scale.set_axis_off()
    for position, label in ((0.12, "0"), (0.88, f"{ERROR_RANGE:.0%}")):
        axes.text(
            position, 0.21, label, transform=axes.transAxes, color=FAINT, fontsize=8, ha="center"
        )
    axes.text(
        0.5,
        0.38,
        "error, of the maximum",
        transform=axes.transAxes,
        color=FAINT,
        fontsize=8,
        ha="center",
    )
