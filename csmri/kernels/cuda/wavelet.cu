// One level of the periodised orthonormal wavelet transform, along the rows or down the columns of
// the top left rows × columns of each image, which is height × width in memory. A thread makes the
// two numbers that share their inputs. `LENGTH`, `HALF` and the filter `lowpass` are defined before
// this is read, so that the loops over the filter unroll.

__device__ inline real highpass(int j) {
    return j % 2 ? lowpass[LENGTH - 1 - j] : -lowpass[LENGTH - 1 - j];
}

// k modulo n, for k that is not far outside.
__device__ inline int wrapped(int k, int n) {
    while (k < 0) k += n;
    while (k >= n) k -= n;
    return k;
}

// low[k] = Σⱼ h[j] x[2k + L/2 − j] and high[k] likewise, of numbers `stride` apart.
__device__ inline pair split(const number* x, int k, int n, int stride) {
    number low = {0, 0}, high = {0, 0};
#pragma unroll
    for (int j = 0; j < LENGTH; j++) {
        number value = x[(long long)wrapped(2 * k + HALF - j, n) * stride];
        low = low + lowpass[j] * value;
        high = high + highpass(j) * value;
    }
    return {low, high};
}

// x[2m] and x[2m + 1]: x[n] = Σₖ h[2k + L/2 − n] low[k] + g[2k + L/2 − n] high[k].
__device__ inline pair merge(const number* low, const number* high, int m, int n, int stride) {
    number even = {0, 0}, odd = {0, 0};
#pragma unroll
    for (int j = 0; j < LENGTH; j++) {
        int parity = (j + HALF) % 2;  // x[2m + parity] meets low[m + (j + parity − L/2)/2]
        long long k = (long long)wrapped(m + (j + parity - HALF) / 2, n / 2) * stride;
        number term = lowpass[j] * low[k] + highpass(j) * high[k];
        if (parity)
            odd = odd + term;
        else
            even = even + term;
    }
    return {even, odd};
}

// Rows are split into low | high.
extern "C" __global__ void split_rows(number* __restrict__ c, const number* __restrict__ x,
                                      int height, int width, int rows, int halves) {
    place at = find(rows, halves);
    if (!at.found) return;
    long long row = entry(at.image, at.i, 0, height, width);
    pair parts = split(x + row, at.j, 2 * halves, 1);
    c[row + at.j] = parts.down;
    c[row + at.j + halves] = parts.right;
}

// What becomes of a coefficient that no further level splits. Where a state is given, it goes
// alpha times the way from its shrunk self to the coefficient, and is reflected at its new shrunk
// self; the coefficient alone is shrunk.
__device__ inline number finished(number value, number* state, real threshold, real alpha) {
    if (!state) return shrink(value, threshold);
    number moved = *state + alpha * (value - shrink(*state, threshold));
    *state = moved;
    return real(2) * shrink(moved, threshold) - moved;
}

// Columns are split into low over high; details (or at the last level everything) are finished.
extern "C" __global__ void split_columns(number* __restrict__ c, const number* __restrict__ x,
                                         number* __restrict__ state, const real* thresholds,
                                         real threshold, real alpha, int finishes, int last,
                                         int height, int width, int halves, int columns) {
    place at = find(halves, columns);
    if (!at.found) return;
    long long column = entry(at.image, 0, at.j, height, width);
    long long low = column + (long long)at.i * width;
    long long high = column + (long long)(at.i + halves) * width;
    pair parts = split(x + column, at.i, 2 * halves, width);
    if (finishes) {
        threshold = of_image(thresholds, threshold, at.image);
        if (last || at.j >= columns / 2)
            parts.down = finished(parts.down, state ? state + low : state, threshold, alpha);
        parts.right = finished(parts.right, state ? state + high : state, threshold, alpha);
    }
    c[low] = parts.down;
    c[high] = parts.right;
}

// Columns are put together again; the coarse quarter is read from where it was made.
extern "C" __global__ void merge_columns(number* __restrict__ x, const number* __restrict__ c,
                                         const number* __restrict__ coarse, int height, int width,
                                         int halves, int columns) {
    place at = find(halves, columns);
    if (!at.found) return;
    long long column = entry(at.image, 0, at.j, height, width);
    const number* low = (at.j < columns / 2 ? coarse : c) + column;
    pair parts = merge(low, c + column + (long long)halves * width, at.i, 2 * halves, width);
    x[column + (long long)(2 * at.i) * width] = parts.down;
    x[column + (long long)(2 * at.i + 1) * width] = parts.right;
}

// Rows are put together again.
extern "C" __global__ void merge_rows(number* __restrict__ x, const number* __restrict__ c,
                                      int height, int width, int rows, int halves) {
    place at = find(rows, halves);
    if (!at.found) return;
    long long row = entry(at.image, at.i, 0, height, width);
    pair parts = merge(c + row, c + row + halves, at.j, 2 * halves, 1);
    long long k = row + 2 * at.j;
    x[k] = parts.down;
    x[k + 1] = parts.right;
}
