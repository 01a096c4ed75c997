"""How a program compiles its model, and what training asks of the rest of the program."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction

from ...dsl.questions.output_spec import OutputSpec
from ...dsl.settings import Train
from ..python.source import literal


@dataclass(frozen=True, slots=True)
class Optimizer:
    """An optimizer of Keras: its class, and its arguments beside those of the settings.

    ``decays`` means that it has a weight decay by default. ``since`` is the first version of Keras
    that has it; None means all of Keras 3.
    """

    name: str
    arguments: tuple[str, ...] = ()
    decays: bool = False
    since: tuple[int, int] | None = None


OPTIMIZERS = {
    "sgd": Optimizer("SGD"),
    "momentum": Optimizer("SGD", ("momentum=0.9",)),
    "rmsprop": Optimizer("RMSprop"),
    "adagrad": Optimizer("Adagrad"),
    "lion": Optimizer("Lion"),
    "adam": Optimizer("Adam"),
    "adamw": Optimizer("AdamW", decays=True),
    "adamax": Optimizer("Adamax"),
    "nadam": Optimizer("Nadam"),
    "adadelta": Optimizer("Adadelta"),
    "lamb": Optimizer("Lamb"),
    "ftrl": Optimizer("Ftrl"),
    # with Keras' own 1e-30 the square roots of a dead row and column underflow: weights are NaN
    "adafactor": Optimizer("Adafactor", ("epsilon_1=1e-16",)),
    "muon": Optimizer("Muon", ("exclude_embeddings=False",), decays=True, since=(3, 13)),
    # with 1.0, steps start at the average, which is then tested and saved on all backends; with a
    # smaller beta_1, Keras 3.15 saves another value on JAX
    "schedulefree": Optimizer("ScheduleFreeAdamW", ("beta_1=1.0",), since=(3, 14)),
}
PATIENCE = 10  # epochs without a better one after which a plateau lowers the rate
_LONGEST_ARGUMENT = 40  # characters
_TENTHS = (Fraction(1, 10), Fraction(1, 100))


def compiled(train: Train, output_spec: OutputSpec, final_dense: Sequence[str] = ()) -> list[str]:
    """The statements that compile the model; ``final_dense`` names its last dense layers."""
    smooth = [f"label_smoothing={literal(train.smooth)}"] if train.smooth else []
    logits = f"from_logits={literal(output_spec.from_logits)}"
    metric, accuracy = '"accuracy"', ""
    if output_spec.outputs == 1:
        threshold = 0.0 if output_spec.from_logits else 0.5
        metric, accuracy = "accuracy", f'BinaryAccuracy("accuracy", threshold={threshold})'
        loss = "Binary"
    else:
        loss = "Categorical" if output_spec.one_hot else "SparseCategorical"
    jit = [f"jit_compile={literal(train.jit)}"] if train.jit is not None else []
    metrics = "weighted_metrics" if train.devices > 1 else "metrics"  # repeated images weigh 0
    optimizer, statements = _optimizer(train, final_dense)
    return [
        *_schedule(train),
        *statements,
        _call(f"loss = keras.losses.{loss}Crossentropy", [logits, *smooth]),
        *([f"accuracy = keras.metrics.{accuracy}"] if accuracy else []),
        _call("model.compile", [optimizer, "loss", f"{metrics}=[{metric}]", *jit]),
    ]


def _schedule(train: Train) -> list[str]:
    rate = literal(train.learning_rate)
    schedules = "rate = keras.optimizers.schedules."
    steps = "steps = args.epochs * len(training)"
    match train.schedule:
        case "cosine" if train.warmup:
            warmup = f"warmup_steps = min({literal(train.warmup)} * len(training), steps - 1)"
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


def _optimizer(train: Train, final_dense: Sequence[str]) -> tuple[str, list[str]]:
    """The optimizer as an argument of ``compile``, and the statements before it.

    A short call is the argument itself; a longer one, or a call with statements after it, has a
    name.
    """
    optimizer = OPTIMIZERS[train.optimizer]
    arguments = [
        "rate" if is_scheduled(train) else literal(train.learning_rate),
        *optimizer.arguments,
        *_own_arguments(train, final_dense),
        *_common_arguments(train),
    ]
    call = _call(f"keras.optimizers.{optimizer.name}", arguments)
    statements = []
    if train.decay or optimizer.decays:
        excluded = 'var_names=["bias", "gamma", "beta"]'
        statements.append(_call("optimizer.exclude_from_weight_decay", [excluded]))
    if train.optimizer == "schedulefree":
        statements += [
            "# without it the averages of TensorFlow begin at 0",
            "optimizer.build(model.trainable_variables)",
        ]
    if not statements and len(call) <= _LONGEST_ARGUMENT:
        return call, []
    return "optimizer", [f"optimizer = {call}", *statements]


def _own_arguments(train: Train, final_dense: Sequence[str]) -> Iterator[str]:
    """The arguments that only one optimizer takes."""
    if train.optimizer == "muon" and final_dense:
        paths = "|".join(map(re.escape, final_dense))
        yield f"exclude_layers=[{literal(f'(^|/)({paths})/')}]"
    if train.optimizer == "schedulefree" and train.warmup:
        parts = f" // {literal(train.split)}" if train.split > 1 else ""
        yield f"warmup_steps={literal(train.warmup)} * len(training){parts}"


def _common_arguments(train: Train) -> Iterator[str]:
    """The arguments that all optimizers take, without the second decay of Muon."""
    if train.decay:
        yield f"weight_decay={literal(train.decay)}"
    if train.decay and train.optimizer == "muon":
        yield f"adam_weight_decay={literal(train.decay)}"
    if train.clip:
        yield f"global_clipnorm={literal(train.clip)}"
    if train.ema:
        yield "use_ema=True"
        yield f"ema_momentum={literal(train.ema)}"
    if train.split > 1:
        yield f"gradient_accumulation_steps={literal(train.split)}"


def is_scheduled(train: Train) -> bool:
    """Whether the learning rate follows a schedule of Keras."""
    return train.schedule not in {None, "plateau"}


def _call(function: str, arguments: Iterable[str]) -> str:
    """The statement ``function(arguments)``."""
    return f"{function}({', '.join(arguments)})"
