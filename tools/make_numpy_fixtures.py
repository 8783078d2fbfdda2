#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes tests/data/numpy: what NumPy itself makes of [[0, 1, 2], [3, 4, 5]] in the kinds of .npy and
.npz that situ reads, and of those that it refuses. Needs numpy:

    python tools/make_numpy_fixtures.py
"""
import pathlib

import numpy as np

FOLDER = pathlib.Path(__file__).resolve().parent.parent / "tests" / "data" / "numpy"
DTYPES = ["bool", "uint8", "int8", "int16", "int32", "int64", "float16", "float32", "float64"]


def main():
    FOLDER.mkdir(parents=True, exist_ok=True)
    numbers = np.arange(6).reshape(2, 3)
    arrays = {name: numbers.astype(name) for name in DTYPES}
    for name, array in arrays.items():
        np.save(FOLDER / f"{name}.npy", array)
    fortran = np.asfortranarray(arrays["float32"])
    np.save(FOLDER / "fortran.npy", fortran)
    np.save(FOLDER / "scalar.npy", np.float32(7.5))
    np.save(FOLDER / "empty.npy", np.zeros((0, 3), np.float32))
    for version in ((2, 0), (3, 0)):
        with open(FOLDER / f"version{version[0]}.npy", "wb") as file:
            np.lib.format.write_array(file, arrays["float32"], version=version)
    np.savez(FOLDER / "stored.npz", fortran=fortran, **{"folder/int64": arrays["int64"]})
    np.savez_compressed(FOLDER / "deflated.npz", **arrays)
    np.save(FOLDER / "refused_big_endian.npy", numbers.astype(">f4"))
    np.save(FOLDER / "refused_objects.npy", np.array([{}, []], dtype=object), allow_pickle=True)
    np.save(FOLDER / "refused_structured.npy", np.zeros(2, dtype=[("a", "<f4"), ("b", "<i4")]))
    np.save(FOLDER / "refused_uint16.npy", numbers.astype(np.uint16))
    (FOLDER / "version3.npy").rename(FOLDER / "refused_version3.npy")


if __name__ == "__main__":
    main()
