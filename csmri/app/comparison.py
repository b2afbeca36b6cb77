"""The comparison: every method reconstructs the same measurements, every image is judged alike."""

import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from csmri import masks, metrics
from csmri.app.cases import Case, Volume
from csmri.app.methods import Method
from csmri.app.provenance import versions
from csmri.app.records import Comparison, Picture, Record
from csmri.arrays import Array, to_numpy
from csmri.datasets import Acquisition

Watch = Callable[[int, int, str], None]
"""Called before each reconstruction as ``watch(done, total, what)``."""


def compare(
    methods: Sequence[Method],
    volumes: Sequence[Volume],
    cases: Sequence[Case],
    *,
    watch: Watch | None = None,
) -> Comparison:
    """Reconstruct every slice of every volume at every case with every method.

    All methods are given the same measurements: mask, phase and noise depend on the person and
    the slice alone. Each method is run once before its first measured reconstruction, so that
    nobody pays for imports and compilation.

    Parameters
    ----------
    methods : sequence of Method
        `csmri.app.methods.methods_named`, and any of your own.
    volumes : sequence of Volume
        Whose slices.
    cases : sequence of Case
        How undersampled.
    watch : callable, optional
        Called before each reconstruction as ``watch(done, total, what)``.

    Returns
    -------
    Comparison

    Raises
    ------
    ValueError
        Where a method was trained or tuned on a person it is to be judged on, names repeat, or
        a reconstruction has the wrong shape or is not finite.
    """
    _check(methods, volumes, cases)
    total = len(cases) * sum(len(v.slices) for v in volumes) * len(methods)
    records: list[Record] = []
    pictures: list[Picture] = []
    ready: set[str] = set()
    for case, volume, index in _slices(cases, volumes):
        acquired = case.acquire(volume, index)
        truth = volume.image(index)
        images = {}
        for method in methods:
            if watch is not None:
                watch(len(records), total, f"{volume.person} {case.name}: {method.title}")
            if method.name not in ready:
                _reconstruct(method, acquired)
                ready.add(method.name)
            image, facts = _reconstruct(method, acquired)
            images[method.name] = _magnitude(image, truth, method, volume, index)
            records.append(_judge(images[method.name], truth, method, case, volume, index, facts))
        if index == volume.slices[len(volume.slices) // 2]:
            pictures.append(
                Picture(case.name, volume.person, index, volume.peak, truth, acquired.mask, images)
            )
    return Comparison(
        methods=tuple(methods),
        cases=tuple(cases),
        volumes=tuple(volumes),
        records=tuple(records),
        pictures=tuple(pictures),
        masks=mask_digests(cases, volumes),
        versions=versions(),
    )


def mask_digests(
    cases: Sequence[Case], volumes: Sequence[Volume]
) -> dict[str, dict[str, dict[str, str]]]:
    """Case, person and slice to the digest of the mask that was used."""
    return {
        case.name: {
            volume.person: {
                str(index): masks.digest(case.mask(volume, index)) for index in volume.slices
            }
            for volume in volumes
        }
        for case in cases
    }


def _slices(cases: Sequence[Case], volumes: Sequence[Volume]) -> Iterator[tuple[Case, Volume, int]]:
    for case in cases:
        for volume in volumes:
            for index in volume.slices:
                yield case, volume, index


def _check(methods: Sequence[Method], volumes: Sequence[Volume], cases: Sequence[Case]) -> None:
    for what, names in (
        ("methods", [method.name for method in methods]),
        ("persons", [volume.person for volume in volumes]),
        ("cases", [case.name for case in cases]),
    ):
        if not names or len(set(names)) < len(names):
            raise ValueError(
                f"got the {what} {', '.join(names) or '(none)'}, expected at least one and "
                "each only once"
            )
    for method in methods:
        for volume in volumes:
            seen = {person.lower() for person in method.budget.persons}
            if seen & {volume.person.lower(), volume.identity.lower()}:
                raise ValueError(
                    f"{method.title} was made ready on {volume.person} ({method.budget.text}) and "
                    "cannot be judged on the same person; compare on another person"
                )


def _reconstruct(method: Method, acquired: Acquisition) -> tuple[Array, dict[str, Any]]:
    """The image, with the seconds it took and what the solver says of itself."""
    solve = getattr(method.reconstruct, "solve", None)
    begin = time.perf_counter()
    if solve is None:
        image = method.reconstruct(acquired.kspace, acquired.mask)
        seconds = time.perf_counter() - begin
        return image, {"seconds": seconds, "gap": None, "iterations": None}
    result = solve(acquired.kspace, acquired.mask)
    seconds = time.perf_counter() - begin
    gap = None if result.gap is None else float(to_numpy(result.gap))
    return result.x, {"seconds": seconds, "gap": gap, "iterations": int(result.iterations)}


def _magnitude(
    image: Array, truth: np.ndarray, method: Method, volume: Volume, index: int
) -> np.ndarray:
    magnitude = np.abs(to_numpy(image))
    where = f"{method.title} on slice {index} of {volume.person}"
    if magnitude.shape != truth.shape:
        raise ValueError(
            f"{where} gave an image of {magnitude.shape}, expected {truth.shape}; "
            "a Reconstruct returns one image of the mask's field of view"
        )
    if not np.isfinite(magnitude).all():
        raise ValueError(
            f"{where} gave values that are not finite; look for steps that are too large"
        )
    return magnitude


def _judge(
    image: np.ndarray,
    truth: np.ndarray,
    method: Method,
    case: Case,
    volume: Volume,
    index: int,
    facts: dict[str, Any],
) -> Record:
    body = metrics.body_mask(truth)
    return Record(
        method=method.name,
        case=case.name,
        person=volume.person,
        slice=index,
        psnr=metrics.psnr(image, truth, data_range=volume.peak),
        ssim=metrics.ssim(image, truth, data_range=volume.peak),
        nmse=metrics.nmse(image, truth),
        hfen=metrics.hfen(image, truth),
        ssim_body=metrics.ssim(image, truth, data_range=volume.peak, mask=body),
        **facts,
    )
