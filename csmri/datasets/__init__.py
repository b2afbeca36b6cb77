"""Real slices that ship with the package, and the simulated acquisition of their k-space.

    slices = datasets.load("colin27", shape=(256, 256))
    mask = masks.random_columns(256, acceleration=4, center_fraction=0.08, seed=0)
    acquisition = datasets.simulate(slices.images[20], mask, seed=(slices.person, 20))

Two people (``"s1"``, ``"colin27"``) and, as other anatomy, a ``"macaque"`` and a ``"shoulder"``.
Nothing is read before `load` is called. Sources, licences and notices: NOTICE.md beside the data.

Caveats, which belong beside every figure made from these data:

- They are magnitude images that were processed before they came here: averaged or normalised in
  intensity, resampled, background masked, stored in 8 bits. Reconstructions of such images look
  better than reconstructions of raw scanner data would, for every method: "implicit data crimes"
  (Shimron et al. 2022, Proc. Natl. Acad. Sci. 119(13), e2117203119) measured 25 to 48 %.
- Phase and noise are simulated, with one coil. The phase is smoother than a real one.
- There are two people. Intervals over their slices say little about other people.
"""

from csmri.datasets.acquisition import Acquisition, complex_noise, simulate, smooth_phase
from csmri.datasets.slices import Slices, centred, load, names, reduced

__all__ = [
    "Acquisition",
    "Slices",
    "centred",
    "complex_noise",
    "load",
    "names",
    "reduced",
    "simulate",
    "smooth_phase",
]
