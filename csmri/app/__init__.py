"""The command line and the pipelines behind it: tuning, comparison, reports.

Every command is a thin door over functions of this package that can be called from Python::

    from csmri.app.cases import CASES, volume
    from csmri.app.comparison import compare
    from csmri.app.methods import methods_named

    comparison = compare(methods_named(["zero-filled", "tv"]), [volume("colin27")], CASES)
"""
