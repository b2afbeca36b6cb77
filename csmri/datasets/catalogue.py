"""The slices that ship with the package: where they come from and under which licence."""

from dataclasses import dataclass
from typing import final


@final
@dataclass(frozen=True)
class Entry:
    """One shipped file.

    Parameters
    ----------
    file : str
        Its name in this folder; it holds `images`, (n, H, W) uint8.
    person, anatomy, source, licence : str
        As in `csmri.datasets.Slices`.
    sha256 : str
        Of the file's bytes, in hexadecimal.
    fills_its_field_of_view : bool
        Whether the anatomy reaches the image's edges, so that a smaller matrix has to come from
        k-space (the same field of view, larger pixels) and not from cropping.
    """

    file: str
    person: str
    anatomy: str
    source: str
    licence: str
    sha256: str
    fills_its_field_of_view: bool = False


CATALOGUE = {
    "s1": Entry(
        file="s1_t1_axial.npz",
        person="S1",
        anatomy="human head, T1, axial, 1 mm",
        source=(
            "pycortex 1.4.0, subject S1: filestore/db/S1/anatomicals/raw.nii.gz, "
            "axis 1 reversed, indices 96-187"
        ),
        licence="BSD-2-Clause, (c) 2013 Regents of the University of California",
        sha256="0d4bb1416ef324cd9fb6fb6a210a17198214d201cdc38f36b35a8be2e121cc32",
    ),
    "colin27": Entry(
        file="colin27_t1_axial.npz",
        person="Colin27",
        anatomy="human head, T1, axial, 1 mm, average of 27 scans of one person",
        source=(
            "mricron-data 1.2.20211006: templates/ch2.nii.gz, slices 40-134 step 2, "
            "both axes of a slice reversed"
        ),
        licence="BSD-3-Clause, (c) 2006-2010 Chris Rorden",
        sha256="3203f9f8e590c1a654ddb5a53aba7d9959377b05f42e9d604d6d177fdad50cab",
    ),
    "macaque": Entry(
        file="inia19_macaque_t1_axial.npz",
        person="INIA19",
        anatomy="macaque brain without skull, T1, axial, 0.5 mm, average of 19 animals",
        source=(
            "mricron-data 1.2.20211006: templates/inia19-t1-brain.nii.gz, slices 39-83 step 4, "
            "both axes of a slice reversed, clipped at the 99.9th percentile"
        ),
        licence="CC-BY, Rohlfing et al. 2012 (INIA19)",
        sha256="1a2dcf4e4338fb83e4600623b9e655bf9c00d3ed4521acbee35d54f37f300fa5",
    ),
    "shoulder": Entry(
        file="shoulder_t1.npz",
        person="shoulder",
        anatomy="human shoulder, T1, 1.5 T",
        source="pydicom-data 1.0.0: data_store/data/MR2_UNCR.dcm, 1024² reduced to 512² in k-space",
        licence="MIT, (c) 2020 Dicom in Python",
        sha256="06331c3ea7cb28e1aec39512cf9a99a8f0b4069f7dc5dc5c5f46749b5c86eef4",
        fills_its_field_of_view=True,
    ),
}
