// What lies between the Fourier transforms of several coils, `count` of them from the `first` on.

// s · x for each coil.
extern "C" __global__ void weigh(number* weighed, const number* x, const number* maps, int first,
                                 int count, int coils, int maps_of_all, int rows, int columns) {
    place at = find(rows, columns);
    if (!at.found) return;
    number value = x[entry(at.image, at.i, at.j, rows, columns)];
    for (int c = 0; c < count; c++) {
        int map = (maps_of_all ? at.image * coils : 0) + first + c;
        number s = maps[entry(map, at.i, at.j, rows, columns)];
        weighed[entry(at.image * count + c, at.i, at.j, rows, columns)] = times(s, value);
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

// Σ conj(s) · x over the coils, added to what earlier ones gave.
extern "C" __global__ void gather(number* sum, const number* x, const number* maps, int first,
                                  int count, int coils, int maps_of_all, int rows, int columns) {
    place at = find(rows, columns);
    if (!at.found) return;
    long long k = entry(at.image, at.i, at.j, rows, columns);
    number total = {0, 0};
    if (first > 0) total = sum[k];
    for (int c = 0; c < count; c++) {
        int map = (maps_of_all ? at.image * coils : 0) + first + c;
        number s = maps[entry(map, at.i, at.j, rows, columns)];
        number value = x[entry(at.image * count + c, at.i, at.j, rows, columns)];
        total = total + times(conjugate(s), value);
    }
    sum[k] = total;
}
