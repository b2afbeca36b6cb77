"""DICOM secondary captures by pydicom: images for a viewer, no claim to be a scanner's."""

import datetime
from pathlib import Path
from typing import Any

import numpy as np

from csmri.formats.extras import needs
from csmri.formats.images import volume, whole_numbers
from csmri.formats.scan import Scan
from csmri.formats.writing import replacing

MULTI_FRAME_WORD = "1.2.840.10008.5.1.4.1.1.7.3"
"""Multi-frame Grayscale Word Secondary Capture Image Storage, PS3.4 B.5."""
MOST = 4095  # 12 bits, which every viewer shows


def write(path: Path, image: np.ndarray, scan: Scan | None = None) -> None:
    """Write |image| as one multi-frame secondary capture of 12 bits, a frame a slice.

    The values are scaled to 0 … 4095 over the volume; RescaleSlope gives the images' units back.
    Patient and study are left empty or newly made: an archive must fill them in.
    """
    pydicom, uid = needs("pydicom", "DICOM files"), needs("pydicom.uid", "DICOM files")
    pixels, step = whole_numbers(volume(image), MOST)
    meta = pydicom.dataset.FileMetaDataset()
    meta.MediaStorageSOPClassUID = MULTI_FRAME_WORD
    meta.MediaStorageSOPInstanceUID = uid.generate_uid()
    meta.TransferSyntaxUID = uid.ExplicitVRLittleEndian
    data = pydicom.Dataset()
    data.file_meta = meta
    data.SOPClassUID, data.SOPInstanceUID = MULTI_FRAME_WORD, meta.MediaStorageSOPInstanceUID
    _describe(data, uid)
    data.SamplesPerPixel, data.PhotometricInterpretation = 1, "MONOCHROME2"
    data.NumberOfFrames, data.Rows, data.Columns = pixels.shape
    data.BitsAllocated, data.BitsStored, data.HighBit, data.PixelRepresentation = 16, 12, 11, 0
    data.BurnedInAnnotation, data.PresentationLUTShape = "NO", "IDENTITY"
    data.RescaleIntercept, data.RescaleSlope, data.RescaleType = "0", f"{step:.10g}"[:16], "US"
    data.WindowCenter, data.WindowWidth = f"{MOST * step / 2:.10g}", f"{MOST * step:.10g}"
    # One vector that a frame increments: the number of the slice.
    data.FrameIncrementPointer = pydicom.tag.Tag("PageNumberVector")
    data.PageNumberVector = list(range(1, pixels.shape[0] + 1))
    if pixels.shape[0] == 1:
        data.PageNumberVector = [1]
    if scan is not None and scan.voxel_size is not None:
        data.PixelSpacing = [f"{length:.9g}" for length in scan.voxel_size[:2]]
        data.PixelSpacingCalibrationType = "GEOMETRY"
    data.PixelData = pixels.astype("<u2").tobytes()
    with replacing(path) as temporary:
        data.save_as(temporary, enforce_file_format=True)


def _describe(data: Any, uid: Any) -> None:
    """The patient, study, series and equipment that every image must name, if only emptily."""
    now = datetime.datetime.now().astimezone()
    data.PatientName = data.PatientID = data.PatientBirthDate = data.PatientSex = ""
    data.StudyInstanceUID, data.SeriesInstanceUID = uid.generate_uid(), uid.generate_uid()
    data.StudyID = data.AccessionNumber = data.ReferringPhysicianName = ""
    data.StudyDate = data.ContentDate = now.strftime("%Y%m%d")
    data.StudyTime = data.ContentTime = now.strftime("%H%M%S")
    data.Modality, data.ConversionType = "MR", "WSD"
    data.SeriesNumber, data.InstanceNumber = "1", "1"
    data.PatientOrientation = ""
    data.ImageType = ["DERIVED", "SECONDARY"]
    data.Manufacturer, data.ManufacturerModelName = "", "csmri"
    data.SeriesDescription = "csmri reconstruction"
