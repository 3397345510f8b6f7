"""TensorFlow and OpenMP read these once, at their import: set before any test module is."""

import gc
import os
from collections.abc import Iterator

import pytest
from hypothesis import settings

# How long an example takes is no question of a test: the machine may be busy.
settings.register_profile("tabembed", deadline=None)
settings.load_profile("tabembed")

os.environ.setdefault("KERAS_BACKEND", "tensorflow")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
# Tests run side by side: OpenMP's threads (boosted trees) would spin while they wait for a core that another test has.
os.environ.setdefault("OMP_NUM_THREADS", "1")


# A fifth of the tests' time went into looking for garbage among the half a million objects of TensorFlow and its like.
gc.set_threshold(50_000, 20, 10)


def pytest_collection_finish() -> None:
    """Leave what the imports made alone; what the tests make is collected as ever."""
    gc.collect()
    gc.freeze()


@pytest.fixture
def eagerly() -> Iterator[None]:
    """Train without tracing: quicker for a step or two."""
    import tensorflow as tf

    tf.config.run_functions_eagerly(True)
    yield
    tf.config.run_functions_eagerly(False)
