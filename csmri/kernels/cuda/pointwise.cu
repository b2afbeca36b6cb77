// Updates that treat every entry alike. Arrays are seen as rows, so many to an image.

extern "C" __global__ void soft_threshold(number* shrunk, const number* x, const real* each,
                                          real all, int rows, int columns) {
    place at = find(rows, columns);
    if (!at.found) return;
    long long k = entry(at.image, at.i, at.j, rows, columns);
    shrunk[k] = shrink(x[k], of_image(each, all, at.image));
}

// Both halves (of `rows` rows) of an image are shrunk together.
extern "C" __global__ void soft_threshold_pairs(number* shrunk, const number* x, const real* each,
                                                real all, int rows, int columns) {
    place at = find(rows, columns);
    if (!at.found) return;
    long long k = entry(2 * at.image, at.i, at.j, rows, columns);
    long long other = k + (long long)rows * columns;
    pair kept = shrink({x[k], x[other]}, of_image(each, all, at.image), 1);
    shrunk[k] = kept.down;
    shrunk[other] = kept.right;
}

extern "C" __global__ void relax(number* relaxed, const number* w, const number* x,
                                 const number* z, real alpha, int rows, int columns) {
    place at = find(rows, columns);
    if (!at.found) return;
    long long k = entry(at.image, at.i, at.j, rows, columns);
    relaxed[k] = w[k] + alpha * (x[k] - z[k]);
}

// x + momentum (x − x_previous); with a momentum of 1 it mirrors x_previous at x.
extern "C" __global__ void extrapolate(number* z, const number* x, const number* x_previous,
                                       const real* each, real all, int rows, int columns) {
    place at = find(rows, columns);
    if (!at.found) return;
    long long k = entry(at.image, at.i, at.j, rows, columns);
    z[k] = x[k] + of_image(each, all, at.image) * (x[k] - x_previous[k]);
}

// a k · factor + b offset; there is a factor for each entry of an image, or of all images.
extern "C" __global__ void multiply_add(number* sum, const number* k, const real* factor,
                                        const number* offset, real a, real b, int factor_of_all,
                                        int rows, int columns) {
    place at = find(rows, columns);
    if (!at.found) return;
    long long e = entry(at.image, at.i, at.j, rows, columns);
    real f = factor[factor_of_all ? e : entry(0, at.i, at.j, rows, columns)];
    sum[e] = (a * f) * k[e] + b * offset[e];
}

// a k + step (b y − a k) where the mask is true, a k elsewhere. The mask has one row or all.
extern "C" __global__ void replace_samples(number* replaced, const number* k, const number* y,
                                           const bool* mask, const real* each, real all, real a,
                                           real b, int mask_rows, int rows, int columns) {
    place at = find(rows, columns);
    if (!at.found) return;
    long long e = entry(at.image, at.i, at.j, rows, columns);
    number value = a * k[e];
    if (mask[entry(0, mask_rows == 1 ? 0 : at.i, at.j, rows, columns)])
        value = value + of_image(each, all, at.image) * (b * y[e] - value);
    replaced[e] = value;
}
