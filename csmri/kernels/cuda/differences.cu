// Total variation's iterations, each in one pass: a pixel's thread makes the new state there, and
// once more at the pixels above and to the left, whose differences its ∇ᴴ needs. So nothing is
// written over before all have read it, and memory is read once, by way of the caches.

// ∇x at a pixel; across the border it wraps around or is 0.
__device__ inline pair differences(const number* x, place at, int rows, int columns,
                                   int periodic) {
    number here = x[entry(at.image, at.i, at.j, rows, columns)];
    int below = at.i + 1 < rows ? at.i + 1 : (periodic ? 0 : at.i);
    int ahead = at.j + 1 < columns ? at.j + 1 : (periodic ? 0 : at.j);
    return {x[entry(at.image, below, at.j, rows, columns)] - here,
            x[entry(at.image, at.i, ahead, rows, columns)] - here};
}

// Both directions of a pixel; the second is `rows` rows further on.
__device__ inline pair load(const number* p, place at, int rows, int columns) {
    long long k = entry(2 * at.image, at.i, at.j, rows, columns);
    return {p[k], p[k + (long long)rows * columns]};
}

__device__ inline void store(number* p, pair value, place at, int rows, int columns) {
    long long k = entry(2 * at.image, at.i, at.j, rows, columns);
    p[k] = value.down;
    p[k + (long long)rows * columns] = value.right;
}

__device__ inline place above(place at, int rows) {
    at.i = at.i > 0 ? at.i - 1 : rows - 1;
    return at;
}

__device__ inline place left(place at, int columns) {
    at.j = at.j > 0 ? at.j - 1 : columns - 1;
    return at;
}

// ∇ᴴ at a pixel, of differences there, above and to the left; beyond the border they are 0.
__device__ inline number adjoint(pair here, number above, number left, place at, int rows,
                                 int columns, int periodic) {
    number none = {0, 0};
    if (!periodic) {
        if (at.i == 0) above = none;
        if (at.j == 0) left = none;
        if (at.i == rows - 1) here.down = none;
        if (at.j == columns - 1) here.right = none;
    }
    return (above - here.down) + (left - here.right);
}

// w + α(∇x − shrink(w))
__device__ inline pair relaxed(const number* w, const number* x, place at, real threshold,
                               real alpha, int isotropic, int periodic, int rows, int columns) {
    pair old = load(w, at, rows, columns);
    pair z = shrink(old, threshold, isotropic);
    pair slope = differences(x, at, rows, columns, periodic);
    return {old.down + alpha * (slope.down - z.down), old.right + alpha * (slope.right - z.right)};
}

// 2 shrink(w) − w
__device__ inline pair reflected(pair w, real threshold, int isotropic) {
    pair z = shrink(w, threshold, isotropic);
    return {real(2) * z.down - w.down, real(2) * z.right - w.right};
}

// w_next = w + α(∇x − shrink(w)) and t = ∇ᴴ(2 shrink(w_next) − w_next).
extern "C" __global__ void shrink_relax(number* __restrict__ w_next, number* __restrict__ t,
                                        const number* __restrict__ w,
                                        const number* __restrict__ x, const real* thresholds,
                                        real threshold, real alpha, int isotropic, int periodic,
                                        int rows, int columns) {
    place at = find(rows, columns);
    if (!at.found) return;
    threshold = of_image(thresholds, threshold, at.image);
    pair here = relaxed(w, x, at, threshold, alpha, isotropic, periodic, rows, columns);
    pair up = relaxed(w, x, above(at, rows), threshold, alpha, isotropic, periodic, rows, columns);
    pair back =
        relaxed(w, x, left(at, columns), threshold, alpha, isotropic, periodic, rows, columns);
    store(w_next, here, at, rows, columns);
    t[entry(at.image, at.i, at.j, rows, columns)] =
        adjoint(reflected(here, threshold, isotropic), reflected(up, threshold, isotropic).down,
                reflected(back, threshold, isotropic).right, at, rows, columns, periodic);
}

// v + over (P v − v) with v = p + σ∇x and P the projection onto the ball of a radius.
__device__ inline pair projected(const number* p, const number* x, place at, real radius,
                                 real sigma, real over, int isotropic, int periodic, int rows,
                                 int columns) {
    pair v = load(p, at, rows, columns);
    pair slope = differences(x, at, rows, columns, periodic);
    v = {v.down + sigma * slope.down, v.right + sigma * slope.right};
    real first = sqrt(isotropic ? energy(v.down) + energy(v.right) : energy(v.down));
    real second = isotropic ? first : sqrt(energy(v.right));
    real one = 1;
    return {(first > radius ? one - over + over * radius / first : one) * v.down,
            (second > radius ? one - over + over * radius / second : one) * v.right};
}

