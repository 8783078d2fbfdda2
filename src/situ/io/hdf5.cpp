// SPDX-License-Identifier: Apache-2.0
#include "situ/io/hdf5.h"

#include <ATen/ATen.h>
#include <hdf5.h>

#include <mutex>
#include <stdexcept>
#include <utility>
#include <vector>

#include "situ/core/errors.h"
#include "situ/io/atomic_file.h"
#include "situ/io/file_bytes.h"

namespace situ {
namespace {

constexpr int64_t kMostNumbers = int64_t{1} << 28;
constexpr size_t kMemoryStep = size_t{1} << 20;

// Debian's library is not made for several threads.
std::mutex& library_mutex() {
  static std::mutex mutex;
  return mutex;
}

// What the library gives out, closed by its kind's function.
class Handle {
 public:
  Handle(hid_t id, herr_t (*close)(hid_t)) : id_(id), close_(close) {}
  Handle(Handle&& other) noexcept
      : id_(std::exchange(other.id_, H5I_INVALID_HID)), close_(other.close_) {}
  Handle(const Handle&) = delete;
  Handle& operator=(const Handle&) = delete;
  ~Handle() {
    if (id_ >= 0) close_(id_);
  }
  explicit operator bool() const { return id_ >= 0; }
  hid_t id() const { return id_; }

