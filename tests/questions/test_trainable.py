"""Every rule of what can be trained on which data refuses a network, at its place, with a hint."""

import pytest

import netform
from netform.codegen.target import target
from netform.dsl.questions import trainable

REFUSED = {
    "_some_layer_has_weights": (
        "input 8x8x1 data set=digits pool2",
        "a program trains weights, but no layer of this network has any",
    ),
    "_the_network_can_be_built": (
        "input 8x8x1 data set=digits fc10000000 fc10000000",
        "a program builds the network, but 100,000,660,000,000 parameters are too many",
    ),
    "_a_softmax_has_several_outputs": (
        "input 8x8x1 data set=digits fc1 softmax",
        "the softmax of one output is always 1",
    ),
    "_augmentation_keeps_labels": (
        "input 8x8x1 data npz=x aug=flip conv4k3",
        "augmentation changes the images but not their labels, one for every pixel",
    ),
    "_augmentation_needs_pictures": (
        "input 8x1 data npz=x aug=flip fc2",
        "only images of two axes are augmented",
    ),
    "_mixup_needs_classes": (
        "input 8x8x1 data npz=x aug=mixup0.2 fc1",
        "mixup shares an image between classes, but the network has one output",
    ),
    "_balancing_needs_one_label_an_image": (
        "input 8x8x1 data npz=x train weights=balanced conv4k3",
        "classes are balanced by images, but here every pixel has a label",
    ),
    "_predictions_need_one_label_an_image": (
        "input 8x8x1 data npz=x predict=on conv4k3",
        "a file of predictions has one class an image, but here every pixel has one",
    ),
    "_predictions_need_image_files": (
        "input 8x8x2 data npz=x predict=on fc2",
        "pictures in a folder have two axes and 1, 3 or 4 channels, but the input has not",
    ),
    "_the_input_has_the_axes_of_the_images": (
        "input 8x8x8x1 data folder=x fc2",
        "the number of axes of the input is 3, but 2 are needed to train on a folder of images, "
        "one folder per class",
    ),
    "_a_crop_is_smaller_than_the_image": (
        "input 8x9x1 data npz=x aug=crop8 fc2",
        "a crop shifts an image by less than its side of 8, not by 8",
    ),
    "_a_cutout_leaves_pixels": (
        "input 8x9x1 data npz=x aug=cutout8 fc2",
        "a cutout blanks a square smaller than the image's side of 8, not of 8",
    ),
    "_the_data_has_labels_for_pixels": (
        "input 8x8x1 data set=mnist conv10k3",
        "the network ends in a map of 8x8x10, but there is one label an image in MNIST",
    ),
    "_every_class_has_an_output": (
        "input 8x8x1 data set=cifar100 fc99",
        "the number of outputs is 99, but 100 are needed to train on CIFAR-100",
    ),
    "_a_folder_has_image_files": (
        "input 8x8x2 data folder=x fc2",
        "images in a folder have 1, 3 or 4 channels, but the input has 2",
    ),
    "_randaugment_needs_grey_or_colours": (
        "input 8x8x4 data npz=x aug=randaugment fc2",
        "randaugment changes images of 1 or 3 channels, but the input has 4",
    ),
    "_files_that_may_be_broken_are_in_a_folder": (
        "input 8x8x1 data npz=x broken=skip fc2",
        "broken=skip leaves out image files, but the program reads the images of an .npz file",
    ),
}


def test_every_rule_is_shown():
    assert [rule.__name__ for rule in trainable.RULES] == list(REFUSED)


@pytest.mark.parametrize("name", REFUSED)
def test_a_rule_refuses_and_no_rule_before_it(name):
    text, message = REFUSED[name]
    network = netform.parse(text)
    for ask in (network.emit, lambda: target().check(network)):
        with pytest.raises(netform.NetformError) as caught:
            ask()
        assert caught.value.message == message
        assert caught.value.hint
        assert caught.value.span == network.program.data[0].span


def test_without_a_data_set_the_place_is_the_last_layer():
    network = netform.parse("input 8x8x1 data aug=flip conv4k3")
    with pytest.raises(netform.NetformError) as caught:
        network.emit()
    assert caught.value.span == network.layers[-1].span
