"""What happens between two Fourier transforms, without leaving the cache: the twins of `spectra`.

Numba would compile what takes a direction once more for each that is written out: both are handed
over.
"""

import numpy as np

from csmri.arrays import Array
from csmri.kernels.compilation import BYTES, compiled, real_type
from csmri.kernels.numba_fft import (
    lane_count,
    numbers,
    tools,
    transform_all_rows,
    transform_few_columns,
    transform_few_rows,
    work_place,
)
from csmri.kernels.numba_lanes import move, scale, scale_and_add, tally

THERE_AND_BACK = (False, True)  # whether the transform is the inverse one


def filtered(x: Array, factor: Array, *, columns: bool, out: Array | None) -> Array:
    """The twin of `spectra.filtered`'s definition."""
    out = np.empty_like(x) if out is None else out
    arrays = numbers(x), factor.reshape(-1), numbers(out)
    if columns:
        _scale_rows(*arrays, *tools(x)[1:], *THERE_AND_BACK)
    else:
        _scale_images(*arrays, *tools(x), *THERE_AND_BACK)
    return out


def split_filtered(
    x: Array, data: Array, inside: Array, outside: Array
) -> tuple[Array, Array, Array]:
    """The twin of `spectra.split_filtered`'s definition."""
    number, remainder = real_type(x), np.empty_like(x)
    sums = np.zeros((*x.shape[:-2], 2, BYTES // np.dtype(number).itemsize), number)
    kept = np.sign(inside).reshape(-1)
    arrays = numbers(x), numbers(data), kept, outside.reshape(-1), numbers(remainder)
    _split_images(*arrays, sums.reshape(-1), *tools(x), *THERE_AND_BACK)
    energy, overlap = np.moveaxis(np.sum(sums, axis=-1), -1, 0)
    return energy[()], overlap[()], remainder


def filter_add(x: Array, factor: Array, offset: Array) -> Array:
    """The twin of `spectra.filter_add`'s definition."""
    out = np.empty_like(x)
    arrays = numbers(x), factor.reshape(-1), numbers(offset), numbers(out)
    _filter_images(*arrays, *tools(x), *THERE_AND_BACK)
    return out


def move_to_data(
    x: Array, data: Array, mask: Array, step: float, *, columns: bool, out: Array | None
) -> Array:
    """The twin of `spectra.move_to_data`'s definition."""
    out = np.empty_like(x) if out is None else out
    number = real_type(x)
    arrays = numbers(x), numbers(data), mask.reshape(-1), number(step), numbers(out)
    if columns:
        _move_rows(*arrays, *tools(x)[1:], *THERE_AND_BACK)
    else:
        _move_images(*arrays, *tools(x), *THERE_AND_BACK)
    return out


@compiled
def _scale_rows(x, factors, out, plan, room, there, back):
    width, lanes = 2 * plan.size, lane_count(room)
    for block in range(0, x.size, lanes * width):
        places = block, width, x.size - width
        transform_few_rows(x, places, out, places, plan, room, there)
        for row in range(block, min(block + lanes * width, x.size), width):
            for c in range(0, width, 2 * lanes):
                scale(out, row + c, factors, c // 2)
        transform_few_rows(out, places, out, places, plan, room, back)


@compiled
def _move_rows(x, data, mask, step, out, plan, room, there, back):
    width, lanes = 2 * plan.size, lane_count(room)
    for block in range(0, x.size, lanes * width):
        places = block, width, x.size - width
        transform_few_rows(x, places, out, places, plan, room, there)
        for row in range(block, min(block + lanes * width, x.size), width):
            for c in range(0, width, 2 * lanes):
                move(out, row + c, data, row + c, mask, c // 2, step)
        transform_few_rows(out, places, out, places, plan, room, back)


@compiled
def _scale_images(x, factors, out, columns, rows, room, there, back):
    width = 2 * rows.size
    work, pitch = work_place(columns, rows, room)
    for image in range(0, x.size, columns.size * width):
        transform_all_rows(x, image, width, room, work, pitch, columns, rows, room, there)
        for c in range(0, width, 2 * lane_count(room)):
            places = work + c, pitch
            transform_few_columns(room, places, room, places, columns, room, there)
            for r in range(columns.size):
                at = (image + r * width + c) // 2 % factors.size
                scale(room, work + r * pitch + c, factors, at)
            transform_few_columns(room, places, room, places, columns, room, back)
        transform_all_rows(room, work, pitch, out, image, width, columns, rows, room, back)


@compiled
def _split_images(x, data, inside, factors, out, sums, columns, rows, room, there, back):
    width, lanes = 2 * rows.size, lane_count(room)
    work, pitch = work_place(columns, rows, room)
    for image in range(0, x.size, columns.size * width):
        total = image // (columns.size * width) * 2 * lanes
        transform_all_rows(x, image, width, room, work, pitch, columns, rows, room, there)
        for c in range(0, width, 2 * lanes):
            places = work + c, pitch
            transform_few_columns(room, places, room, places, columns, room, there)
            for r in range(columns.size):
                k, at = work + r * pitch + c, r * width + c
                kept = (at if inside.size > rows.size else c) // 2
                left = (at if factors.size > rows.size else c) // 2
                tally(room, k, data, image + at, inside, kept, sums, total)
                scale(room, k, factors, left)
            transform_few_columns(room, places, room, places, columns, room, back)
        transform_all_rows(room, work, pitch, out, image, width, columns, rows, room, back)


@compiled
def _filter_images(x, factors, offsets, out, columns, rows, room, there, back):
    width = 2 * rows.size
    work, pitch = work_place(columns, rows, room)
    for image in range(0, x.size, columns.size * width):
        factor = image // 2 % factors.size
        transform_all_rows(x, image, width, room, work, pitch, columns, rows, room, there)
        for c in range(0, width, 2 * lane_count(room)):
            places = work + c, pitch
            transform_few_columns(room, places, room, places, columns, room, there)
            for r in range(columns.size):
                k, at = work + r * pitch + c, r * width + c
                scale_and_add(room, k, factors, factor + at // 2, offsets, image + at)
            transform_few_columns(room, places, room, places, columns, room, back)
        transform_all_rows(room, work, pitch, out, image, width, columns, rows, room, back)


@compiled
def _move_images(x, data, mask, step, out, columns, rows, room, there, back):
    width = 2 * rows.size
    work, pitch = work_place(columns, rows, room)
    for image in range(0, x.size, columns.size * width):
        transform_all_rows(x, image, width, room, work, pitch, columns, rows, room, there)
        for c in range(0, width, 2 * lane_count(room)):
            places = work + c, pitch
            transform_few_columns(room, places, room, places, columns, room, there)
            for r in range(columns.size):
                k, at = work + r * pitch + c, r * width + c
                move(room, k, data, image + at, mask, at // 2 % mask.size, step)
            transform_few_columns(room, places, room, places, columns, room, back)
        transform_all_rows(room, work, pitch, out, image, width, columns, rows, room, back)
