"""Fourier transforms of images whose sides have small factors, and what happens between two.

A few rows, or columns, at a time are brought side by side into a buffer that stays in the fastest
cache, transformed there in place, which leaves their frequencies in an order of its own, and
brought back from where they are. Between two transforms of the same lines these stay in the cache.
"""

from functools import cache
from typing import Any, NamedTuple

import numpy as np

from csmri.arrays import Array
from csmri.kernels.compilation import compiled, real_type
from csmri.kernels.numba_lanes import (
    BYTES,
    butterfly,
    columns_to_lanes,
    lanes_to_columns,
    lanes_to_rows,
    move,
    rows_to_lanes,
    scale_and_add,
    turning_butterfly,
)
from csmri.kernels.scratch import LINE, scratch

RADICES = (8, 7, 5, 3, 4, 2)


class Plan(NamedTuple):
    """How lines of one length are transformed in a buffer of lanes.

    The radices of the stages, what they turn results by, where in the buffer each frequency is
    found in the end, and what makes the transform unitary.
    """

    size: int
    radices: np.ndarray
    twiddles: np.ndarray
    places: np.ndarray
    scale: Any


@cache
def plan(size: int, number: Any) -> Plan | None:
    """The plan for lines of a length, in a precision; None where a larger prime divides it."""
    radices, rest = [], size
    for radix in RADICES:
        while rest % radix == 0:
            radices.append(radix)
            rest //= radix
    if rest > 1:
        return None
    turns, order, length = [np.zeros(0)], np.zeros(1, np.int64), size
    for radix in radices:
        block = length // radix
        turns.append(np.outer(np.arange(block), np.arange(1, radix)).ravel() / length)
        order = (order + block * np.arange(radix)[:, None]).ravel()
        length = block
    twiddles = np.exp(-2j * np.pi * np.concatenate(turns)).view(float).astype(number)
    places = order * 2 * BYTES // np.dtype(number).itemsize
    return Plan(size, np.array(radices, np.int64), twiddles, places, number(size**-0.5))


def transform(x: Array, *, inverse: bool, columns: bool, out: Array | None) -> Array:
    """The unitary transform along the last axis where it is for columns, or along the last two."""
    out = np.empty_like(x) if out is None else out
    images, targets = _images(x), _images(out)
    if columns:
        _transform_rows(images, targets, _plans(x)[1], _room(x), inverse)
    else:
        _transform_images(images, targets, *_plans(x), _room(x), inverse)
    return out


def filter_add(x: Array, factor: Array, offset: Array) -> Array:
    """The twin of `spectra.filter_add`'s definition."""
    out = np.empty_like(x)
    factors = factor.reshape(-1, *factor.shape[-2:])
    _filter_images(_images(x), factors, _images(offset), _images(out), *_plans(x), _room(x))
    return out


def move_to_data(
    x: Array, data: Array, mask: Array, step: float, *, columns: bool, out: Array | None
) -> Array:
    """The twin of `spectra.move_to_data`'s definition."""
    out = np.empty_like(x) if out is None else out
    masks, number = mask.reshape(-1, mask.shape[-1]), real_type(x)
    images = _images(x), _images(data), masks, number(step), _images(out)
    if columns:
        _move_rows(*images, _plans(x)[1], _room(x))
    else:
        _move_images(*images, *_plans(x), _room(x))
    return out


def _images(x: Array) -> Array:
    """As (images, rows, 2 · columns) real numbers."""
    return x.view(real_type(x)).reshape(-1, x.shape[-2], 2 * x.shape[-1])


def _plans(x: Array) -> tuple[Any, Any]:
    """Those along columns and along rows."""
    return plan(x.shape[-2], real_type(x)), plan(x.shape[-1], real_type(x))


