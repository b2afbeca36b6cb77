"""Logs of a training: callbacks of `learned.fit` that write what they see to files."""

import csv
import io
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, final

from csmri.formats.writing import write_atomically

if TYPE_CHECKING:
    from learned.training import Follows, Progress


@final
class CsvLog:
    """Writes step, seconds, learning rate, loss and metrics to a table, one row a step.

    A training that is resumed continues its table: rows of steps that are made again are
    dropped first.

    Parameters
    ----------
    path : path
        The table.
    metrics : sequence of str
        Names of what the validation finds; a column each, filled after a validation.
    """

    def __init__(self, path: Path | str, metrics: Sequence[str] = ("psnr",)):
        self.path, self.metrics = Path(path), tuple(metrics)
        self._begun = False

    def __call__(self, progress: "Progress") -> None:
        """Append the row of a step."""
        if not self._begun:
            write_atomically(self.path, self._before(progress.step).encode())
            self._begun = True
        found = progress.metrics if progress.validated else {}
        row = [
            progress.step,
            f"{progress.seconds:.3f}",
            f"{progress.learning_rate:.6g}",
            f"{progress.loss:.6g}",
            *(f"{found[name]:.4f}" if name in found else "" for name in self.metrics),
        ]
        with self.path.open("a", encoding="utf-8", newline="") as file:
            csv.writer(file, lineterminator="\n").writerow(row)

    def _before(self, step: int) -> str:
        """The table up to a step, as text; its head alone where there is none yet."""
        head = ["step", "seconds", "learning_rate", "loss", *self.metrics]
        rows: list[list[str]] = []
        if self.path.exists():
            with self.path.open(encoding="utf-8", newline="") as file:
                found, *rows = [row for row in csv.reader(file) if row] or [head]
            if found != head:
                raise ValueError(
                    f"{self.path} has the columns {found}, expected {head}; "
                    "it is the log of something else: choose another name or remove it"
                )
        # A row that was cut short when a run was killed belongs to a step that is made again.
        kept = [row for row in rows if len(row) == len(head) and int(row[0]) < step]
        text = io.StringIO()
        csv.writer(text, lineterminator="\n").writerows([head, *kept])
        return text.getvalue()


@final
class TensorBoardLog:
    """Writes loss, learning rate and metrics for TensorBoard, which must be installed.

    A training that is resumed goes on from its first step: what an earlier run wrote of that step
    and later ones is hidden.

    Parameters
    ----------
    folder : path
        Where TensorBoard looks: ``tensorboard --logdir FOLDER``.

    Raises
    ------
    ModuleNotFoundError
        Where tensorboard is not installed.
    """

    def __init__(self, folder: Path | str):
        try:
            from torch.utils.tensorboard import SummaryWriter
        except ImportError as error:
            raise ModuleNotFoundError(
                "got a TensorBoard log, but tensorboard is not installed: pip install tensorboard, "
                "or write a CsvLog",
                name="tensorboard",
            ) from error
        self._begin = partial(SummaryWriter, str(folder))
        self._writer: Any = None

    def __call__(self, progress: "Progress") -> None:
        """Add the points of a step."""
        if self._writer is None:
            self._writer = self._begin(purge_step=progress.step)
        self._writer.add_scalar("loss", progress.loss, progress.step)
        self._writer.add_scalar("learning rate", progress.learning_rate, progress.step)
        if progress.validated:
            for name, value in progress.metrics.items():
                self._writer.add_scalar(name, value, progress.step)
            self._writer.flush()


def together(*callbacks: "Follows") -> "Follows":
    """Return one callback that calls several.

    Parameters
    ----------
    *callbacks : callable
        Each is called with the `Progress`, in this order.

    Returns
    -------
    callable
        A callback for `train` and `fit`.
    """

    def call(progress: "Progress") -> None:
        for callback in callbacks:
            callback(progress)

    return call
