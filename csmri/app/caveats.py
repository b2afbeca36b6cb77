"""What must be said beside every figure of the comparison, and beside some of the methods."""

from csmri.app.records import Comparison
from csmri.app.volumes import TRAINING_PERSON, UNSEEN_PERSON


def caveats_of(comparison: Comparison) -> list[str]:
    """What a reader has to know of these images and these methods, a sentence or two each."""
    families = {method.family for method in comparison.methods}
    names = {method.name for method in comparison.methods}
    persons = {test.volume.person for test in comparison.tests}
    fitted = any(fit.budget.persons for method in comparison.methods for fit in method.fits)
    true_of = [
        (True, CRIMES),
        (True, SIMULATED),
        (fitted and bool({TRAINING_PERSON, UNSEEN_PERSON} & persons), FOLDS),
        (True, INTERVALS),
        ("macaque" in persons, "The macaque is a mean of 19 animals."),
        (fitted and not all(test.is_fitted for test in comparison.tests), ELSEWHERE),
        ("learned" in families, WATCHED),
        ("classical" in families, PICKED),
        (True, RANGE),
        ("cycle-spun" in names, SHIFTS),
        ("oracle" in families, ORACLE),
        (True, SECONDS),
    ]
    return [caveat for holds, caveat in true_of if holds]


CRIMES = (
    "The images are magnitudes that were processed before they reached us (masked background, "
    "resampling, 8 bits). Reconstructions of such data look better than reconstructions of raw "
    "k-space would, of piecewise smooth priors most (Shimron et al. 2022, 'implicit data "
    "crimes')."
)
SIMULATED = (
    "Phase, noise and masks are simulated, for one coil; the phase is smoother than real phase."
)
FOLDS = (
    f"Two folds: what is judged on {UNSEEN_PERSON} was fitted to {TRAINING_PERSON}, and the other "
    "way round."
)
INTERVALS = (
    "Intervals are over neighbouring slices of few persons and say nothing of other persons; fewer "
    "than five slices have no interval."
)
ELSEWHERE = (
    "Out of distribution nothing is fitted anew: λ of the nearest acceleration, the same weights. "
    f"Other anatomy is reconstructed by what was fitted to {TRAINING_PERSON}."
)
WATCHED = (
    "The length of the networks' trainings and the U-Net's input scaling were settled while "
    f"watching eight slices of {UNSEEN_PERSON}, which favours the networks a little."
)
PICKED = (
    "The best classical method is picked on the slices of the table itself, which favours the "
    "classical side."
)
RANGE = (
    "PSNR and SSIM take the largest value of the person's whole volume as range; another range "
    "moves PSNR by several dB."
)
SHIFTS = "Random shifts of a wavelet are a heuristic: no objective is minimised and no gap exists."
ORACLE = "The oracle's λ is chosen by looking at the truth: it is a bound, not a method."
SECONDS = "Seconds are of the processor, on one thread, one slice at a time, measured once."
