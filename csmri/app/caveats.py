"""What must be said beside every figure of the comparison."""

from csmri.app.volumes import TRAINING_PERSON, UNSEEN_PERSON

CAVEATS = (
    "The images are magnitudes that were processed before they reached us (masked background, "
    "resampling, 8 bits). Reconstructions of such data look better than reconstructions of raw "
    "k-space would, of piecewise smooth priors most (Shimron et al. 2022, 'implicit data "
    "crimes').",
    "Phase, noise and masks are simulated, for one coil; the phase is smoother than real phase.",
    f"Two folds: what is judged on {UNSEEN_PERSON} was fitted to {TRAINING_PERSON}, and the other "
    "way round. These are two persons; intervals are over neighbouring slices and say nothing of "
    "other persons. The macaque is a mean of 19 animals; fewer than five slices have no interval.",
    "Out of distribution nothing is fitted anew: λ of the nearest acceleration, the same weights. "
    f"Other anatomy is reconstructed by what was fitted to {TRAINING_PERSON}.",
    "The length of the networks' trainings and the U-Net's input scaling were settled while "
    f"watching eight slices of {UNSEEN_PERSON}, which favours the networks a little. The best "
    "classical method is picked on the slices of the table itself, which favours the classical "
    "side.",
    "PSNR and SSIM take the largest value of the person's whole volume as range; another range "
    "moves PSNR by several dB.",
    "Random shifts of a wavelet are a heuristic: no objective is minimised and no gap exists. The "
    "oracle's λ is chosen by looking at the truth: it is a bound, not a method.",
    "Seconds are of the processor, on one thread, one slice at a time, measured once.",
)
