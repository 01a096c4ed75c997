"""What the settings of ``train`` do to length, batches, loss, numbers and speed."""

import math

import keras
import numpy as np
import pytest


def test_train_batch_is_the_number_of_images_a_step(begun):
    train = begun("train batch=50").train
    assert len(train[0][0]) == 50
    assert len(train) == -(-len(train.labels) // 50)


def test_train_epochs_is_how_long_it_fits(begun):
    assert begun("train epochs=7").epochs == 7


def test_train_steps_are_as_many_epochs_as_they_need(begun, capsys):
    started = begun("train steps=40 batch=32")
    assert started.epochs == -(-40 // len(started.train))
    assert f"40 steps of 32 images are {started.epochs} epochs" in capsys.readouterr().out


@pytest.mark.parametrize("word", ["split", "subdivisions"])
def test_train_split_steps_once_for_all_parts_of_a_batch(word, begun):
    started = begun(f"train {word}=4 batch=32 opt=sgd lr=1")
    assert len(started.train[0][0]) == 8
    before = [np.array(weight) for weight in started.model.trainable_variables]
    gradients = [np.random.default_rng(n).normal(size=before[0].shape) for n in range(4)]
    kernel = started.model.trainable_variables[0]
    started.optimizer.build(started.model.trainable_variables)
    for gradient in gradients:
        np.testing.assert_array_equal(kernel, before[0])
        rest = [np.zeros_like(weight) for weight in before[1:]]
        arrays = map(keras.ops.convert_to_tensor, [gradient.astype("float32"), *rest])
        started.optimizer.apply(list(arrays))
    np.testing.assert_allclose(kernel, before[0] - np.mean(gradients, axis=0), rtol=1e-4, atol=1e-6)


test_train_subdivisions_is_another_word_for_split = (
    test_train_split_steps_once_for_all_parts_of_a_batch
)


# ---- loss, numbers, speed


def test_train_smooth_shares_a_part_of_every_label(begun):
    started = begun("train smooth=0.3")
    scores = np.array([[2.0, -1.0, 0.5]], "float32")
    logs = scores[0] - math.log(np.exp(scores).sum())
    wanted = np.array([0.1, 0.8, 0.1])  # 0.7 of the class, and 0.3 of all three
    labels = np.array([[0, 1, 0]], "float32")
    assert float(started.model.loss(labels, scores)) == pytest.approx(
        -(wanted * logs).sum(), rel=1e-4
    )


def test_train_weights_balanced_gives_classes_the_same_say(begun, tmp_path):
    labels = np.repeat([0, 1, 2], [200, 40, 10])
    arrays = {"x_train": np.zeros((250, 4, 4, 1)), "y_train": labels}
    np.savez(tmp_path / "d.npz", **arrays, x_test=arrays["x_train"], y_test=labels)
    started = begun(f'data npz="{tmp_path}/d.npz" train weights=balanced')
    counts = np.bincount(started.train.labels)
    say = [started.class_weight[label] * count for label, count in enumerate(counts)]
    assert say == pytest.approx([counts.sum() / 3] * 3)
    assert not hasattr(begun(f'data npz="{tmp_path}/d.npz" train weights=equal'), "class_weight")


@pytest.mark.parametrize(
    ("policy", "computed", "kept"),
    [
        ("float32", "float32", "float32"),
        ("float64", "float64", "float64"),
        ("mixed_float16", "float16", "float32"),
        ("mixed_bfloat16", "bfloat16", "float32"),
    ],
)
def test_train_policy_is_what_layers_compute_and_keep(policy, computed, kept, begun):
    model = begun(f"train policy={policy}").model
    assert model.get_layer("conv1").compute_dtype == computed
    assert model.output.dtype == kept
    assert {weight.dtype for weight in model.trainable_variables} == {kept}
    assert hasattr(model.optimizer, "inner_optimizer") == (policy == "mixed_float16")


def test_train_jit_reaches_compile(begun):
    assert begun("train jit=on").model.jit_compile is True
    assert begun("train jit=off").model.jit_compile is False
