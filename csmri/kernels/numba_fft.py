"""Fourier transforms of images whose sides have small factors, and what happens between two.

A few rows, or columns, at a time are brought side by side into a buffer that stays in the fastest
cache, transformed there in place, which leaves their frequencies in an order of its own, and
brought back from where they are.
"""

from functools import cache
from typing import Any, NamedTuple

import numpy as np

from csmri.arrays import Array
from csmri.kernels.compilation import BYTES, compiled, real_type
from csmri.kernels.numba_lanes import (
    butterfly,
    columns_to_lanes,
    lanes_to_columns,
    lanes_to_rows,
    rows_to_lanes,
    turning_butterfly,
)
from csmri.kernels.scratch import LINE, scratch

RADICES = (8, 7, 5, 3, 4, 2)


class Plan(NamedTuple):
    """How lines of one length are transformed in a buffer of lanes.

    Each stage has a radix, and a place in the table of what it turns results by. In the end every
    frequency has its place in the buffer, and a scale that makes the transform unitary.
    """

    size: int
    stages: np.ndarray
    twiddles: np.ndarray
    places: np.ndarray
    scale: Any


def plan(size: int, number: Any) -> Plan | None:
    """The plan for lines of a length, in a precision; None where a larger prime divides it."""
    stages, turns, order, length = [], [np.zeros(0)], np.zeros(1, np.int64), size
    for radix in RADICES:
        while length % radix == 0:
            stages.append((radix, 2 * sum(map(np.size, turns))))
            length //= radix
            turns.append(np.outer(np.arange(length), np.arange(1, radix)) / (length * radix))
            order = (order + length * np.arange(radix)[:, None]).ravel()
    if length > 1:
        return None
    angles = np.concatenate([turn.ravel() for turn in turns])
    twiddles = np.exp(-2j * np.pi * angles).view(float).astype(number)
    places = order * 2 * BYTES // np.dtype(number).itemsize
    pairs = np.array(stages, np.int64).reshape(-1, 2)
    return Plan(size, pairs, twiddles, places, number(size**-0.5))


def transform(x: Array, *, inverse: bool, columns: bool, out: Array | None) -> Array:
    """The unitary transform along the last axis where it is for columns, or along the last two."""
    out = np.empty_like(x) if out is None else out
    if columns:
        _transform_rows(numbers(x), numbers(out), *tools(x)[1:], inverse)
    else:
        _transform_images(numbers(x), numbers(out), *tools(x), inverse)
    return out


def numbers(x: Array) -> Array:
    """As one line of real numbers."""
    return x.reshape(-1).view(real_type(x))


def tools(x: Array) -> tuple[Plan, Plan, Array]:
    """The plans along columns and along rows, and a room to work in.

    The room is a buffer of lanes, and an image whose rows are a little longer than they need be:
    where rows are powers of two apart, those of a column want the same few places in the cache. Its
    memory is that of real numbers: who calls may hold some of complex ones.
    """
    number = real_type(x)
    columns, rows, size = _plans_and_size(x.shape[-2], x.shape[-1], number)
    return columns, rows, scratch(size, number)


@cache
def _plans_and_size(height: int, width: int, number: Any) -> tuple[Any, Any, int]:
    """Both plans, and how many numbers the room holds."""
    size = np.dtype(number).itemsize
    lanes = 2 * BYTES // size * max(height, width)
    numbers = lanes + height * (2 * width + LINE // size)
    return plan(height, number), plan(width, number), numbers


@compiled
def _transform_rows(x, out, plan, room, inverse):
    width, lanes = 2 * plan.size, lane_count(room)
    for row in range(0, x.size, lanes * width):
        places = row, width, x.size - width
        transform_few_rows(x, places, out, places, plan, room, inverse)


@compiled
def _transform_images(x, out, columns, rows, room, inverse):
    width = 2 * rows.size
    work, pitch = work_place(columns, rows, room)
    for image in range(0, x.size, columns.size * width):
        transform_all_rows(x, image, width, room, work, pitch, columns, rows, room, inverse)
        for c in range(0, width, 2 * lane_count(room)):
            places, goals = (work + c, pitch), (image + c, width)
            transform_few_columns(room, places, out, goals, columns, room, inverse)


@compiled
def lane_count(room):
    """How many lines are transformed side by side."""
    return BYTES // room.itemsize


@compiled
def work_place(columns, rows, room):
    """Where the image in the room begins, and how far apart its rows are."""
    begin = 2 * lane_count(room) * max(columns.size, rows.size)
    return begin, 2 * rows.size + LINE // room.itemsize


@compiled
def transform_all_rows(source, first, pitch, target, begin, stride, columns, rows, room, inverse):
    """Transform the rows of an image, `pitch` numbers apart, to rows that are `stride` apart."""
    for r in range(0, columns.size, lane_count(room)):
        last = columns.size - 1
        places = first + r * pitch, pitch, first + last * pitch
        goals = begin + r * stride, stride, begin + last * stride
        transform_few_rows(source, places, target, goals, rows, room, inverse)


@compiled
def transform_few_rows(source, places, target, goals, plan, room, inverse):
    """Transform as many rows as there are lanes, or those that are left of them."""
    first, pitch, last = places
    begin, stride, end = goals
    lanes = lane_count(room)
    re, im = _parts(lanes, inverse)
    for c in range(0, 2 * plan.size, lanes):
        rows_to_lanes(source, first + c, pitch, last + c, room, re + c * lanes, im + c * lanes)
    _transform_lanes(room, plan)
    for c in range(0, 2 * plan.size, lanes):
        goal = begin + c
        lanes_to_rows(room, plan.places, c // 2, re, im, plan.scale, target, goal, stride, end + c)


@compiled
def transform_few_columns(source, places, target, goals, plan, room, inverse):
    """Transform as many columns as there are lanes."""
    first, pitch = places
    begin, stride = goals
    lanes = lane_count(room)
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
        sample = 2 * lane_count(room)
        block = length // radix
        for start in range(0, size, length):
            butterfly(radix, room, start * sample, block * sample)
        for p in range(1, block):
            turns = at + p * 2 * (radix - 1)
            for start in range(0, size, length):
                place = (start + p) * sample
                turning_butterfly(radix, room, place, block * sample, twiddles, turns)

    return stage


_stage_2, _stage_3, _stage_4, _stage_5, _stage_7, _stage_8 = map(_stage, sorted(RADICES))


@compiled
def _transform_lanes(room, plan):
    """Transform the lanes in the buffer (Gentleman and Sande, 1966: decimation in frequency)."""
    length = plan.size
    for k in range(plan.stages.shape[0]):
        radix, at = plan.stages[k]
        if radix == 8:
            _stage_8(room, plan.size, length, plan.twiddles, at)
        elif radix == 7:
            _stage_7(room, plan.size, length, plan.twiddles, at)
        elif radix == 5:
            _stage_5(room, plan.size, length, plan.twiddles, at)
        elif radix == 4:
            _stage_4(room, plan.size, length, plan.twiddles, at)
        elif radix == 3:
            _stage_3(room, plan.size, length, plan.twiddles, at)
        else:
            _stage_2(room, plan.size, length, plan.twiddles, at)
        length //= radix