def _room(x: Array) -> Array:
    """A buffer of lanes, and an image whose rows are a little longer than they need be.

    Where rows are powers of two apart, those of a column want the same few places in the cache. The
    memory is that of real numbers: who calls may hold some of complex ones.
    """
    height, width, number = x.shape[-2], x.shape[-1], real_type(x)
    size = np.dtype(number).itemsize
    lanes = 2 * BYTES // size * max(height, width)
    return scratch(lanes + height * (2 * width + LINE // size), number)


@compiled
def _transform_rows(images, targets, plan, room, inverse):
    count, height, width = images.shape
    rows = count * height
    for row in range(0, rows, _lanes(room)):
        places = row * width, width, (rows - 1) * width
        _rows(images, places, targets, places, plan, room, inverse)


@compiled
def _transform_images(images, targets, columns, rows, room, inverse):
    count, height, width = images.shape
    work, pitch = _work(room, height, width)
    for i in range(count):
        _all_rows(
            images, i * height * width, width, room, work, pitch, columns, rows, room, inverse
        )
        for c in range(0, width, 2 * _lanes(room)):
            target = i * height * width + c, width
            _columns(room, (work + c, pitch), targets, target, columns, room, inverse)


@compiled
def _filter_images(images, factors, offsets, targets, columns, rows, room):
    count, height, width = images.shape
    work, pitch = _work(room, height, width)
    lanes = _lanes(room)
    for i in range(count):
        image, factor = i * height * width, i % factors.shape[0] * height * width // 2
        _all_rows(images, image, width, room, work, pitch, columns, rows, room, False)
        for c in range(0, width, 2 * lanes):
            block = work + c, pitch
            _columns(room, block, room, block, columns, room, False)
            for r in range(height):
                place = r * width + c
                scale_and_add(
                    room, work + r * pitch + c, factors, factor + place // 2, offsets, image + place
                )
            _columns(room, block, room, block, columns, room, True)
        _all_rows(room, work, pitch, targets, image, width, columns, rows, room, True)


@compiled
def _move_rows(images, data, masks, step, targets, plan, room):
    count, height, width = images.shape
    lanes = _lanes(room)
    for i in range(count):
        image = i * height * width
        for row in range(0, height, lanes):
            places = image + row * width, width, image + (height - 1) * width
            _rows(images, places, targets, places, plan, room, False)
            for r in range(row, min(row + lanes, height)):
                for c in range(0, width, 2 * lanes):
                    flags = (r % masks.shape[0]) * width // 2 + c // 2
                    place = image + r * width + c
                    move(targets, place, data, place, masks, flags, step)
            _rows(targets, places, targets, places, plan, room, True)


@compiled
def _move_images(images, data, masks, step, targets, columns, rows, room):
    count, height, width = images.shape
    work, pitch = _work(room, height, width)
    for i in range(count):
        image = i * height * width
        _all_rows(images, image, width, room, work, pitch, columns, rows, room, False)
        for c in range(0, width, 2 * _lanes(room)):
            block = work + c, pitch
            _columns(room, block, room, block, columns, room, False)
            for r in range(height):
                flags = (r % masks.shape[0]) * width // 2 + c // 2
                place = work + r * pitch + c
                move(room, place, data, image + r * width + c, masks, flags, step)
            _columns(room, block, room, block, columns, room, True)
        _all_rows(room, work, pitch, targets, image, width, columns, rows, room, True)


@compiled
def _lanes(room):
    """How many lines are transformed side by side."""
    return BYTES // room.itemsize


@compiled
def _work(room, height, width):
    """Where the image in the room begins, and how far apart its rows are."""
    return 2 * _lanes(room) * max(height, width // 2), width + LINE // room.itemsize


@compiled
def _all_rows(source, first, pitch, target, begin, stride, columns, rows, room, inverse):
    for r in range(0, columns.size, _lanes(room)):
        last = columns.size - 1
        places = first + r * pitch, pitch, first + last * pitch
        goals = begin + r * stride, stride, begin + last * stride
        _rows(source, places, target, goals, rows, room, inverse)


@compiled
def _rows(source, places, target, goals, plan, room, inverse):
    """Transform as many rows as there are lanes, or those that are left of them."""
    first, pitch, last = places
    begin, stride, end = goals
    lanes = _lanes(room)
    re, im = _parts(lanes, inverse)
    for c in range(0, 2 * plan.size, lanes):
        rows_to_lanes(source, first + c, pitch, last + c, room, re + c * lanes, im + c * lanes)
    _transform_lanes(room, plan)
    for c in range(0, 2 * plan.size, lanes):
        goal = begin + c
        lanes_to_rows(room, plan.places, c // 2, re, im, plan.scale, target, goal, stride, end + c)


@compiled
def _columns(source, places, target, goals, plan, room, inverse):
    """Transform as many columns as there are lanes."""
    first, pitch = places
    begin, stride = goals
    lanes = _lanes(room)
    re, im = _parts(lanes, inverse)
    for r in range(plan.size):
        columns_to_lanes(source, first + r * pitch, room, re + 2 * r * lanes, im + 2 * r * lanes)
    _transform_lanes(room, plan)
    for r in range(plan.size):
        k = plan.places[r]
        lanes_to_columns(room, re + k, im + k, plan.scale, target, begin + r * stride)


@compiled
def _parts(lanes, inverse):
    """Where real and imaginary parts go: the inverse is the transform with both swapped."""
    return (lanes, 0) if inverse else (0, lanes)


def _stage(radix: int) -> Any:
    """A stage: from transforms of one length to those of a `radix`-th of it, times as many."""

    @compiled
    def stage(room, size, length, twiddles, at):
        sample = 2 * _lanes(room)
        block = length // radix
        for start in range(0, size, length):
            butterfly(radix, room, start * sample, block * sample)
        for p in range(1, block):
            at += 2 * (radix - 1)
            for start in range(0, size, length):
                place = (start + p) * sample
                turning_butterfly(radix, room, place, block * sample, twiddles, at)
        return at + 2 * (radix - 1)

    return stage


_stage_2, _stage_3, _stage_4, _stage_5, _stage_7, _stage_8 = map(_stage, sorted(RADICES))


@compiled
def _transform_lanes(room, plan):
    """Transform the lanes in the buffer (Gentleman and Sande, 1966: decimation in frequency)."""
    size, length, twiddles, at = plan.size, plan.size, plan.twiddles, 0
    for radix in plan.radices:
        if radix == 8:
            at = _stage_8(room, size, length, twiddles, at)
        elif radix == 7:
            at = _stage_7(room, size, length, twiddles, at)
        elif radix == 5:
            at = _stage_5(room, size, length, twiddles, at)
        elif radix == 4:
            at = _stage_4(room, size, length, twiddles, at)
        elif radix == 3:
            at = _stage_3(room, size, length, twiddles, at)
        else:
            at = _stage_2(room, size, length, twiddles, at)
        length //= radix