// p_next = v + over (P v − v) with v = p + σ∇x, and t = ∇ᴴp_next.
extern "C" __global__ void dual_step(number* __restrict__ p_next, number* __restrict__ t,
                                     const number* __restrict__ p, const number* __restrict__ x,
                                     real radius, const real* sigmas, real sigma, real over,
                                     int isotropic, int periodic, int rows, int columns) {
    place at = find(rows, columns);
    if (!at.found) return;
    sigma = of_image(sigmas, sigma, at.image);
    pair here = projected(p, x, at, radius, sigma, over, isotropic, periodic, rows, columns);
    pair up = projected(p, x, above(at, rows), radius, sigma, over, isotropic, periodic, rows,
                        columns);
    pair back = projected(p, x, left(at, columns), radius, sigma, over, isotropic, periodic, rows,
                          columns);
    store(p_next, here, at, rows, columns);
    t[entry(at.image, at.i, at.j, rows, columns)] =
        adjoint(here, up.down, back.right, at, rows, columns, periodic);
}

// p = ∇x.
extern "C" __global__ void forward_differences(number* p, const number* x, int periodic, int rows,
                                               int columns) {
    place at = find(rows, columns);
    if (!at.found) return;
    store(p, differences(x, at, rows, columns, periodic), at, rows, columns);
}

// t = ∇ᴴp.
extern "C" __global__ void differences_adjoint(number* t, const number* p, int periodic, int rows,
                                               int columns) {
    place at = find(rows, columns);
    if (!at.found) return;
    t[entry(at.image, at.i, at.j, rows, columns)] =
        adjoint(load(p, at, rows, columns), load(p, above(at, rows), rows, columns).down,
                load(p, left(at, columns), rows, columns).right, at, rows, columns, periodic);
}

// z + ratio (w − z) where z = shrink(w), and twice z less that.
struct rescaled_pair {
    pair w, reflected;
};

__device__ inline rescaled_pair rescaled(const number* w, place at, real threshold, real ratio,
                                         int isotropic, int rows, int columns) {
    pair old = load(w, at, rows, columns);
    pair z = shrink(old, threshold, isotropic);
    pair dual = {ratio * (old.down - z.down), ratio * (old.right - z.right)};
    return {{z.down + dual.down, z.right + dual.right}, {z.down - dual.down, z.right - dual.right}};
}

// w_next = z + ratio (w − z) and t = ∇ᴴ(2z − w_next), where z = shrink(w).
extern "C" __global__ void rescale(number* __restrict__ w_next, number* __restrict__ t,
                                   const number* __restrict__ w, const real* thresholds,
                                   real threshold, const real* ratios, real ratio, int isotropic,
                                   int periodic, int rows, int columns) {
    place at = find(rows, columns);
    if (!at.found) return;
    threshold = of_image(thresholds, threshold, at.image);
    ratio = of_image(ratios, ratio, at.image);
    rescaled_pair here = rescaled(w, at, threshold, ratio, isotropic, rows, columns);
    rescaled_pair up = rescaled(w, above(at, rows), threshold, ratio, isotropic, rows, columns);
    rescaled_pair back = rescaled(w, left(at, columns), threshold, ratio, isotropic, rows, columns);
    store(w_next, here.w, at, rows, columns);
    t[entry(at.image, at.i, at.j, rows, columns)] =
        adjoint(here.reflected, up.reflected.down, back.reflected.right, at, rows, columns,
                periodic);
}

// Σ|∇x| over every `lanes`-th pixel of a row, one sum a thread.
extern "C" __global__ void difference_sum(double* sums, const number* x, int isotropic,
                                          int periodic, int columns, int rows, int lanes) {
    place at = find(rows, lanes);
    if (!at.found) return;
    double total = 0;
    for (int j = at.j; j < columns; j += lanes) {
        place there = {at.image, at.i, j, true};
        pair slope = differences(x, there, rows, columns, periodic);
        total += isotropic ? sqrt(energy(slope.down) + energy(slope.right))
                           : sqrt(energy(slope.down)) + sqrt(energy(slope.right));
    }
    sums[entry(at.image, at.i, at.j, rows, lanes)] = total;
}

// max|p − ∇x|² over every `lanes`-th pixel of a row; NaN where there is one.
extern "C" __global__ void difference_peak(real* peaks, const number* p, const number* x,
                                           int isotropic, int periodic, int columns, int rows,
                                           int lanes) {
    place at = find(rows, lanes);
    if (!at.found) return;
    real peak = 0;
    for (int j = at.j; j < columns; j += lanes) {
        place there = {at.image, at.i, j, true};
        pair slope = differences(x, there, rows, columns, periodic);
        pair value = load(p, there, rows, columns);
        real down = energy(value.down - slope.down), right = energy(value.right - slope.right);
        real largest = isotropic ? down + right : (down > right ? down : right);
        if (down != down) largest = down;
        if (peak == peak && !(largest <= peak)) peak = largest;
    }
    peaks[entry(at.image, at.i, at.j, rows, lanes)] = peak;
}
