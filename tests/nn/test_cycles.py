"""Cycles of training: when one begins, which weights stay, and what the rate is."""

from typing import Any

import keras
import numpy as np
import pandas as pd
import pytest

import tabembed as te
from tabembed.nn.cycles import CYCLE, Cycles, cosine, cycle_ends
from tabembed.nn.recipe import Recipe, train


class Weights:
    """What a callback needs of a model: weights that tell the epoch they are of."""

    def __init__(self, means: dict[float, float]) -> None:
        self.stop_training, self.epoch, self.means = False, -1.0, means

    def get_weights(self) -> list[float]:
        """Return the epoch."""
        return [self.epoch]

    def set_weights(self, weights: list[float]) -> None:
        """Take an epoch, or a mean of several."""
        (self.epoch,) = weights

    def evaluate(self, judged: Any, **how: Any) -> dict[str, float]:
        """Return the loss of a mean of epochs."""
        assert judged == "held out"
        return {"loss": self.means.get(round(self.epoch, 6), np.inf)}


def run(
    losses: list[float], ends: list[int], patience: int = 99, means: dict[float, float] | None = None
) -> tuple[int, float, list[float]]:
    """Return how many epochs were run, the epoch of the weights that stay, and from which weights cycles began."""
    model, cycles, began = Weights(means or {}), Cycles(ends, patience, "held out"), []
    cycles.set_model(model)
    for epoch, loss in enumerate(losses):
        model.epoch, left = epoch, len(cycles.ends)
        cycles.on_epoch_end(epoch, {"val_loss": loss})
        began += [model.epoch] if len(cycles.ends) < left else []
        if model.stop_training:
            break
    cycles.on_train_end()
    return epoch + 1, model.epoch, began


@pytest.mark.parametrize(
    ("losses", "best", "began"),
    [
        ([3, 2, 1, 1.5, 1.2, 1.1, 0.9, 0.95], 6, [2]),  # the second cycle is better
        ([3, 1, 2, 1.5, 1.2, 0.995, 0.992, 1.1], 1, [1]),  # by too little
        ([-1, -2, -3, -3.01, -3.02, -3.02, -3.0, -3.0], 2, [2]),  # and so where losses are negative
        ([-1, -2, -3, -3.01, -3.1, -3.02, -3.0, -3.0], 4, [2]),
    ],
)
def test_a_cycle_counts_if_it_is_better_by_a_hundredth(losses, best, began):
    assert run(losses, [3, 8]) == (8, best, began)


def test_a_third_cycle_begins_where_the_second_was_worth_it_alone():
    better, same = [3, 2, 1, 0.9, 0.5], [3, 2, 1, 1.0, 1.0]
    assert run([*better, 0.4, 0.3], [3, 5, 7]) == (7, 6, [2, 4])
    assert run([*same, 0.4, 0.3], [3, 5, 7]) == (5, 2, [2])


def test_no_cycle_begins_where_the_second_half_helped_little():
    assert run([3, 1, 0.98, 0.97, 0.1], [4, 12]) == (4, 3, [])
    assert run([-3, -4, -4.1, -4.15, -9], [4, 12]) == (4, 3, [])


def test_patience_is_of_a_cycle_and_longer_in_the_next():
    assert run([1, 2, 2, 0.1], [9], patience=2) == (3, 0, [])
    assert run([1, 2, 2, 0.1], [4, 99], patience=2) == (3, 0, [])
    # A first cycle whose second half has helped comes to its end, since another follows.
    assert run([3, 2, 1.5, 1.4, 1, 1.1, 1.1, 1.1, 0.5], [8, 24], patience=2) == (9, 8, [4])
    assert run([3, 2, 1.5, 1.4, 1.39, 1.4, 1.4, 1.4, 0.5], [8, 24], patience=2) == (7, 4, [])
    # The mean of the first two epochs is better than the first: two more epochs without a better one.
    assert run([1, 2, 2, 2, 0.1], [5, 99], patience=2, means={0.5: 0.9}) == (4, 0.5, [])
    # Three epochs without a better loss of the second cycle, not of the first.
    assert run([1, 0.5, 3, 2, 2, 2, 2, 2], [2, 9], patience=2) == (7, 1, [1])


def test_the_mean_of_the_epochs_stays_where_it_is_better():
    losses = [3, 1, 1.01, 1.1, 1.2]
    assert run(losses, [5, 15], means={1.5: 0.9}) == (5, 1.5, [])  # epochs 0 to 3, all alike
    assert run(losses, [5, 15], means={1.5: 1.01}) == (5, 1, [])
    assert run(losses, [5], means={1.5: 0.9}) == (5, 1, [])  # one cycle alone is not averaged
    # The next cycle begins from the mean and has its own; from the sixth epoch on a fifth of it is new.
    losses = [3, 1, 2, 2, 2, 2, 2, 2]
    fifth = 4 + 0.2 * (7 - 4)
    assert run(losses, [2, 8], means={0.5: 0.8, fifth: 0.7}) == (8, pytest.approx(fifth), [0.5])
    assert run(losses, [2, 8], means={0.5: 0.8, fifth: 0.795}) == (8, 0.5, [0.5])  # not better by a hundredth


def test_losses_that_are_no_numbers_end_it():
    assert run([np.nan] * 9, [20], patience=4)[:2] == (4, 3)


def test_cycles_fit_in_so_many_steps():
    assert cycle_ends(1) == [20, 60, 140]
    assert [len(cycle_ends(steps)) for steps in (64, 65, 150, 151, 10**6)] == [3, 2, 2, 1, 1]


def test_the_rate_falls_to_nothing_in_each_cycle():
    ends = cycle_ends(50)
    schedule = cosine(0.5, ends, 50)
    begins = [float(schedule(step * 50)) for step in (0, *ends[:-1])]
    over = [float(schedule(step * 50 - 1)) for step in ends]
    np.testing.assert_allclose(begins, 0.5, rtol=1e-5)
    assert max(over) < 1e-3
    assert isinstance(cosine(0.5, [20], 50), keras.optimizers.schedules.CosineDecay)


def trained(df: Any, **how: Any) -> keras.callbacks.History:
    schema = te.infer_schema(df, "y")
    model = te.build_model(schema, hidden=(32,), random_state=0)
    recipe = Recipe(learning_rate=0.01, validation_fraction=0.2, verbose=1, **how)
    return train(model, schema, schema.encode(df), schema.encode_target(df), recipe, random_state=0)[0]


def test_a_small_table_that_is_not_learned_yet_is_learned_on(capsys):
    rng = np.random.default_rng(0)
    df = pd.DataFrame({"a": rng.normal(size=800), "b": rng.normal(size=800)})
    df["y"] = df["a"] * df["b"]
    losses = trained(df, epochs="auto", patience=20).history["val_loss"]
    assert len(losses) > 2 * CYCLE
    assert min(losses[CYCLE:]) < 0.8 * min(losses[:CYCLE])
    assert f"of {next(end for end in cycle_ends(15) if end >= len(losses))}" in capsys.readouterr().err  # the last bar
    assert len(trained(df, epochs=CYCLE, patience=20).history["val_loss"]) == CYCLE


def test_what_epochs_may_be():
    assert (Recipe(epochs="auto").cycle, Recipe(epochs="auto").ends(100)) == (20, [20, 60])
    assert (Recipe(epochs=3).cycle, Recipe(epochs=3).ends(1)) == (3, [3])
    with pytest.raises(te.DataError, match="`epochs` must be 'auto' or a whole number of 1 or more, however: epochs="):
        Recipe(epochs="many")
