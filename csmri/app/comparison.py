"""The comparison: every method reconstructs the same measurements, every image is judged alike."""

from collections.abc import Callable, Sequence

import numpy as np

from csmri import masks, metrics
from csmri.app.calling import magnitude, reconstructed
from csmri.app.cases import Case
from csmri.app.methods import Fit, Method
from csmri.app.plan import Test
from csmri.app.provenance import versions
from csmri.app.records import Comparison, Picture, Record
from csmri.app.volumes import Volume

EXACT = 150.0
"""dB: what stands for the PSNR of an image that differs from the truth by rounding or not."""

Watch = Callable[[int, int, str], None]
"""Called before each reconstruction as ``watch(done, total, what)``."""


def compare(
    methods: Sequence[Method],
    tests: Sequence[Test],
    *,
    leave_out: bool = False,
    notes: Sequence[str] = (),
    watch: Watch | None = None,
) -> Comparison:
    """Reconstruct every slice of every test with every method.

    All methods are given the same measurements, each in arrays of its own: mask, phase and noise
    depend on the person and the slice alone. Of a method with several fits, each person is given
    the first that never saw them. Each fit is run once before its first measured reconstruction,
    so that nobody pays for imports and compilation.

    Parameters
    ----------
    methods : sequence of Method
        `csmri.app.choice.methods_named`, and any of your own.
    tests : sequence of Test
        `csmri.app.plan.standard_plan`, or ``every(volumes, cases)``.
    leave_out : bool
        Leave a method out of the tests on persons that all its fits have seen, with a note,
        instead of refusing it.
    notes : sequence of str
        What shall stand beside the tables besides.
    watch : callable, optional
        Called before each reconstruction as ``watch(done, total, what)``.

    Returns
    -------
    Comparison

    Raises
    ------
    ValueError
        Where a method was trained or tuned on a person it is to be judged on, names repeat, a
        function of your own fails, or a reconstruction has the wrong shape or is not finite.
    """
    fits = _fits(methods, tests, leave_out)
    total = sum(len(test.volume.slices) * len(_of(fits, test)) for test in tests)
    records: list[Record] = []
    pictures: list[Picture] = []
    ready: set[int] = set()
    for test in tests:
        case, volume = test.case, test.volume
        for index in volume.slices:
            acquired = case.acquire(volume, index)
            truth = volume.image(index)
            body = metrics.body_mask(truth)
            images = {}
            for method, fit in _of(fits, test):
                if watch is not None:
                    watch(len(records), total, f"{volume.person} {case.name}: {method.title}")
                where = f"{method.title} on slice {index} of {volume.person}"
                if id(fit) not in ready:
                    reconstructed(method, fit, acquired, truth, where)
                    ready.add(id(fit))
                image, facts = reconstructed(method, fit, acquired, truth, where)
                images[method.name] = magnitude(image, truth.shape, where)
                scores = _scores(images[method.name], truth, body, volume.peak)
                records.append(
                    Record(
                        method=method.name,
                        case=case.name,
                        person=volume.person,
                        slice=index,
                        fitted_on=", ".join(fit.budget.persons),
                        **scores,
                        **facts,
                    )
                )
            if index == volume.slices[len(volume.slices) // 2]:
                pictures.append(
                    Picture(test, index, volume.peak, truth, np.asarray(acquired.mask), images)
                )
    return Comparison(
        methods=tuple(methods),
        tests=tuple(tests),
        records=tuple(records),
        pictures=tuple(pictures),
        masks={test.name: mask_digests(test.case, test.volume) for test in tests},
        versions=versions(),
        leave_out=leave_out,
        notes=(*notes, *_notes(methods, tests, fits)),
    )


def mask_digests(case: Case, volume: Volume) -> dict[str, str]:
    """Slice to the digest of the mask that was used."""
    return {str(index): masks.digest(case.mask(volume, index)) for index in volume.slices}


_Fits = dict[tuple[str, str], tuple[Method, Fit]]
"""Method and person to the fit that serves."""


def _fits(methods: Sequence[Method], tests: Sequence[Test], leave_out: bool) -> _Fits:
    for what, names in (
        ("methods", [method.name for method in methods]),
        ("tests", [test.name for test in tests]),
    ):
        if not names or len(set(names)) < len(names):
            raise ValueError(
                f"got the {what} {', '.join(names) or '(none)'}, expected at least one and "
                "each only once"
            )
    found: _Fits = {}
    for method in methods:
        for volume in (test.volume for test in tests):
            fit = method.fit_for(volume)
            if fit is not None:
                found[method.name, volume.person] = (method, fit)
            elif not leave_out:
                budget = "; ".join(seen.budget.text for seen in method.fits)
                raise ValueError(
                    f"{method.title} was made ready on {volume.person} ({budget}) and "
                    "cannot be judged on the same person; compare on another person"
                )
    return found


def _of(fits: _Fits, test: Test) -> list[tuple[Method, Fit]]:
    return [served for (_, person), served in fits.items() if person == test.volume.person]


def _notes(methods: Sequence[Method], tests: Sequence[Test], fits: _Fits) -> list[str]:
    persons = dict.fromkeys(test.volume.person for test in tests)
    return [
        f"{method.title} is missing for {person}: it was made ready on them."
        for method in methods
        for person in persons
        if (method.name, person) not in fits
    ]


def _scores(
    image: np.ndarray, truth: np.ndarray, body: np.ndarray, peak: float
) -> dict[str, float]:
    return {
        "psnr": min(metrics.psnr(image, truth, data_range=peak), EXACT),
        "ssim": metrics.ssim(image, truth, data_range=peak),
        "nmse": metrics.nmse(image, truth),
        "hfen": metrics.hfen(image, truth),
        "psnr_body": min(metrics.psnr(image, truth, data_range=peak, mask=body), EXACT),
        "ssim_body": metrics.ssim(image, truth, data_range=peak, mask=body),
    }
