"""Vector instructions for wavelets: the weighted sums of rows that a pair of filters makes.

A few vectors of both sums are made side by side, so that a weight is fetched once for all of them.
Of a row that does not fill vectors, the last ones are made twice.
"""

from collections.abc import Callable

from numba.core import cgutils

from csmri.kernels.numba_vectors import Lanes, Memory, Position, instruction

MANY = 4  # vectors of either sum; with those of the rows and a weight they fill 13 registers


@instruction
def split_down(x, rows, weights, taps, phases, low, high, gap, count):
    """Both filters' sums of rows of x: even pixels to `low` or `high`, odd ones a gap further.

    The rows begin at `rows` and have `count` numbers, at least two vectors.
    """
    n = x.lanes

    def some(first: Position, vectors: int) -> None:
        bands = _sums(x, rows, first, weights, taps, vectors)
        for place, sums in zip((low + first // 2, high + first // 2), bands, strict=True):
            for v in range(0, vectors, 2):
                for phase in range(2):
                    pixels = [part for k in range(phase, n, 2) for part in (2 * k, 2 * k + 1)]
                    chosen = sums[v].mixed(sums[v + 1], pixels)
                    phases.store(chosen, place + gap * phase + v // 2 * n)

    _in_blocks(x, count, 2, some)


@instruction
def split_along(phases, start, windows, weights, taps, one, low, other, high, count):
    """Both filters' sums of windows into a row that begins at `start`, `count` numbers of each.

    The low band goes to the array `one` from `low` on, the high band to the other from `high` on.
    """

    def some(first: Position, vectors: int) -> None:
        bands = _sums(phases, windows, start + first, weights, taps, vectors)
        for array, place, sums in zip((one, other), (low, high), bands, strict=True):
            _store(sums, array, place + first)

    _in_blocks(phases, count, 1, some)


@instruction
def merge_along(bands, windows, weights, terms, rows, start, count):
    """Even and odd pixels of a row by turns, each the sum of windows, `count` numbers of either."""
    n = bands.lanes
    pairs = [(k, n // 2 + k) for k in range(n // 2)]
    order = [part for pair in pairs for k in pair for part in (2 * k, 2 * k + 1)]

    def some(first: Position, vectors: int) -> None:
        pixels = zip(*_sums(bands, windows, first, weights, terms, vectors), strict=True)
        halves = [even.mixed(odd, part) for even, odd in pixels for part in (order[:n], order[n:])]
        _store(halves, rows, start + first * 2)

    _in_blocks(bands, count, 1, some)


@instruction
def merge_down(rows, starts, weights, terms, x, even, odd, count):
    """Two rows of x, from `even` and `odd` on, both sums of the same rows, `count` numbers each."""

    def some(first: Position, vectors: int) -> None:
        pair = _sums(rows, starts, first, weights, terms, vectors)
        for place, sums in zip((even, odd), pair, strict=True):
            _store(sums, x, place + first)

    _in_blocks(rows, count, 1, some)


def _in_blocks(
    x: Memory, count: Position, least: int, some: Callable[[Position, int], None]
) -> None:
    """Code for `count` numbers: many vectors at a time, and of the rest the `least` there are."""
    block, step = MANY * x.lanes, least * x.lanes
    with cgutils.for_range(x.builder, (count // block).value) as loop:
        some(Position(x.builder, loop.index) * block, MANY)
    done = count // block * block
    with cgutils.for_range(x.builder, ((count - done + (step - 1)) // step).value) as loop:
        some((done + Position(x.builder, loop.index) * step).at_most(count - step), least)


def _sums(
    z: Memory, starts: Memory, first: Position, weights: Memory, terms: Position, count: int
) -> list[list[Lanes]]:
    """Σ over j of weights[b terms + j] · z[starts[j] + first + …] for the filters b = 0 and 1."""
    builder, zero = z.builder, z.zero().value
    totals = [[cgutils.alloca_once_value(builder, zero) for _ in range(count)] for _ in range(2)]
    with cgutils.for_range(builder, terms.value) as loop:
        j = Position(builder, loop.index)
        place = starts.whole(j) + first
        vectors = [z.load(place + v * z.lanes) for v in range(count)]
        for b, filtered in enumerate(totals):
            weight = weights.spread(j + terms * b)
            for vector, total in zip(vectors, filtered, strict=True):
                grown = Lanes(builder, builder.load(total)) + vector * weight
                builder.store(grown.value, total)
    return [[Lanes(builder, builder.load(total)) for total in filtered] for filtered in totals]


def _store(vectors: list[Lanes], array: Memory, start: Position) -> None:
    for v, vector in enumerate(vectors):
        array.store(vector, start + v * array.lanes)
