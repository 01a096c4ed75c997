"""How a program compiles its model, and what training asks of the rest of the program."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from fractions import Fraction

from ...dsl.settings import Data, Train
from ..python.source import literal
from .output_spec import OutputSpec

# how Keras writes an optimizer: its class, and what it takes beside the learning rate
OPTIMIZERS: dict[str, tuple[str, tuple[str, ...]]] = {
    "sgd": ("SGD", ()),
    "momentum": ("SGD", ("momentum=0.9",)),
    "rmsprop": ("RMSprop", ()),
    "adagrad": ("Adagrad", ()),
    "lion": ("Lion", ()),
    "adam": ("Adam", ()),
    "adamw": ("AdamW", ()),
    "adamax": ("Adamax", ()),
    "nadam": ("Nadam", ()),
    "adadelta": ("Adadelta", ()),
    "lamb": ("Lamb", ()),
    "ftrl": ("Ftrl", ()),
    # by Keras' own 1e-30 the square roots of a dead row and column underflow, and weights are NaN
    "adafactor": ("Adafactor", ("epsilon_1=1e-16",)),
    "muon": ("Muon", ("exclude_embeddings=False",)),
    # the average itself is what steps are taken from, and so what is tested and saved, on all
    # backends: with a smaller beta_1 Keras 3.15 does so too, but on JAX
    "schedulefree": ("ScheduleFreeAdamW", ("beta_1=1.0",)),
}
_DECAYING = ("adamw", "muon")  # by Keras' 0.004 where nothing is said
SINCE = {"muon": (3, 13), "schedulefree": (3, 14)}  # the versions of Keras that have them
_TENTHS = (Fraction(1, 10), Fraction(1, 100))
PATIENCE = 10  # epochs without a better one after which a plateau lowers the rate


def compile_parameters(train: Train) -> tuple[str, ...]:
    """What ``compile_model`` takes beside the model: the length of training, for schedules."""
    if train.schedule not in (None, "plateau"):
        return ("epochs", "steps_per_epoch")
    if train.optimizer == "schedulefree" and train.warmup:
        return ("steps_per_epoch",)
    return ()


def compiled(train: Train, data: Data, head: OutputSpec, lasts: Sequence[str] = ()) -> list[str]:
    """The statements that compile the model; ``lasts`` are the names of its last dense layers."""
    smooth = [f"label_smoothing={literal(train.smooth)}"] if train.smooth else []
    logits = f"from_logits={literal(head.from_logits)}"
    metric, accuracy = '"accuracy"', ""
    if head.outputs == 1:
        threshold = 0.0 if head.from_logits else 0.5
        metric, accuracy = "accuracy", f'BinaryAccuracy("accuracy", threshold={threshold})'
        loss = "Binary"
    else:
        loss = "Categorical" if head.one_hot else "SparseCategorical"
    jit = [f"jit_compile={literal(train.jit)}"] if train.jit is not None else []
    metrics = "weighted_metrics" if train.devices > 1 else "metrics"  # repeated images weigh 0
    return [
        *_schedule(train),
        *_optimizer(train, lasts),
        _call(f"loss = keras.losses.{loss}Crossentropy", [logits, *smooth]),
        *([f"accuracy = keras.metrics.{accuracy}"] if accuracy else []),
        _call("model.compile", ["optimizer", "loss", f"{metrics}=[{metric}]", *jit]),
    ]


def _schedule(train: Train) -> list[str]:
    rate = literal(train.learning_rate)
    schedules = "rate = keras.optimizers.schedules."
    steps = "steps = epochs * steps_per_epoch"
    match train.schedule:
        case "cosine" if train.warmup:
            warmup = f"warmup_steps = min({literal(train.warmup)} * steps_per_epoch, steps - 1)"
            arguments = ["0.0", "steps - warmup_steps", f"warmup_target={rate}"]
            decay = _call(f"{schedules}CosineDecay", [*arguments, "warmup_steps=warmup_steps"])
            return [steps, warmup, decay]
        case "cosine":
            return [steps, _call(f"{schedules}CosineDecay", [rate, "steps"])]
        case "step":
            tenths = [literal(train.learning_rate * scale) for scale in (1, *_TENTHS)]
            arguments = ["[steps // 2, steps * 3 // 4]", f"[{', '.join(tenths)}]"]
            return [steps, _call(f"{schedules}PiecewiseConstantDecay", arguments)]
        case "exponential":
            return [steps, _call(f"{schedules}ExponentialDecay", [rate, "steps", "0.01"])]
        case _:
            return []


def _optimizer(train: Train, lasts: Sequence[str]) -> list[str]:
    name, more = OPTIMIZERS[train.optimizer]
    scheduled = train.schedule not in (None, "plateau")
    arguments = ["rate" if scheduled else literal(train.learning_rate), *more]
    if train.optimizer == "muon" and lasts:
        paths = "|".join(map(re.escape, lasts))
        arguments.append(f"exclude_layers=[{literal(f'(^|/)({paths})/')}]")
    if train.optimizer == "schedulefree" and train.warmup:
        parts = f" // {literal(train.split)}" if train.split > 1 else ""
        arguments.append(f"warmup_steps={literal(train.warmup)} * steps_per_epoch{parts}")
    if train.decay:
        arguments.append(f"weight_decay={literal(train.decay)}")
        if train.optimizer == "muon":
            arguments.append(f"adam_weight_decay={literal(train.decay)}")
    if train.clip:
        arguments.append(f"global_clipnorm={literal(train.clip)}")
    if train.ema:
        arguments += ["use_ema=True", f"ema_momentum={literal(train.ema)}"]
    if train.split > 1:
        arguments.append(f"gradient_accumulation_steps={literal(train.split)}")
    statements = [_call(f"optimizer = keras.optimizers.{name}", arguments)]
    if train.decay or train.optimizer in _DECAYING:
        excluded = 'var_names=["bias", "gamma", "beta"]'
        statements.append(_call("optimizer.exclude_from_weight_decay", [excluded]))
    if train.optimizer == "schedulefree":
        statements += [
            "# without it the averages of TensorFlow begin at 0",
            "optimizer.build(model.trainable_variables)",
        ]
    return statements


def follows_best(train: Train) -> bool:
    """Whether training depends on when the best epoch was."""
    return bool(train.early) or train.schedule == "plateau"


def counts_in_file(train: Train) -> bool:
    """Whether the optimizer does not count all batches, so that a file has to count its epochs.

    Of m micro-batches it counts one, rounded down, and none whose gradients overflow in float16.
    """
    return train.split > 1 or train.policy == "mixed_float16"


def _call(function: str, arguments: Iterable[str]) -> str:
    """The statement ``function(arguments)``."""
    return f"{function}({', '.join(arguments)})"
