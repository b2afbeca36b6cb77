"""Vector instructions for Fourier transforms: butterflies, and ways between images and lanes.

A lane is a line of an image, a row or a column. As many lines are transformed side by side as a
vector holds numbers: in a buffer the n-th samples of all of them lie beside each other, the real
parts and then the imaginary ones, so that every instruction works on a full vector.
"""

from csmri.kernels.butterflies import Complex, dft
from csmri.kernels.numba_vectors import Lanes, Memory, Position, instruction


@instruction
def butterfly(radix, room, first, step):
    """Transform the `radix` samples at first, first + step, … in place."""
    _store(dft(_load(radix, room, first, step)), room, first, step)


@instruction
def turning_butterfly(radix, room, first, step, twiddles, at):
    """The same, and all results but the first times a complex number of the table."""
    x = dft(_load(radix, room, first, step))
    for k in range(1, radix.known):
        re = at + 2 * (k - 1)
        x[k] = x[k].turned(Complex(twiddles.spread(re), twiddles.spread(re + 1)))
    _store(x, room, first, step)


def _load(radix: Position, room: Memory, first: Position, step: Position) -> list[Complex]:
    places = [first + step * k for k in range(radix.known)]
    return [Complex(room.load(re), room.load(re + room.lanes)) for re in places]


def _store(x: list[Complex], room: Memory, first: Position, step: Position) -> None:
    for k, number in enumerate(x):
        re = first + step * k
        room.store(number.re, re)
        room.store(number.im, re + room.lanes)


@instruction
def rows_to_lanes(image, first, pitch, last, buffer, re, im):
    """The next few columns, half as many as lanes, of the rows first, first + pitch, … last."""
    rows = [image.load(place) for place in _rows(image, first, pitch, last)]
    for k, lanes in enumerate(transposed(rows)):
        buffer.store(lanes, (im if k % 2 else re) + k // 2 * 2 * buffer.lanes)


@instruction
def lanes_to_rows(buffer, places, k, re, im, scale, image, first, pitch, last):
    """The way back, from the places number k, k + 1, … and all numbers times `scale`."""
    scales, columns = buffer.filled(scale), []
    for more in range(buffer.lanes // 2):
        place = places.whole(k + more)
        columns += [buffer.load(place + re) * scales, buffer.load(place + im) * scales]
    for row, place in zip(transposed(columns), _rows(image, first, pitch, last), strict=True):
        image.store(row, place)


def _rows(image: Memory, first: Position, pitch: Position, last: Position) -> list[Position]:
    """Where as many rows begin as there are lanes; beyond the last one it comes again."""
    places = [first]
    for _ in range(image.lanes - 1):
        places.append((places[-1] + pitch).at_most(last))
    return places


@instruction
def columns_to_lanes(image, place, buffer, re, im):
    """One row of as many columns as lanes."""
    a, b, n = image.load(place), image.load(place + image.lanes), image.lanes
    buffer.store(a.mixed(b, list(range(0, 2 * n, 2))), re)
    buffer.store(a.mixed(b, list(range(1, 2 * n, 2))), im)


@instruction
def lanes_to_columns(buffer, re, im, scale, image, place):
    """The way back, all numbers times `scale`."""
    scales, n = buffer.filled(scale), buffer.lanes
    a, b = buffer.load(re) * scales, buffer.load(im) * scales
    order = [place for k in range(n) for place in (k, n + k)]
    image.store(a.mixed(b, order[:n]), place)
    image.store(a.mixed(b, order[n:]), place + n)


@instruction
def scale(image, place, factors, at):
    """As many complex numbers of a row as there are lanes: times a real factor each."""
    for k, factor in _halves(image, factors.load(at)):
        image.store(image.load(place + k) * factor, place + k)


@instruction
def tally(image, place, data, begin, weights, at, sums, total):
    """As many complex numbers a of a row as there are lanes, each with a weight w of 0 or 1.

    To the sums from `total` on are added those of w |a|², and then of w Re(a* d) with data d, each
    in as many parts as a vector has.
    """
    energies, overlaps = sums.load(total), sums.load(total + sums.lanes)
    for k, weight in _halves(image, weights.load(at)):
        number = image.load(place + k) * weight
        energies, overlaps = energies + number * number, overlaps + number * data.load(begin + k)
    sums.store(energies, total)
    sums.store(overlaps, total + sums.lanes)


@instruction
def scale_and_add(image, place, factors, at, offsets, begin):
    """The same, plus an offset."""
    for k, factor in _halves(image, factors.load(at)):
        image.store(image.load(place + k) * factor + offsets.load(begin + k), place + k)


@instruction
def move(image, place, data, begin, mask, at, step):
    """As many complex numbers of a row as there are lanes: to the data where the mask is true."""
    for k, weight in _halves(image, mask.chosen(at, step, image)):
        before = image.load(place + k)
        image.store(before + (data.load(begin + k) - before) * weight, place + k)


def _halves(image: Memory, numbers: Lanes) -> list[tuple[int, Lanes]]:
    """Numbers for complex ones, each twice, in two vectors; and where these belong."""
    half = image.lanes // 2
    twice = [k // 2 for k in range(2 * image.lanes)]
    return [
        (0, numbers.mixed(numbers, twice[: 2 * half])),
        (2 * half, numbers.mixed(numbers, twice[2 * half :])),
    ]


def transposed(rows: list[Lanes]) -> list[Lanes]:
    """From as many vectors as a vector has numbers those of each lane.

    The numbers off the diagonal change places in blocks of n/2, then n/4, … 1.
    """
    n, block = len(rows), len(rows) // 2
    while block:
        upper = [j + n - block if j & block else j for j in range(n)]
        lower = [j + n if j & block else j + block for j in range(n)]
        for i in range(n):
            if not i & block:
                a, b = rows[i], rows[i + block]
                rows[i], rows[i + block] = a.mixed(b, upper), a.mixed(b, lower)
        block //= 2
    return rows
