"""How a program compiles and fits its model, as statements."""

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


def compiled(train: Train, data: Data, head: OutputSpec, lasts: Sequence[str] = ()) -> list[str]:
    """The statements that compile the model; ``lasts`` are the names of its last dense layers."""
    epochs = epochs_of(train)
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
    made = _optimizer(train, lasts)
    plain = made[0].removeprefix("    optimizer = ")
    is_short = len(made) == 1 and len(plain) <= 40
    optimizer = plain if is_short else "optimizer"
    return [
        *_schedule(train, epochs),
        *([] if is_short else made),
        call(f"loss = keras.losses.{loss}Crossentropy", [logits, *smooth]),
        *([f"    accuracy = keras.metrics.{accuracy}"] if accuracy else []),
        call("model.compile", [optimizer, "loss", f"{metrics}=[{metric}]", *jit]),
    ]


def _schedule(train: Train, epochs: str) -> list[str]:
    rate = literal(train.learning_rate)
    schedules = "keras.optimizers.schedules."
    steps = f"    steps = {epochs} * len(train)"
    match train.schedule:
        case "cosine" if train.warmup:
            warm = f"    warm = min({literal(train.warmup)} * len(train), steps - 1)"
            arguments = ["0.0", "steps - warm", f"warmup_target={rate}", "warmup_steps=warm"]
            return [steps, warm, call(f"rate = {schedules}CosineDecay", arguments)]
        case "cosine":
            return [steps, call(f"rate = {schedules}CosineDecay", [rate, "steps"])]
        case "step":
            tenths = [literal(train.learning_rate * scale) for scale in (1, *_TENTHS)]
            arguments = ["[steps // 2, steps * 3 // 4]", f"[{', '.join(tenths)}]"]
            return [steps, call(f"rate = {schedules}PiecewiseConstantDecay", arguments)]
        case "exponential":
            arguments = [rate, "steps", "0.01"]
            return [steps, call(f"rate = {schedules}ExponentialDecay", arguments)]
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
        arguments.append(f"warmup_steps={literal(train.warmup)} * len(train){parts}")
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
    lines = [call(f"optimizer = keras.optimizers.{name}", arguments)]
    if train.decay or train.optimizer in _DECAYING:
        lines.append('    optimizer.exclude_from_weight_decay(var_names=["bias", "gamma", "beta"])')
    if train.optimizer == "schedulefree":
        made = "    optimizer.build(model.trainable_variables)"
        lines.append(f"{made}  # in fit, TensorFlow's begins at 0")
    return lines


def fitted(train: Train) -> list[str]:
    """The statements that fit the model."""
    callbacks = [
        "keras.callbacks.LambdaCallback(on_epoch_begin=train.start_epoch)",
        "keras.callbacks.LambdaCallback(on_train_batch_begin=train.start_step)",
        "keras.callbacks.TerminateOnNaN()",
        "keras.callbacks.CSVLogger(log, append=done > 0)",
        f"Checkpoint(args, record{', best_epoch' if follows_best(train) else ''})",
    ]
    if train.ema:  # last, for the others to meet the averaged weights at the end of a test
        callbacks.append("keras.callbacks.SwapEMAWeights()")
    listed = [f"    {callback}," for callback in callbacks]
    lines = []
    if "tensorboard" in train.logs:
        lines += [
            "    callbacks = [",
            *(f"    {line}" for line in listed),
            "    ]",
            '    if find_spec("tensorboard"):',
            '        callbacks.append(keras.callbacks.TensorBoard(args.out / "tensorboard"))',
        ]
    if train.early:
        lines += [
            f"    if done - 1 - best_epoch >= {literal(train.early)}:",
            "        epochs = done  # it had stopped early",
        ]
    if train.balanced:
        lines += [
            "    counts = np.bincount(train.labels, minlength=CLASSES)",
            "    weights = len(train.labels) / np.maximum(CLASSES * counts, 1)",
        ]
    if "gpu" in train.logs:
        lines += [
            "    over = threading.Event()",
            '    watch = threading.Thread(target=log_gpu, args=(args.out / "gpu.csv", over))',
            "    watch.start()",
        ]
    lines += [
        "    started = time.perf_counter()",
        *("    try:" for _ in "x" if "gpu" in train.logs),
    ]
    margin = " " * (8 if "gpu" in train.logs else 4)
    arguments = [
        "train",
        "validation_data=validation",
        "initial_epoch=done",
        f"epochs={epochs_of(train)}",
        "shuffle=False",
        *(["class_weight=dict(enumerate(weights))"] if train.balanced else []),
        "verbose=2",
    ]
    lines += [f"{margin}model.fit(", *(f"{margin}    {one}," for one in arguments)]
    if "tensorboard" in train.logs:
        lines.append(f"{margin}    callbacks=callbacks,")
    else:
        inside = (f"{margin}    {line}" for line in listed)
        lines += [f"{margin}    callbacks=[", *inside, f"{margin}    ],"]
    lines.append(f"{margin})")
    if "gpu" in train.logs:
        lines += ["    finally:", "        over.set()", "        watch.join()"]
    return lines


def epochs_of(train: Train) -> str:
    """How the program writes its number of epochs."""
    return "epochs" if train.steps or train.early else "args.epochs"


def follows_best(train: Train) -> bool:
    """Whether training depends on when the best epoch was."""
    return bool(train.early) or train.schedule == "plateau"


def counts_in_file(train: Train) -> bool:
    """Whether the optimizer does not count all batches, so that a file has to count its epochs.

    Of m micro-batches it counts one, rounded down, and none whose gradients overflow in float16.
    """
    return train.split > 1 or train.policy == "mixed_float16"


def call(function: str, arguments: Iterable[str]) -> str:
    """The statement ``function(arguments)`` in a function's body."""
    return f"    {function}({', '.join(arguments)})"
