// Sums over images that a proof needs. A thread adds every `lanes`-th entry of a row, in double
// precision; what is left to add is small.

__device__ inline double product(number a, number b) { return a.re * b.re + a.im * b.im; }

// Σ|k|² and Re⟨k, data⟩ where `inside` is positive; k becomes k · outside. `inside` has one row or
// all of an image, `outside` has all.
extern "C" __global__ void split_spectrum(double* energies, double* overlaps, number* k,
                                          const number* data, const real* inside,
                                          const real* outside, int inside_rows, int columns,
                                          int rows, int lanes) {
    place at = find(rows, lanes);
    if (!at.found) return;
    double total = 0, shared = 0;
    for (int j = at.j; j < columns; j += lanes) {
        long long e = entry(at.image, at.i, j, rows, columns);
        number value = k[e];
        if (inside[entry(0, inside_rows == 1 ? 0 : at.i, j, rows, columns)] > 0) {
            total += energy(value);
            shared += product(value, data[e]);
        }
        k[e] = outside[entry(0, at.i, j, rows, columns)] * value;
    }
    long long thread = entry(at.image, at.i, at.j, rows, lanes);
    energies[thread] = total;
    overlaps[thread] = shared;
}

// Σ|k − data|² where the mask is true, everywhere where there is none. It has one row or all.
extern "C" __global__ void squared_error(double* sums, const number* k, const number* data,
                                         const bool* mask, int mask_rows, int columns, int rows,
                                         int lanes) {
    place at = find(rows, lanes);
    if (!at.found) return;
    double total = 0;
    for (int j = at.j; j < columns; j += lanes) {
        long long e = entry(at.image, at.i, j, rows, columns);
        if (!mask || mask[entry(0, mask_rows == 1 ? 0 : at.i, j, rows, columns)])
            total += energy(k[e] - data[e]);
    }
    sums[entry(at.image, at.i, at.j, rows, lanes)] = total;
}

// Re⟨a, b⟩.
extern "C" __global__ void overlap(double* sums, const number* a, const number* b, int columns,
                                   int rows, int lanes) {
    place at = find(rows, lanes);
    if (!at.found) return;
    double total = 0;
    for (int j = at.j; j < columns; j += lanes) {
        long long e = entry(at.image, at.i, j, rows, columns);
        total += product(a[e], b[e]);
    }
    sums[entry(at.image, at.i, at.j, rows, lanes)] = total;
}
