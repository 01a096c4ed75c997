"""Run a program on two devices, the processor twice: ``two_devices.py PROGRAM WORD...``.

Not a pytest module. It prints how many images of a batch every device takes to train with.
"""

import os
import runpy
import sys

BACKEND = os.environ.get("KERAS_BACKEND", "tensorflow")


def pretend_with_tensorflow():
    import keras
    import tensorflow as tf

    (processor,) = tf.config.list_physical_devices("CPU")
    both = [tf.config.LogicalDeviceConfiguration()] * 2
    tf.config.set_logical_device_configuration(processor, both)
    train_step = keras.Model.train_step

    def telling(model, data):
        device = tf.constant(0).device.rpartition(":")[2]
        tf.print("device", device, "takes", tf.shape(data[0])[0], output_stream=sys.stdout)
        return train_step(model, data)

    keras.Model.train_step = telling


def pretend_with_jax():
    os.environ["XLA_FLAGS"] = "--xla_force_host_platform_device_count=2"
    import jax

    place = jax.make_array_from_process_local_data

    def telling(*arguments):
        array = place(*arguments)
        for shard in array.addressable_shards if array.ndim == 4 else []:
            print("device", shard.device.id, "takes", shard.data.shape[0])
        return array

    jax.make_array_from_process_local_data = telling


if __name__ == "__main__":
    pretend_with_jax() if BACKEND == "jax" else pretend_with_tensorflow()
    del sys.argv[0]
    sys.path[0] = ""
    runpy.run_path(sys.argv[0], run_name="__main__")
