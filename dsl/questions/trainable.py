"""Which networks a program can train, and on which data: one small rule each, asked in order."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from ...grammar.errors import NetformError
from ..costs.evaluated import EvaluatedNetwork
from ..kinds.softmax import Softmax
from ..network import Network
from ..settings import Data
from ..settings.image_sources import ImageSource
from .output_spec import OutputSpec, final_kind

MOST_PARAMETERS = 10**12
PICTURE_CHANNELS = frozenset({1, 3, 4})  # of image files: grey, colour, colour and alpha


@dataclass(frozen=True, slots=True)
class Plan:
    """A network at a width, on the data of its settings."""

    network: Network
    evaluated: EvaluatedNetwork
    output_spec: OutputSpec

    @property
    def data(self) -> Data:
        """The data settings."""
        return self.network.data

    @property
    def images(self) -> ImageSource:
        """The source of the images."""
        return self.data.images

    @property
    def shape(self) -> tuple[int, ...]:
        """The extents of the input, and its channels."""
        return self.evaluated.input

    @property
    def is_picture(self) -> bool:
        """Whether the input has two axes, beside its channels."""
        return len(self.shape) == 3

    @property
    def is_image_file(self) -> bool:
        """Whether an image file can hold such an input."""
        return self.is_picture and self.shape[-1] in PICTURE_CHANNELS


@dataclass(frozen=True, slots=True)
class Obstacle:
    """Why a network cannot be trained on its data, and what to change."""

    message: str
    hint: str


def check(network: Network, evaluated: EvaluatedNetwork, output_spec: OutputSpec) -> None:
    """Raise NetformError where a program cannot train the network on its data."""
    for refusal in refusals(Plan(network, evaluated, output_spec)):
        raise refusal


def refusals(plan: Plan) -> list[NetformError]:
    """Every reason why a program cannot train the network on its data."""
    program, last = plan.network.program, plan.network.layers[-1]
    span = next((one.span for one in program.data if one.key != "aug"), None)
    place = (last.span, last.source) if span is None else (span, program.source)
    found = (rule(plan) for rule in RULES)
    return [NetformError(o.message, *place, o.hint) for o in found if o is not None]


def _some_layer_has_weights(plan: Plan) -> Obstacle | None:
    if plan.evaluated.trainable:
        return None
    return Obstacle(
        "a program trains weights, but no layer of this network has any",
        "add a layer with weights, such as fc10",
    )


def _the_network_can_be_built(plan: Plan) -> Obstacle | None:
    if plan.evaluated.params <= MOST_PARAMETERS:
        return None
    return Obstacle(
        f"a program builds the network, but {plan.evaluated.params:,} parameters are too many",
        "write a smaller network",
    )


def _a_softmax_has_several_outputs(plan: Plan) -> Obstacle | None:
    final = final_kind(plan.evaluated.graph.layers)
    if plan.output_spec.outputs > 1 or not isinstance(final, Softmax):
        return None
    return Obstacle("the softmax of one output is always 1", "use sigmoid, or leave the logit bare")


def _augmentation_keeps_labels(plan: Plan) -> Obstacle | None:
    if not plan.data.augments or not plan.output_spec.per_pixel:
        return None
    return Obstacle(
        "augmentation changes the images but not their labels, one for every pixel",
        "leave out aug=",
    )


def _augmentation_needs_pictures(plan: Plan) -> Obstacle | None:
    if not plan.data.augments or plan.is_picture:
        return None
    return Obstacle("only images of two axes are augmented", "leave out aug=")


def _mixup_needs_classes(plan: Plan) -> Obstacle | None:
    if not plan.data.mixup or plan.output_spec.outputs > 1:
        return None
    return Obstacle(
        "mixup shares an image between classes, but the network has one output",
        "end the network in two outputs, such as fc2",
    )


def _balancing_needs_one_label_an_image(plan: Plan) -> Obstacle | None:
    if not plan.network.train.balanced or not plan.output_spec.per_pixel:
        return None
    return Obstacle(
        "classes are balanced by images, but here every pixel has a label",
        "leave out weights=",
    )


def _predictions_need_one_label_an_image(plan: Plan) -> Obstacle | None:
    if not plan.data.predicts or not plan.output_spec.per_pixel:
        return None
    return Obstacle(
        "a file of predictions has one class an image, but here every pixel has one",
        "leave out predict=on",
    )


def _predictions_need_image_files(plan: Plan) -> Obstacle | None:
    if not plan.data.predicts or plan.is_image_file:
        return None
    return Obstacle(
        "pictures in a folder have two axes and 1, 3 or 4 channels, but the input has not",
        "leave out predict=on",
    )


def _the_input_has_the_axes_of_the_images(plan: Plan) -> Obstacle | None:
    if plan.is_picture or plan.data.source in {"synthetic", "npz"}:
        return None
    return Obstacle(
        f"the number of axes of the input is {len(plan.shape) - 1}, but 2 are needed to train on "
        f"{plan.images.in_words}",
        "use npz=, or random images with set=synthetic",
    )


def _a_crop_is_smaller_than_the_image(plan: Plan) -> Obstacle | None:
    side = min(plan.shape[:-1])
    if plan.data.crop < side:
        return None
    return Obstacle(
        f"a crop shifts an image by less than its side of {side}, not by {plan.data.crop}",
        "use a smaller crop",
    )


def _a_cutout_leaves_pixels(plan: Plan) -> Obstacle | None:
    side = min(plan.shape[:-1])
    if plan.data.cutout < side:
        return None
    return Obstacle(
        f"a cutout blanks a square smaller than the image's side of {side}, not of "
        f"{plan.data.cutout}",
        "use a smaller cutout",
    )


def _the_data_has_labels_for_pixels(plan: Plan) -> Obstacle | None:
    if not plan.output_spec.per_pixel or plan.data.source in {"synthetic", "npz"}:
        return None
    size = "x".join(map(str, (*plan.output_spec.per_pixel, plan.output_spec.outputs)))
    return Obstacle(
        f"the network ends in a map of {size}, but there is one label an image in "
        f"{plan.images.in_words}",
        "end the network in gap or fc, or use npz= with a label for every pixel",
    )


def _every_class_has_an_output(plan: Plan) -> Obstacle | None:
    classes = plan.images.classes
    if classes is None or plan.output_spec.classes >= classes:
        return None
    return Obstacle(
        f"the number of outputs is {plan.output_spec.outputs}, but {classes} are needed to train "
        f"on {plan.images.in_words}",
        f"end the network in fc{classes}",
    )


def _a_folder_has_image_files(plan: Plan) -> Obstacle | None:
    if plan.data.source != "folder" or plan.shape[-1] in PICTURE_CHANNELS:
        return None
    return Obstacle(
        f"images in a folder have 1, 3 or 4 channels, but the input has {plan.shape[-1]}",
        "write for example input 64x64x3",
    )


def _randaugment_needs_grey_or_colours(plan: Plan) -> Obstacle | None:
    if not plan.data.randaugment or plan.shape[-1] in {1, 3}:
        return None
    return Obstacle(
        f"randaugment changes images of 1 or 3 channels, but the input has {plan.shape[-1]}",
        "leave out randaugment",
    )


def _files_that_may_be_broken_are_in_a_folder(plan: Plan) -> Obstacle | None:
    if not plan.data.skips_broken or plan.data.source == "folder":
        return None
    return Obstacle(
        f"broken=skip leaves out image files, but the program reads {plan.images.in_words}",
        "leave out broken=, or use folder=",
    )


RULES: tuple[Callable[[Plan], Obstacle | None], ...] = (
    _some_layer_has_weights,
    _the_network_can_be_built,
    _a_softmax_has_several_outputs,
    _augmentation_keeps_labels,
    _augmentation_needs_pictures,
    _mixup_needs_classes,
    _balancing_needs_one_label_an_image,
    _predictions_need_one_label_an_image,
    _predictions_need_image_files,
    _the_input_has_the_axes_of_the_images,
    _a_crop_is_smaller_than_the_image,
    _a_cutout_leaves_pixels,
    _the_data_has_labels_for_pixels,
    _every_class_has_an_output,
    _a_folder_has_image_files,
    _randaugment_needs_grey_or_colours,
    _files_that_may_be_broken_are_in_a_folder,
)
