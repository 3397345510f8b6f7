"""The presets: every choice of the recipe that an estimator follows where its arguments are None.

``default``, chosen on training rows (``benchmarks/quality.py --inner``, seed 10; ablation in benchmarks/README.md):

- **Preprocessing**: labels by count, missing and unseen apart; numbers standardised, missing told apart.
- **Dims**: ``fourth_root``, fewer where a label has few rows (``schema/dims.py``); a prior on each vector, and columns
  of many labels dropped whole from the deep layers (``schema/categorical.py``).
- **Numeric embeddings**: piecewise linear between the splits of a tree of the target (Gorishniy et al. 2022, arXiv
  2203.05556, section 3.2), whose bins are learned from the training rows alone: with quantiles adult's logarithmic loss
  was .2905, not .2823. Before that quantiles of a normal distribution for columns that are one value in most rows, a
  capital gain of nothing (adult .2851 to .2827, two seeds), or hold one far off (``schema/numeric.py``); for all
  columns, as TabM's authors have it, they gain no more there, and cost the flights 8 % of error: a delay at departure
  adds up, however large.
- **Whole numbers of few values**, which are labels, are numbers too, piecewise linear (``Categorical(ordered=True)``):
  loans R2 .417 to .431 and .410 to .423, remote work AUC .704 to .716 and .718 to .720 (two seeds).
- **Target statistics**: of columns whose labels have few rows, and of two or three columns together that are screened
  for what they add: means smoothed by empirical Bayes, and counts, cross-fitted (``nn/learn_statistics.py``). A plain
  network without them teaches the tables beside (``nn/aside.py``).
- **Network**: TabM-mini, members that share one network and one table a column (arXiv 2410.24210, section 3.3); of
  two layers where there are many rows (flights .8994 to .9053), of one elsewhere (the Olympics .748, not .739).
- **A linear path beside them**, and columns dropped from the layers, where there are many rows: without these the
  flights fall from .911 to .903. On fewer rows the error is smaller without (seed 22): of 13 sets on 10, loans R2 .446
  to .475, houses .891 to .893, AUC of the Olympics .725 to .727; where one column of many labels tells most, dropping
  it spoils all (cars .755 to .961, seed 21). A training takes a tenth to a half less time.
- **Schedule, early stopping**: twice the rate of the plain network, at which adult learned too slowly (logarithmic loss
  .2840 to .2810 in 40 epochs, two seeds), and a patience of 8: one of 5 stopped houses after 9 epochs (.880, not .892).
- **Cycles**: longer ones where twenty epochs took few steps and helped to their end (``nn/cycles.py``): R2 of computers
  .908 to .927, cars .914 to .938, AUC of jobs .945 to .951; there the mean of their epochs' weights is judged beside
  those of each epoch: R2 of loans .406 to .449 and .425 to .442 (two seeds).
- **Batches** of 128 rows up to 51,200, which take no longer, where there are no target statistics: R2 of diamonds .9917
  to .9926 and .9914 to .9918, AUC of adult .927 to .928 and .928 to .930, of police stops .817 to .820 and .819 to .818
  (seeds 10 and 11). Where there are, labels of few rows are learned by heart: the Olympics .746 to .742, .751 to .736,
  .734 to .733. The films' 57,600 rows fell from .335 to .328; the plain network gained on diamonds alone. By 256 the
  11,000 hotel rooms had fallen from .956 to .952.
- **Regularisation, optimizer**: the network's own (``nn/networks/tabm.py``, ``nn/recipe.py``).

``fast`` is the plain network of concatenated embeddings (Guo & Berkhahn 2016, arXiv 1604.06737). ``best`` is five
models like that of ``default``, from other seeds and stopped by other rows, whose mean answers (``nn/bags.py``): 16 or
32 members within one graph gained nothing, models that were trained apart do (training rows, seed 20: california .868
to .877, the Olympics .733 to .746, InstEval .698 to .700, adult nothing).
"""

from __future__ import annotations

__all__ = ["PRESETS", "Preset", "preset_of"]

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from ..io.errors import DataError
from ..schema.kinds import Numeric

MANY_ROWS = 100_000
"""From here on a second layer and a linear path pay; below, a second layer learns the rows by heart."""


@dataclass(frozen=True)
class Preset:
    """What an estimator does where its arguments are None.

    Args:
        network: a name that ``te.build_model`` takes.
        options: the network's arguments.
        few: more of them below ``MANY_ROWS`` rows, where ``options`` doesn't hold them.
        many: the same from there on.
        numeric: the embedding of columns that are read as numbers, or None.
        transform: what comes before it.
        pairs: how many groups of two or three columns may have target statistics; None for no statistics at all.
        training: settings of the recipe.
        crossed: more of them where there are target statistics.
        bags: how many models are trained, each from another seed; their mean answers.
    """

    network: str = "mlp"
    options: Mapping[str, Any] = field(default_factory=dict)
    few: Mapping[str, Any] = field(default_factory=dict)
    many: Mapping[str, Any] = field(default_factory=dict)
    numeric: str | None = None
    transform: str = "auto"
    pairs: int | None = None
    training: Mapping[str, Any] = field(default_factory=dict)
    crossed: Mapping[str, Any] = field(default_factory=dict)
    bags: int = 1

    def options_for(self, rows: int) -> dict[str, Any]:
        """Return the network's arguments for so many rows."""
        return {**(self.many if rows >= MANY_ROWS else self.few), **self.options}

    def training_for(self, statistics: bool) -> dict[str, Any]:
        """Return the settings of the recipe for a network with target statistics, or without."""
        return {**self.training, **(self.crossed if statistics else {})}

    def numeric_kind(self, targets: int) -> Numeric | None:
        """Return the kind of columns that are read as numbers, None for a plain ``te.Numeric()``.

        Args:
            targets: how many there are; bins go by one target only.
        """
        if self.numeric is None:
            return None
        bins = "target" if targets == 1 and self.numeric == "ple" else "quantile"
        return Numeric(transform=self.transform, embedding=self.numeric, bins=bins)


_TRAINING = {"epochs": "auto", "learning_rate": 0.012, "patience": 8, "batch_size": "small"}
_FEW = {"linear": False}
_MANY = {"hidden": (256, 128), "k": 4}
_CROSSED = {"batch_size": "auto"}
_DEFAULT = Preset(network="tabm", few=_FEW, many=_MANY, numeric="ple", pairs=24, training=_TRAINING, crossed=_CROSSED)
PRESETS: dict[str, Preset] = {"fast": Preset(), "default": _DEFAULT, "best": replace(_DEFAULT, bags=5)}


def preset_of(name: Any) -> Preset:
    """Return the named preset.

    Args:
        name: a name in ``PRESETS``.

    Raises:
        DataError: for a preset that doesn't exist.
    """
    if not isinstance(name, str) or name not in PRESETS:
        raise DataError(f"`preset` must be one of {', '.join(PRESETS)}, however: preset={name!r}")
    return PRESETS[name]
