"""FT-Transformer: attention between columns (Gorishniy et al. 2021, arXiv 2106.11959, section 3.3).

Each column's values are projected to a token; a learned token goes before them (CLS), whose end is what the head takes.
Blocks are as in ``rtdl_revisiting_models.FTTransformer``: normalisation first, but none before the first attention;
ReGLU; the last block computes the CLS token only. The departure is ``mlp``'s: a linear path beside it, and columns of
many labels dropped whole from some rows; ``linear=False`` turns both off.
"""

from __future__ import annotations

__all__ = ["TRAINING", "check_blocks", "encoded", "transformer"]

from collections.abc import Mapping
from typing import Any

import keras

from ..attention import FirstToken, PrependToken, ReGLU, TokenAttention
from ..column_tokens import ColumnTokens
from ..draws import Dropout
from ..seeds import Seeds
from .checks import check_shares, check_whole
from .joined import Joined

TRAINING: Mapping[str, Any] = {"learning_rate": 1e-3, "weight_decay": 1e-5}
"""The authors' default is AdamW at a constant 1e-4 with 1e-5 (``FTTransformer.make_default_optimizer``), until there is
no progress; ours has at most 20 epochs, whose rate falls along a cosine, and so begins at ten times theirs."""


def transformer(
    inputs: Joined,
    seeds: Seeds,
    *,
    blocks: int = 2,
    dim: int = 96,
    heads: int = 8,
    attention_dropout: float = 0.15,
    hidden_factor: float = 4 / 3,
    dropout: float = 0.05,
    residual_dropout: float = 0.0,
    linear: bool = True,
) -> list[Any]:
    """Return the end of the CLS token, and the concatenated branches where there is a linear path.

    **Shape**: (batch, width) -> (batch, dim) and (batch, width)

    Args:
        inputs: the branches.
        seeds: of initializers and dropout.
        blocks: how many; the paper's default is 3.
        dim: of a token; the paper's default is 192, whose training takes hours without a GPU.
        heads: of each attention; they divide ``dim``.
        attention_dropout: share of the attention's weights dropped while training.
        hidden_factor: the units between a block's two dense layers in multiples of ``dim``.
        dropout: share of these units dropped while training.
        residual_dropout: share of what attention and dense layers add that is dropped while training.
        linear: whether there is a linear path beside the blocks.

    Raises:
        DataError: for an argument out of its range.
    """
    check_blocks(blocks, heads, dim, hidden_factor)
    check_shares(attention_dropout=attention_dropout, dropout=dropout, residual_dropout=residual_dropout)
    values = inputs.seen_deep(seeds, "transformer", linear)
    tokens = ColumnTokens(inputs.widths, dim, seed=seeds.next(), name="transformer.tokens")(values)
    x = PrependToken(seed=seeds.next(), name="transformer.cls")(tokens)
    dropouts = attention_dropout, dropout, residual_dropout
    x = encoded(x, seeds, blocks, heads, hidden_factor, *dropouts, only_first=True)
    x = keras.layers.Reshape((dim,), name="transformer.end")(x)
    x = keras.layers.Activation("relu", name="transformer.relu")(x)
    return [x, inputs.values] if linear else [x]


def encoded(
    tokens: Any,
    seeds: Seeds,
    blocks: int,
    heads: int,
    hidden_factor: float,
    attention_dropout: float = 0.0,
    dropout: float = 0.0,
    residual_dropout: float = 0.0,
    *,
    only_first: bool = False,
    causal: bool = False,
) -> Any:
    """Return the normalised ends of the tokens.

    **Shape**: (batch, tokens, dim) -> the same, or (batch, 1, dim)

    Args:
        tokens: of the columns, a learned one before them.
        seeds: of initializers and dropout.
        blocks: how many.
        heads: of each attention.
        hidden_factor: as ``transformer``'s.
        attention_dropout: as ``transformer``'s.
        dropout: as ``transformer``'s.
        residual_dropout: as ``transformer``'s.
        only_first: whether the last block computes the first token only.
        causal: whether a token is told of itself and those before it only.
    """
    x, dim = tokens, tokens.shape[-1]
    for at in range(1, blocks + 1):
        name = f"transformer.block_{at}"
        attention = TokenAttention(heads, attention_dropout, causal, seed=seeds.next(), name=f"{name}.attention")
        last = only_first and at == blocks
        x = _attended(x, attention, residual_dropout, seeds, name, first=at == 1, last=last)
        z = _normalised(x, f"{name}.normalization")
        z = _feed_forward(z, dim, int(dim * hidden_factor), dropout, seeds, name)
        x = _added(x, z, residual_dropout, seeds, name)
    return _normalised(x, "transformer.normalization")


def check_blocks(blocks: int, heads: int, dim: int, hidden_factor: float) -> None:
    """Refuse sizes that blocks can't have.

    Raises:
        DataError: for an argument out of its range.
    """
    check_whole("blocks", blocks)
    check_whole("heads", heads)
    check_whole("dim", dim, multiple=heads)
    check_whole("dim * hidden_factor", int(dim * hidden_factor))


def _attended(tokens: Any, attention: Any, dropout: float, seeds: Seeds, name: str, first: bool, last: bool) -> Any:
    """Return tokens and what attention adds to them: not normalised before the first block, CLS only from the last."""
    z = tokens if first else _normalised(tokens, f"{name}.attention_normalization")
    if not last:
        return _added(tokens, attention(z, z), dropout, seeds, f"{name}.attention")
    told = attention(FirstToken(name=f"{name}.query")(z), z)
    return _added(FirstToken(name=f"{name}.cls")(tokens), told, dropout, seeds, f"{name}.attention")


def _feed_forward(values: Any, dim: int, hidden: int, dropout: float, seeds: Seeds, name: str) -> Any:
    """Return two dense layers with ReGLU between them, which halves."""
    x = ReGLU(name=f"{name}.reglu")(_dense(2 * hidden, seeds, f"{name}.dense_1")(values))
    if dropout:
        x = Dropout(dropout, seed=seeds.next(), name=f"{name}.dropout")(x)
    return _dense(dim, seeds, f"{name}.dense_2")(x)


def _dense(units: int, seeds: Seeds, name: str) -> keras.layers.Dense:
    return keras.layers.Dense(units, kernel_initializer=keras.initializers.HeUniform(seed=seeds.next()), name=name)


def _normalised(values: Any, name: str) -> Any:
    return keras.layers.LayerNormalization(epsilon=1e-5, name=name)(values)


def _added(values: Any, change: Any, dropout: float, seeds: Seeds, name: str) -> Any:
    if dropout:
        change = Dropout(dropout, seed=seeds.next(), name=f"{name}.residual_dropout")(change)
    return keras.layers.Add(name=f"{name}.add")([values, change])
