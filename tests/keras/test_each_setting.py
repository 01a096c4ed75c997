"""Every setting has a row, a field and a test that shows what it does in the program.

The tests are in test_data_settings.py, test_train_settings.py, test_optimizer_settings.py and
test_log_settings.py. They begin with ``test_data_SETTING_`` or ``test_train_SETTING_``, those of a
word of a setting with the word after that. ELSEWHERE lists what another file shows.
"""

import dataclasses
import re
from pathlib import Path

import pytest

import netform
from netform.dsl.settings import LOGS, ROWS, SCHEDULES, Data, Train
from netform.dsl.settings.augmentations import AUGMENTATIONS

ELSEWHERE = {
    "data_npz": "test_arrays.py::test_batches_have_the_values_of_the_file",
    "data_folder": "test_image_files.py::test_a_val_folder_validates",
    "data_broken": "test_image_files.py::test_data_broken_skip_leaves_broken_files_out",
    "data_aug_crop": "test_training.py::test_augmentation_mirrors_and_shifts_training_images_only",
    "train_device": "test_cards.py::test_a_card_is_chosen_by_its_number_in_nvidia_smi",
    "train_devices": "test_sharing.py::test_two_devices_learn_what_one_learns",
    "train_memory": "test_cards.py::test_pytorch_takes_a_share_of_every_card",
    "train_max_batches": "test_settings.py::test_a_length_in_batches_is_given_in_epochs",
}


def read(file):
    return file.read_text(encoding="utf-8")


def test_every_setting_has_a_test():
    files = Path(__file__).parent.glob("test_*_settings.py")
    tests = re.findall(r"^def (test_\w+)|^(test_\w+) =", "".join(map(read, files)), re.MULTILINE)
    names = {name or alias for name, alias in tests}
    asked = [f"{row.statement}_{row.key}" for row in ROWS]
    asked += [f"data_aug_{word}" for word in AUGMENTATIONS]
    asked += [f"train_schedule_{word}" for word in SCHEDULES] + [f"train_log_{w}" for w in LOGS]
    for setting in asked:
        if setting in ELSEWHERE:
            file, _, name = ELSEWHERE[setting].partition("::")
            assert f"def {name}(" in read(Path(__file__).parent / file)
        else:
            assert any(name.startswith(f"test_{setting}_") for name in names), setting


def test_every_field_has_a_setting():
    for statement, fields in (("data", Data), ("train", Train)):
        rows = [row for row in ROWS if row.statement == statement]
        found = {row.field for row in rows} - {""}
        if statement == "data":
            found |= {"path", *AUGMENTATIONS}
        assert found == {field.name for field in dataclasses.fields(fields)}


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.key)
def test_a_row_reads_its_example_and_refuses_another_value(row):
    assert [other.key for other in ROWS].count(row.key) == 1
    assert row.meaning
    found = row.fields(row.example.strip('"'))
    kind = {"data": Data, "train": Train}[row.statement]
    assert set(found) <= {field.name for field in dataclasses.fields(kind)}
    wrong = "no;such" if row.is_swept else ""
    with pytest.raises(netform.NetformError, match=f"{row.key} is .*, not '{wrong}'") as caught:
        netform.parse(f'input 8x8x3 {row.statement} {row.key}="{wrong}" fc10')
    assert caught.value.hint
