// Energies of a step of ADMM. Each thread sums over a part of an image, in double precision; what
// is left to add is small. There are five sums: ‖v − z_next‖², ‖v‖², ‖z_next‖², ‖z_next − z‖²,
// ‖w_next − z_next‖² with v = z + (w_next − w)/α.

struct energies {
    double sums[5];
};

__device__ inline void add(energies& total, number z, number w, number z_next, number w_next,
                           real inverse) {
    number v = z + inverse * (w_next - w);
    total.sums[0] += energy(v - z_next);
    total.sums[1] += energy(v);
    total.sums[2] += energy(z_next);
    total.sums[3] += energy(z_next - z);
    total.sums[4] += energy(w_next - z_next);
}

// The first sums of all threads, then the second, and so on.
__device__ inline void store(double* sums, energies total, long long thread, long long threads) {
    for (int m = 0; m < 5; m++) sums[m * threads + thread] = total.sums[m];
}

// A thread adds every `lanes`-th entry of a row.
extern "C" __global__ void step_energies(double* sums, const number* z, const number* w,
                                         const number* z_next, const number* w_next, real inverse,
                                         int columns, long long threads, int rows, int lanes) {
    place at = find(rows, lanes);
    if (!at.found) return;
    energies total = {};
    for (int j = at.j; j < columns; j += lanes) {
        long long k = entry(at.image, at.i, j, rows, columns);
        add(total, z[k], w[k], z_next[k], w_next[k], inverse);
    }
    store(sums, total, entry(at.image, at.i, at.j, rows, lanes), threads);
}

// The same where z = shrink(w) of pairs, the second of which is `rows` rows further on.
extern "C" __global__ void difference_step_energies(double* sums, const number* w,
                                                    const number* w_next, const real* thresholds,
                                                    real threshold, real inverse, int isotropic,
                                                    int columns, long long threads, int rows,
                                                    int lanes) {
    place at = find(rows, lanes);
    if (!at.found) return;
    threshold = of_image(thresholds, threshold, at.image);
    energies total = {};
    for (int j = at.j; j < columns; j += lanes) {
        long long k = entry(2 * at.image, at.i, j, rows, columns);
        long long other = k + (long long)rows * columns;
        pair old = {w[k], w[other]}, now = {w_next[k], w_next[other]};
        pair z = shrink(old, threshold, isotropic), z_next = shrink(now, threshold, isotropic);
        add(total, z.down, old.down, z_next.down, now.down, inverse);
        add(total, z.right, old.right, z_next.right, now.right, inverse);
    }
    store(sums, total, entry(at.image, at.i, at.j, rows, lanes), threads);
}