 private:
  hid_t id_;
  herr_t (*close_)(hid_t);
};

// Messages belong into exceptions, and code of plugins into no process of ours.
void prepare_library() {
  H5Eset_auto2(H5E_DEFAULT, nullptr, nullptr);
  H5PLset_loading_state(0);
}

// A file that lives in memory alone.
Handle memory_file_access() {
  Handle access(H5Pcreate(H5P_FILE_ACCESS), H5Pclose);
  H5Pset_fapl_core(access.id(), kMemoryStep, /*backing_store=*/0);
  return access;
}

Handle half_type() {
  Handle type(H5Tcopy(H5T_IEEE_F32LE), H5Tclose);
  H5Tset_fields(type.id(), 15, 10, 5, 0, 10);  // sign, exponent and its bits, mantissa and its bits
  H5Tset_size(type.id(), 2);
  H5Tset_ebias(type.id(), 15);
  return type;
}

// The dtype that holds the numbers of a type exactly.
at::ScalarType dtype_for(hid_t type, const std::string& file) {
  const size_t bytes = H5Tget_size(type);
  switch (H5Tget_class(type)) {
    case H5T_FLOAT:
      if (bytes <= 4) return at::kFloat;
      if (bytes == 8) return at::kDouble;
      break;
    case H5T_INTEGER:
      if (bytes <= 2) return at::kFloat;
      if (bytes == 4) return at::kDouble;
      break;
    default:
      break;
  }
  throw DataError(file, "expected real numbers of up to 64 bits or whole ones of up to 32");
}

std::vector<int64_t> shape_of(hid_t array, const std::string& file) {
  const Handle space(H5Dget_space(array), H5Sclose);
  const int axes = space ? H5Sget_simple_extent_ndims(space.id()) : -1;
  if (axes < 0) throw DataError(file, "the array has no shape");
  std::vector<hsize_t> sizes(static_cast<size_t>(axes));
  H5Sget_simple_extent_dims(space.id(), sizes.data(), nullptr);
  std::vector<int64_t> shape;
  int64_t numbers = 1;
  for (const hsize_t size : sizes) {
    if (size > static_cast<hsize_t>(kMostNumbers) ||
        (numbers *= static_cast<int64_t>(size)) > kMostNumbers) {
      throw DataError(file, "expected at most " + std::to_string(kMostNumbers) + " numbers");
    }
    shape.push_back(static_cast<int64_t>(size));
  }
  return shape;
}

[[noreturn]] void throw_elsewhere(const std::string& name, const std::string& file) {
  throw DataError(file, "'" + name + "' points to numbers outside the file, which are not read");
}

// An array whose numbers the file itself holds. A link is looked at before it is followed.
Handle open_own_array(hid_t content, const std::string& name, const std::string& file) {
  H5L_info_t link;
  if (H5Lget_info(content, name.c_str(), &link, H5P_DEFAULT) < 0) {
    throw DataError(file, "expected an array '" + name + "', which is not there");
  }
  if (link.type != H5L_TYPE_HARD) throw_elsewhere(name, file);
  Handle array(H5Dopen2(content, name.c_str(), H5P_DEFAULT), H5Dclose);
  if (!array) throw DataError(file, "'" + name + "' is no array that can be read");
  const Handle layout(H5Dget_create_plist(array.id()), H5Pclose);
  if (!layout || H5Pget_layout(layout.id()) == H5D_VIRTUAL ||
      H5Pget_external_count(layout.id()) != 0) {
    throw_elsewhere(name, file);
  }
  return array;
}

hid_t memory_type(at::ScalarType dtype) {
  return dtype == at::kFloat ? H5T_NATIVE_FLOAT : H5T_NATIVE_DOUBLE;
}

Handle file_type(at::ScalarType dtype) {
  switch (dtype) {
    case at::kHalf:
      return half_type();
    case at::kFloat:
      return {H5Tcopy(H5T_IEEE_F32LE), H5Tclose};
    case at::kDouble:
      return {H5Tcopy(H5T_IEEE_F64LE), H5Tclose};
    default:
      throw std::invalid_argument(std::string("save_hdf5: expected real numbers, got ") +
                                  c10::toString(dtype));
  }
}

}  // namespace

at::Tensor load_hdf5(const std::filesystem::path& path, const std::string& name) {
  const std::string file = path.string();
  std::string bytes = read_file(path);
  if (name.empty() || name.find('/') != std::string::npos) {
    throw std::invalid_argument("load_hdf5: expected the name of an array at the root");
  }
  const std::lock_guard lock(library_mutex());
  prepare_library();
  const Handle access = memory_file_access();
  H5Pset_file_image(access.id(), bytes.data(), bytes.size());
  bytes = {};  // the library has a copy
  const Handle content(H5Fopen("memory", H5F_ACC_RDONLY, access.id()), H5Fclose);
  if (!content) throw DataError(file, "expected an HDF5 file");
  const Handle array = open_own_array(content.id(), name, file);
  const Handle type(H5Dget_type(array.id()), H5Tclose);
  const at::ScalarType dtype = dtype_for(type.id(), file);
  at::Tensor numbers = at::empty(shape_of(array.id(), file), at::TensorOptions().dtype(dtype));
  if (numbers.numel() > 0 && H5Dread(array.id(), memory_type(dtype), H5S_ALL, H5S_ALL, H5P_DEFAULT,
                                     numbers.mutable_data_ptr()) < 0) {
    throw DataError(file, "the numbers of '" + name + "' cannot be decoded");
  }
  return numbers;
}

void save_hdf5(const std::filesystem::path& path, const std::string& name,
               const at::Tensor& array) {
  const at::ScalarType in_memory = array.scalar_type() == at::kDouble ? at::kDouble : at::kFloat;
  std::string bytes;
  {
    const std::lock_guard lock(library_mutex());
    prepare_library();
    const Handle type = file_type(array.scalar_type());
    const at::Tensor numbers = array.to(at::kCPU, in_memory).contiguous();
    const std::vector<hsize_t> sizes(numbers.sizes().begin(), numbers.sizes().end());
    const Handle access = memory_file_access();
    const Handle content(H5Fcreate("memory", H5F_ACC_TRUNC, H5P_DEFAULT, access.id()), H5Fclose);
    const Handle space(H5Screate_simple(static_cast<int>(sizes.size()), sizes.data(), nullptr),
                       H5Sclose);
    const Handle creation(H5Pcreate(H5P_DATASET_CREATE), H5Pclose);
    H5Pset_obj_track_times(creation.id(), false);  // the same numbers give the same bytes
    const Handle made(H5Dcreate2(content.id(), name.c_str(), type.id(), space.id(), H5P_DEFAULT,
                                 creation.id(), H5P_DEFAULT),
                      H5Dclose);
    if (!made ||
        H5Dwrite(made.id(), memory_type(in_memory), H5S_ALL, H5S_ALL, H5P_DEFAULT,
                 numbers.const_data_ptr()) < 0 ||
        H5Fflush(content.id(), H5F_SCOPE_LOCAL) < 0) {
      throw FileError(path.string() + ": HDF5 cannot hold the array '" + name + "'");
    }
    const ssize_t size = H5Fget_file_image(content.id(), nullptr, 0);
    bytes.resize(size < 0 ? 0 : static_cast<size_t>(size));
    if (size <= 0 || H5Fget_file_image(content.id(), bytes.data(), bytes.size()) != size) {
      throw FileError(path.string() + ": HDF5 gives no bytes for the array '" + name + "'");
    }
  }
  write_file(path, bytes);
}

}  // namespace situ
