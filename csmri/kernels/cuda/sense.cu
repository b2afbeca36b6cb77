// What lies between the Fourier transforms of several coils. An image has `coils` coil images.

// s · x for each coil.
extern "C" __global__ void weigh(number* weighed, const number* x, const number* maps, int coils,
                                 int maps_of_all, int rows, int columns) {
    place at = find(rows, columns);
    if (!at.found) return;
    number value = x[entry(at.image, at.i, at.j, rows, columns)];
    for (int c = 0; c < coils; c++) {
        int coil = at.image * coils + c;
        number s = maps[entry(maps_of_all ? coil : c, at.i, at.j, rows, columns)];
        weighed[entry(coil, at.i, at.j, rows, columns)] = times(s, value);
    }
}

// scale · k where the mask (of one row or all) is true, 0 elsewhere; in place.
extern "C" __global__ void keep(number* k, const bool* mask, real scale, int mask_rows, int rows,
                                int columns) {
    place at = find(rows, columns);
    if (!at.found) return;
    long long e = entry(at.image, at.i, at.j, rows, columns);
    bool kept = mask[entry(0, mask_rows == 1 ? 0 : at.i, at.j, rows, columns)];
    number none = {0, 0};
    k[e] = kept ? scale * k[e] : none;
}

// Σ conj(s) · x over the coils.
extern "C" __global__ void gather(number* sum, const number* x, const number* maps, int coils,
                                  int maps_of_all, int rows, int columns) {
    place at = find(rows, columns);
    if (!at.found) return;
    number total = {0, 0};
    for (int c = 0; c < coils; c++) {
        int coil = at.image * coils + c;
        number s = maps[entry(maps_of_all ? coil : c, at.i, at.j, rows, columns)];
        total = total + times(conjugate(s), x[entry(coil, at.i, at.j, rows, columns)]);
    }
    sum[entry(at.image, at.i, at.j, rows, columns)] = total;
}
