// SPDX-License-Identifier: Apache-2.0
#include "situ/io/hdf5.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>
#include <hdf5.h>

#include <fstream>
#include <stdexcept>
#include <string>

#include "situ/core/errors.h"
#include "situ/core/random.h"
#include "situ/core/temporary_folder.h"
#include "situ/io/file_bytes.h"

namespace situ {
namespace {

TEST(Hdf5, HoldsRealNumbersExactly) {
  const TemporaryFolder folder;
  const at::Tensor numbers = at::tensor({-1.5, 0.25, 65504.0, 5.9604644775390625e-08, 0.0, 3.0});
  for (const at::ScalarType dtype : {at::kHalf, at::kFloat, at::kDouble}) {
    const at::Tensor array = numbers.to(dtype).view({2, 3});
    save_hdf5(folder / "a.hdf5", "value", array);
    const at::Tensor read = load_hdf5(folder / "a.hdf5", "value");
    EXPECT_EQ(read.scalar_type(), dtype == at::kDouble ? at::kDouble : at::kFloat);
    EXPECT_TRUE(read.to(at::kDouble).equal(array.to(at::kDouble)));
  }
  EXPECT_THROW(save_hdf5(folder / "b.hdf5", "value", at::ones({2}, at::kLong)),
               std::invalid_argument);
  EXPECT_FALSE(std::filesystem::exists(folder / "b.hdf5"));
}

TEST(Hdf5, GivesTheSameBytesForTheSameNumbers) {
  const TemporaryFolder folder;
  save_hdf5(folder / "a.hdf5", "value", at::ones({4, 4}, at::kHalf));
  save_hdf5(folder / "b.hdf5", "value", at::ones({4, 4}, at::kHalf));
  EXPECT_EQ(read_file(folder / "a.hdf5"), read_file(folder / "b.hdf5"));
}

// A file that the library writes itself, with what is done to its root.
template <class Make>
std::filesystem::path made_file(const TemporaryFolder& folder, const Make& make) {
  const std::filesystem::path path = folder / "made.hdf5";
  const hid_t file = H5Fcreate(path.c_str(), H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);
  make(file);
  H5Fclose(file);
  return path;
}

TEST(Hdf5, ReadsWhatSegmentMeIfYouCanWrites) {  // in chunks, compressed, of small whole numbers
  const TemporaryFolder folder;
  const auto path = made_file(folder, [](hid_t file) {
    const hsize_t sizes[] = {3, 5};
    const hsize_t chunk[] = {2, 2};
    const hid_t space = H5Screate_simple(2, sizes, nullptr);
    const hid_t creation = H5Pcreate(H5P_DATASET_CREATE);
    H5Pset_chunk(creation, 2, chunk);
    H5Pset_deflate(creation, 4);
    const hid_t array =
        H5Dcreate2(file, "value", H5T_STD_U16BE, space, H5P_DEFAULT, creation, H5P_DEFAULT);
    const at::Tensor numbers = at::arange(15, at::kFloat).mul(4000);
    H5Dwrite(array, H5T_NATIVE_FLOAT, H5S_ALL, H5S_ALL, H5P_DEFAULT, numbers.const_data_ptr());
    H5Dclose(array);
    H5Pclose(creation);
    H5Sclose(space);
  });
  EXPECT_TRUE(load_hdf5(path, "value").equal(at::arange(15, at::kFloat).mul(4000).view({3, 5})));
}

TEST(Hdf5, RefusesArraysOfOtherKinds) {
  const TemporaryFolder folder;
  save_hdf5(folder / "a.hdf5", "scores", at::ones({2, 2}));
  EXPECT_THROW(load_hdf5(folder / "a.hdf5", "value"), DataError);
  EXPECT_THROW(load_hdf5(folder / "none.hdf5", "value"), FileError);
  const auto group = made_file(folder, [](hid_t file) {
    H5Gclose(H5Gcreate2(file, "value", H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT));
  });
  EXPECT_THROW(load_hdf5(group, "value"), DataError);
  const auto huge = made_file(folder, [](hid_t file) {
    const hsize_t sizes[] = {hsize_t{1} << 40, hsize_t{1} << 20};
    const hsize_t chunk[] = {1, 1};
    const hid_t space = H5Screate_simple(2, sizes, nullptr);
    const hid_t creation = H5Pcreate(H5P_DATASET_CREATE);
    H5Pset_chunk(creation, 2, chunk);
    H5Dclose(H5Dcreate2(file, "value", H5T_IEEE_F32LE, space, H5P_DEFAULT, creation, H5P_DEFAULT));
    H5Pclose(creation);
    H5Sclose(space);
  });
  EXPECT_THROW(load_hdf5(huge, "value"), DataError);
}

TEST(Hdf5, ReadsNothingOutsideTheFile) {
  const TemporaryFolder folder;
  save_hdf5(folder / "secret.hdf5", "value", at::ones({2, 2}));
  const std::string secret = folder / "secret.hdf5";
  const auto link = made_file(folder, [&](hid_t file) {
    H5Lcreate_external(secret.c_str(), "value", file, "value", H5P_DEFAULT, H5P_DEFAULT);
  });
  EXPECT_THROW(load_hdf5(link, "value"), DataError);
  const auto outside = made_file(folder, [&](hid_t file) {
    const hsize_t sizes[] = {2, 2};
    const hid_t space = H5Screate_simple(2, sizes, nullptr);
    const hid_t creation = H5Pcreate(H5P_DATASET_CREATE);
    H5Pset_external(creation, secret.c_str(), 0, H5F_UNLIMITED);
    H5Dclose(H5Dcreate2(file, "value", H5T_IEEE_F32LE, space, H5P_DEFAULT, creation, H5P_DEFAULT));
    H5Pclose(creation);
    H5Sclose(space);
  });
  EXPECT_THROW(load_hdf5(outside, "value"), DataError);
}

TEST(Hdf5, RefusesDamagedFiles) {
  const TemporaryFolder folder;
  save_hdf5(folder / "good.hdf5", "value", at::ones({8, 8}));
  const std::string good = read_file(folder / "good.hdf5");
  Random random(3);
  const auto load = [&](const std::string& bytes) {
    std::ofstream(folder / "bad.hdf5", std::ios::binary) << bytes;
    return load_hdf5(folder / "bad.hdf5", "value");
  };
  for (const size_t length : {size_t{0}, size_t{7}, size_t{96}, good.size() / 2}) {
    EXPECT_THROW(load(good.substr(0, length)), DataError) << length;
  }
  for (int i = 0; i < 300; ++i) {  // a flipped bit is refused or gives some array
    std::string bytes = good;
    bytes[static_cast<size_t>(random.integer(0, static_cast<int64_t>(good.size())))] ^= 1
                                                                                        << (i % 8);
    try {
      EXPECT_LE(load(bytes).numel(), int64_t{1} << 28);
    } catch (const DataError&) {
    }
  }
}

}  // namespace
}  // namespace situ
