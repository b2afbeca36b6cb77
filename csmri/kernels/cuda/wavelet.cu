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

// Columns are split into low over high, and details (or at the last level everything) shrunk.
extern "C" __global__ void split_columns(number* __restrict__ c, const number* __restrict__ x,
                                         const real* thresholds, real threshold, int shrinks,
                                         int last, int height, int width, int halves, int columns) {
    place at = find(halves, columns);
    if (!at.found) return;
    long long column = entry(at.image, 0, at.j, height, width);
    pair parts = split(x + column, at.i, 2 * halves, width);
    if (shrinks) {
        threshold = of_image(thresholds, threshold, at.image);
        if (last || at.j >= columns / 2) parts.down = shrink(parts.down, threshold);
        parts.right = shrink(parts.right, threshold);
    }
    c[column + (long long)at.i * width] = parts.down;
    c[column + (long long)(at.i + halves) * width] = parts.right;
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

// Rows are put together again; where t is given, it is 2x − w.
extern "C" __global__ void merge_rows(number* __restrict__ x, const number* __restrict__ c,
                                      number* __restrict__ t, const number* __restrict__ w,
                                      int height, int width, int rows, int halves) {
    place at = find(rows, halves);
    if (!at.found) return;
    long long row = entry(at.image, at.i, 0, height, width);
    pair parts = merge(c + row, c + row + halves, at.j, 2 * halves, 1);
    long long k = row + 2 * at.j;
    x[k] = parts.down;
    x[k + 1] = parts.right;
    if (!t) return;
    t[k] = real(2) * parts.down - w[k];
    t[k + 1] = real(2) * parts.right - w[k + 1];
}
