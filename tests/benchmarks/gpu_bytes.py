"""The bytes that an iteration must move through the memory of a GPU, counted by hand.

For each pixel of each image, in units of one complex number (8 bytes in complex64, 16 in
complex128). Every step reads its inputs once and writes its outputs once, and what all images of a
batch share (masks, Fourier symbols) stays in the cache and counts nothing:

- a Fourier transform: one pass along each axis, 2 numbers each (read and written): 320² complex
  numbers do not fit into the memory of a multiprocessor, so both axes of an image are two passes;
- a level of the wavelet transform, whole: 2 numbers for each pixel that it splits, so that all
  levels together take 2 (1 + 1/4 + 1/16 + …) ≈ 8/3, forward or back; ours takes rows and columns
  in two passes, which is twice that and part of what the ratio shows.

Wavelet FISTA, columns sampled (1-D transforms):
    FFT 2, samples moved to the data 3 (k, y; k), inverse FFT 2, W and soft 8/3, Wᴴ 8/3,
    momentum 3 (x, x_previous; z).
Wavelet ADMM, columns sampled:
    FFT 2, samples 3, inverse FFT 2, W 8/3 and with it the state c ← c + α(W x − soft(c)) 2 (c; c;
    what is reflected goes where W x would), Wᴴ 8/3.
Total variation, ADMM (2-D transforms):
    FFT 4, quotient 3 (k, data; k), inverse FFT 4, and in one step the new state and ∇ᴴ(2z − w) of
    it: 6 (w₁, w₂, x; w₁, w₂, t).
"""

LEVEL_SUM = 4 / 3
WAVELET_FISTA = 2 + 3 + 2 + 2 * 2 * LEVEL_SUM + 3
WAVELET_ADMM = 2 + 3 + 2 + 2 + 2 * 2 * LEVEL_SUM
TV_ADMM = 4 + 3 + 4 + 6

NUMBERS = {
    "wavelet, fista": WAVELET_FISTA,
    "wavelet, admm": WAVELET_ADMM,
    "tv, admm": TV_ADMM,
}


def bytes_of_iteration(way, images, size, itemsize=8):
    """What an iteration over a batch must move."""
    return NUMBERS[way] * images * size**2 * itemsize
