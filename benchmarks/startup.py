"""How long things take to start, each in a process of its own, and how much memory: medians of several runs.

    python benchmarks/startup.py                          # trains a model of the flights for an epoch first
    python benchmarks/startup.py saved_models/flights     # an exported one, as `make demo` leaves it

TensorFlow's own import is timed in the same rounds. Python's own start counts for the command, not for the imports.
The peak of memory is read from Linux' ``/proc``.
"""

from __future__ import annotations

__all__ = ["main"]

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROUNDS = 7
CLOCK = "import time; start = time.perf_counter()\n"
SPENT = "\nprint(time.perf_counter() - start)"
# Not ru_maxrss: a child's begins at what its parent had.
PEAK = "\nprint(next(int(line.split()[1]) / 1024 for line in open('/proc/self/status') if line.startswith('VmHWM')))"
PREDICT = """
import tabembed as te
served = te.load({path!r})
served.predict({row!r})
"""


def printed(*arguments: str) -> float:
    """Run Python with the arguments; return the number that it prints last, or 0."""
    done = subprocess.run([sys.executable, *arguments], capture_output=True, text=True, check=True, env=environment())
    return float(done.stdout.split()[-1]) if "--help" not in arguments else 0.0


def environment() -> dict[str, str]:
    """Return this process's environment with the package in reach and TensorFlow quiet."""
    root = str(Path(__file__).parents[1])
    path = os.pathsep.join(filter(None, [root, os.environ.get("PYTHONPATH")]))
    return {**os.environ, "PYTHONPATH": path, "TF_CPP_MIN_LOG_LEVEL": "3"}


def wall(*arguments: str) -> float:
    """Return how long a whole process takes."""
    start = time.perf_counter()
    printed(*arguments)
    return time.perf_counter() - start


def train(folder: str) -> str:
    """Train a model of the flights for one epoch and export it."""
    from flights import known_flights, trained

    return str(trained(known_flights()).export(Path(folder) / "flights"))


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", nargs="?", help="an exported model of the flights")
    given = parser.parse_args().model
    with tempfile.TemporaryDirectory() as folder:
        measure(given or train(folder))


def measure(model: str) -> None:
    """Time all in turns."""
    from flights import ROW

    predict = PREDICT.format(path=model, row={name: [value] for name, value in ROW.items()})
    runs = {
        "`import tensorflow`": lambda: printed("-c", f"{CLOCK}import tensorflow{SPENT}"),
        "`import tabembed`": lambda: printed("-c", f"{CLOCK}import tabembed{SPENT}"),
        "`tabembed --help`, the process": lambda: wall("-m", "tabembed", "--help"),
        "`te.load` and the first prediction, imports included": lambda: printed("-c", CLOCK + predict + SPENT),
    }
    times: dict[str, list[float]] = {name: [] for name in runs}
    for _ in range(ROUNDS):
        for name, run in runs.items():
            times[name].append(run())
    medians = {name: statistics.median(each) for name, each in times.items()}
    limit = 1.2 * medians["`import tensorflow`"] + 1
    goals = ["", "0.15", "0.30", f"{limit:.2f} (1.2 x TensorFlow's import + 1)"]
    print(f"medians of {ROUNDS} runs, Python {sys.version.split()[0]}\n\n| | seconds | goal |\n|---|---:|---:|")
    for (name, seconds), goal in zip(medians.items(), goals, strict=True):
        print(f"| {name} | {seconds:.3f} | {goal} |")
    bare, ours = printed("-c", PEAK), printed("-c", f"import tabembed{PEAK}")
    print(f"\npeak memory after `import tabembed`: {ours:.1f} MiB (Python alone: {bare:.1f}; goal: 60)")


if __name__ == "__main__":
    main()
