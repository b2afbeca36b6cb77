// What every kernel here begins with. `real` is float or double, defined before this is read.

struct alignas(2 * sizeof(real)) number {
    real re, im;
};

__device__ inline number operator+(number a, number b) { return {a.re + b.re, a.im + b.im}; }
__device__ inline number operator-(number a, number b) { return {a.re - b.re, a.im - b.im}; }
__device__ inline number operator*(real a, number b) { return {a * b.re, a * b.im}; }
__device__ inline number times(number a, number b) {
    return {a.re * b.re - a.im * b.im, a.re * b.im + a.im * b.re};
}
__device__ inline number conjugate(number a) { return {a.re, -a.im}; }
__device__ inline real energy(number a) { return a.re * a.re + a.im * a.im; }

// One of a pair of complex numbers: a difference down and one to the right.
struct pair {
    number down, right;
};

// A thread's place among images of so many rows and columns. Blocks tile the rows in order; the
// last block of a row may reach beyond it, and `found` is then false.
struct place {
    int image, i, j;
    bool found;
};

__device__ inline place find(int rows, int columns) {
    unsigned int across = (columns + blockDim.x - 1) / blockDim.x;
    unsigned int line = blockIdx.x / across;
    place at;
    at.j = (blockIdx.x - line * across) * blockDim.x + threadIdx.x;
    at.image = line / rows;
    at.i = line - at.image * rows;
    at.found = at.j < columns;
    return at;
}

// Where entry (i, j) of an image is, counted from the first of all images.
__device__ inline long long entry(int image, int i, int j, int rows, int columns) {
    return ((long long)image * rows + i) * columns + j;
}

// One number for all images, or where there is a list of them, that of an image.
__device__ inline real of_image(const real* each, real all, int image) {
    return each ? each[image] : all;
}

// What is left of 1 where a modulus is shrunk by a threshold; NaN passes through.
__device__ inline real shrinkage(real modulus, real threshold) {
    return modulus <= threshold ? real(0) : real(1) - threshold / modulus;
}

__device__ inline number shrink(number a, real threshold) {
    return shrinkage(sqrt(energy(a)), threshold) * a;
}

// Both together (isotropic), or each by itself.
__device__ inline pair shrink(pair w, real threshold, int isotropic) {
    if (!isotropic) return {shrink(w.down, threshold), shrink(w.right, threshold)};
    real share = shrinkage(sqrt(energy(w.down) + energy(w.right)), threshold);
    return {share * w.down, share * w.right};
}
