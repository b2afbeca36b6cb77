#!/bin/sh
# All that wants a GPU, in one command, on a machine that may have no network and no .venv:
#
#     [WHEELS=folder] [PYTHON=python3] [OUT=results/benchmark-gpu] sh tests/benchmarks/gpu_all.sh [step ...]
#
# Steps, in order: about, twins, follow, laws, networks, bench, sigpy, sanitizer. WHEELS is a folder of wheels
# for what the machine's Python lacks (array-api-compat and PyWavelets; sigpy and tqdm for the step
# sigpy; array-api-strict is not needed). Every step writes its output to OUT; one that fails spares
# the others, and the last line says how many did.
set -u
cd "$(dirname "$0")/../.." || exit 2
PYTHON=${PYTHON:-python3}
OUT=${OUT:-results/benchmark-gpu}
mkdir -p "$OUT"
OUT=$(cd "$OUT" && pwd)
if [ -n "${WHEELS:-}" ]; then
    SITE=$(mktemp -d)
    "$PYTHON" -m pip install -q --no-index --no-deps --no-compile --no-cache-dir --target "$SITE" "$WHEELS"/*.whl || exit 2
    PYTHONPATH=$SITE${PYTHONPATH:+:$PYTHONPATH}
fi
export PYTHONPATH="$PWD:$PWD/tests${PYTHONPATH:+:$PYTHONPATH}" PYTHONUNBUFFERED=1
"$PYTHON" -c "import sys; from csmri.kernels.gpu import missing_for_cupy as m; sys.exit(m() and f'nothing to do here: {m()}')" || exit 1

tests() {
    "$PYTHON" -m pytest -q -p no:cacheprovider -W default --benchmark-disable "$@"
}

about() {
    nvidia-smi --query-gpu=name,driver_version,memory.total --format=csv
    "$PYTHON" -c "import cupy, numpy, sys, torch; print(sys.version, 'cupy', cupy.__version__, 'numpy', numpy.__version__, 'torch', torch.__version__)"
}
twins() { tests tests/solvers/test_on_gpu.py -k "twin or transforms"; }
follow() { tests tests/solvers/test_on_gpu.py -k "not (twin or transforms)"; }
laws() {
    tests -n 4 -k cupy --continue-on-collection-errors tests/csmri/test_*.py tests/csmri/calibration tests/csmri/baselines tests/solvers
}
networks() { tests tests/learned -k gpu; }
bench() {
    "$PYTHON" -m benchmarks.gpu --folder "$OUT" --parts copy iterations slices latency processor memory
}
sigpy() { "$PYTHON" -m benchmarks.gpu --folder "$OUT/sigpy" --images 4 --parts sigpy; }
sanitizer() {
    compute-sanitizer --tool memcheck --error-exitcode 9 "$PYTHON" -m pytest -q -p no:cacheprovider \
        -W default tests/solvers/test_on_gpu.py -k "(twin or transforms) and not 320"
}

failed=0
[ $# -gt 0 ] || set -- about twins follow laws networks bench sigpy
for step in "$@"; do
    echo "== $step"
    if "$step" >"$OUT/$step.txt" 2>&1; then :; else
        echo "   failed"
        failed=$((failed + 1))
    fi
    tail -n 40 "$OUT/$step.txt"
done
echo "$failed steps failed"
[ "$failed" -eq 0 ]
