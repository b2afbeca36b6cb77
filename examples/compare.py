"""Your own method in the comparison: wavelet and total variation together, against what ships.

    python examples/compare.py [--slices 4] [--person colin27] [--output results/example]

Prints PSNR, SSIM and paired differences on a few slices, and saves a picture.
From the command line: csmri compare --methods tv,mine:reconstruct --masks 4 --persons colin27
"""

import argparse
from pathlib import Path

from rich.console import Console

from csmri import L1, MaskedFourier, TotalVariation, Wavelet
from csmri.app.cases import CASES
from csmri.app.comparison import compare
from csmri.app.figure import comparison_png
from csmri.app.methods import Budget, cycle_spun, single, total_variation, zero_filled
from csmri.app.plan import every
from csmri.app.table import as_rich
from csmri.app.volumes import volume
from csmri.formats.writing import write_atomically
from solvers import admm

WEIGHT, ITERATIONS = 0.002, 100


def wavelet_and_total_variation(y, mask, maps=None):
    """Any function from measurements to an image can be compared."""
    regularizer = WEIGHT * (L1() @ Wavelet("db4", levels=4)) + WEIGHT * TotalVariation()
    return admm(MaskedFourier(mask, maps), y, regularizer, iterations=ITERATIONS).x


def main(slices: int, person: str, output: Path) -> None:
    own = single(
        name="both",
        title="Wavelet + TV (own)",
        family="classical",
        reconstruct=wavelet_and_total_variation,
        parameters=1,
        budget=Budget("λ guessed, 0.002"),
    )
    methods = [zero_filled(), cycle_spun(), total_variation(), own]
    comparison = compare(methods, every([volume(person, slices)], CASES[:1]))
    Console(width=158).print(as_rich(comparison))
    write_atomically(output / "compare.png", comparison_png(comparison, person=person))
    print(f"\nwrote {output / 'compare.png'}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--slices", type=int, default=4, help="how many slices to reconstruct")
    parser.add_argument("--person", default="colin27", help="one of csmri.datasets.names()")
    parser.add_argument("--output", type=Path, default=Path("results/example"))
    options = parser.parse_args()
    main(options.slices, options.person, options.output)
