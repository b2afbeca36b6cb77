"""What a file of k-space holds, and what looks wrong with it, each with its remedy.

    examination = examine(formats.read("scan.h5"))
    examination.facts, examination.findings

Every check is a function that takes one `Slice` and gives a `Finding` or None. What it cannot know
it passes over in silence: a sound file has no findings.
"""

from collections.abc import Callable
from typing import Any

import numpy as np

from csmri import weights
from csmri.app.doctor import places, sampling, values
from csmri.app.doctor.examination import Examination, Finding, Slice
from csmri.app.doctor.picture import picture_png
from csmri.formats import Scan

__all__ = ["CHECKS", "Examination", "Finding", "Slice", "examine", "picture_png"]

MOST_SLICES = 16

Check = Callable[[Slice], Finding | None]

PLACES: tuple[Check, ...] = (places.domain, places.zero_frequency, places.half_field_of_view)
"""Where one of these finds a fault, those behind it, which take its absence for granted, rest."""

CENTRED: tuple[Check, ...] = (
    sampling.mask_fault,
    sampling.partial_fourier,
    values.spikes,
    values.scale,
    places.mirrored_coils,
)
"""Checks of k-space whose zero frequency is where it belongs."""

CHECKS: tuple[Check, ...] = (
    values.silent_coils,
    values.lost_parts,
    values.clipped,
    values.repeated,
)
"""Checks of the samples, wherever they lie."""


def examine(scan: Scan, *, most_slices: int = MOST_SLICES) -> Examination:
    """Look at a scan: what is in it, and what looks wrong.

    Parameters
    ----------
    scan : Scan
        As `csmri.formats.read` gives it.
    most_slices : int
        At most as many slices, evenly spread, are read and looked at.

    Returns
    -------
    Examination
        Facts, and findings, each fault named once with the first slice it was seen in.
    """
    count = min(most_slices, scan.slices)
    numbers = np.unique(np.linspace(0, scan.slices - 1, count).round().astype(int))
    findings: dict[str, Finding] = {}
    levels: dict[int, tuple[float, float]] = {}
    middle: Slice | None = None
    for number in (int(n) for n in numbers):
        one = Slice(number, scan.slice(number))
        fault = _not_finite(one)
        if fault is not None:
            findings.setdefault(fault.name, fault)
            continue
        if not one.kspace.any():
            findings.setdefault("an empty slice", _required(values.silent_coils(one)))
            continue
        for fault in _faults(one):
            findings.setdefault(fault.name, fault)
        level = values.level_of(one)
        if level is not None:
            levels[number] = level
        if middle is None or abs(number - scan.slices // 2) < abs(middle.number - scan.slices // 2):
            middle = one
    uneven = values.uneven_slices(levels)
    if uneven is not None:
        findings.pop("missing normalisation", None)  # of these slices: they say why
        findings[uneven.name] = uneven
    return Examination(_facts(scan, middle, len(numbers)), tuple(findings.values()))


def _faults(one: Slice) -> list[Finding]:
    found = [check(one) for check in CHECKS]
    misplaced = next((fault for check in PLACES if (fault := check(one)) is not None), None)
    found += [check(one) for check in CENTRED] if misplaced is None else [misplaced]
    return [fault for fault in found if fault is not None]


def _not_finite(one: Slice) -> Finding | None:
    bad = np.argwhere(~np.isfinite(one.kspace))
    if len(bad) == 0:
        return None
    return Finding(
        "samples that are not finite",
        f"{len(bad):,} samples are NaN or infinite, the first at {tuple(bad[0].tolist())} of slice "
        f"{one.number} (coil, row, column)",
        "set them to 0 and leave them out of the mask, or drop the slice",
    )


def _facts(scan: Scan, middle: Slice | None, looked_at: int) -> dict[str, str]:
    coils, rows, columns = scan.shape[-3:]
    facts = {
        "kind": str(scan.provenance.get("kind", "arrays")),
        "k-space": f"{scan.shape} {np.dtype(scan.kspace.dtype)}, {scan.nbytes / 1e6:,.1f} MB",
        "slices": f"{scan.slices}, of which {looked_at} were looked at",
        "coils": str(coils),
        "matrix": f"{rows} rows (readout) x {columns} columns (phase encoding)"
        if scan.readout_axis is not None
        else f"{rows} x {columns}, both phase encodings",
        "oversampling": "none"
        if scan.oversampling == 1
        else f"{scan.oversampling:g}-fold along the readout; remove it with --remove-oversampling",
    }
    if scan.voxel_size is not None:
        facts["voxel"] = " x ".join(f"{mm:.3g}" for mm in scan.voxel_size) + " mm"
    if scan.noise is None and coils > 1:
        facts["noise scan"] = "none: coils are not whitened, λ is from the outermost samples"
    elif scan.noise is not None:
        level = weights.noise_level_of_scan(scan.noise)
        facts["noise scan"] = f"{scan.noise.shape[-1]:,} samples a coil, level {level:.3g}"
    if middle is not None:
        facts |= _facts_of_slice(middle)
    for number, step in enumerate(scan.steps):
        facts[f"reading step {number + 1}"] = step
    return facts


def _facts_of_slice(one: Slice) -> dict[str, str]:
    """Sampling, zero frequency and noise of the slice in the middle."""
    said = "the file holds no mask; not 0: " if one.mask is None else ""
    facts = {"sampling": said + sampling.describe(one.measured)}
    off = tuple(at - n // 2 for at, n in zip(one.peak, one.energy.shape, strict=True))
    facts["zero frequency"] = f"at {one.peak}, expected {tuple(n // 2 for n in one.energy.shape)}"
    if any(off):
        facts["zero frequency"] += f"; off by {off}, a linear phase across the image"
    level: Any = values.level_of(one)
    if level is not None:
        facts["noise level"] = f"at most {level[1]:.3g} (from the outermost samples)"
    return facts


def _required(finding: Finding | None) -> Finding:
    if finding is None:
        raise AssertionError("a slice of zeros has silent coils")
    return finding
