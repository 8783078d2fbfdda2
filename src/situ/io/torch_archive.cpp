// SPDX-License-Identifier: Apache-2.0
#include "situ/io/torch_archive.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <memory>
#include <optional>

#include "situ/core/errors.h"
#include "situ/io/file_bytes.h"
#include "situ/io/mapped_file.h"
#include "situ/io/pickle.h"
#include "situ/io/zip_directory.h"

namespace situ {
namespace {

using Storages = std::map<std::string, ZipEntry>;  // where each storage's bytes lie

constexpr std::string_view kZipStart = "PK\x03\x04";
// The first pickle of the older format: torch's magic number 0x1950a86a20f9469cfc6c.
constexpr std::string_view kOldStart("\x80\x02\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19.",
                                     15);

std::string_view content(const MappedFile& mapped) {
  return {reinterpret_cast<const char*>(mapped.data()), mapped.size()};
}

at::ScalarType dtype_of(const std::string& storage_type, const std::string& where) {
  static const std::array<std::pair<const char*, at::ScalarType>, 10> kTypes = {{
      {"torch FloatStorage", at::kFloat},
      {"torch HalfStorage", at::kHalf},
      {"torch BFloat16Storage", at::kBFloat16},
      {"torch DoubleStorage", at::kDouble},
      {"torch LongStorage", at::kLong},
      {"torch IntStorage", at::kInt},
      {"torch ShortStorage", at::kShort},
      {"torch CharStorage", at::kChar},
      {"torch ByteStorage", at::kByte},
      {"torch BoolStorage", at::kBool},
  }};
  for (const auto& [name, dtype] : kTypes) {
    if (storage_type == name) return dtype;
  }
  throw DataError(where, "its storage is a " + storage_type + ", which situ does not read");
}

// One more than the last element that the tensor touches; nothing where that is beyond 64 bits.
std::optional<int64_t> elements_needed(const PickledTensor& tensor) {
  int64_t last = tensor.offset;
  for (std::size_t i = 0; i < tensor.sizes.size(); ++i) {
    if (tensor.sizes[i] == 0) return 0;
    int64_t reach = 0;
    if (__builtin_mul_overflow(tensor.sizes[i] - 1, tensor.strides[i], &reach) ||
        __builtin_add_overflow(last, reach, &last)) {
      return std::nullopt;
    }
  }
  int64_t count = 0;
  return __builtin_add_overflow(last, 1, &count) ? std::nullopt : std::optional(count);
}

// Elements may repeat (stride 0), so that a few bytes can ask for any number of them: what goes
// beyond the storage has a bound of its own. Zeros count as ones, for libtorch makes strides of
// the other sizes.
bool count_fits(const std::vector<int64_t>& sizes, int64_t held) {
  constexpr int64_t kMostRepeated = int64_t{1} << 24;
  int64_t count = 1;
  bool empty = false;
  for (const int64_t size : sizes) {
    empty = empty || size == 0;
    if (__builtin_mul_overflow(count, std::max<int64_t>(size, 1), &count)) return false;
  }
  return empty || count <= std::max(held, kMostRepeated);
}

at::Tensor tensor_from(const PickledTensor& tensor, const Storages& storages,
                       const std::shared_ptr<const MappedFile>& mapped, const std::string& where) {
  const at::ScalarType dtype = dtype_of(tensor.storage_type, where);
  const auto item = static_cast<int64_t>(c10::elementSize(dtype));
  const auto found = storages.find(tensor.storage_key);
  if (found == storages.end()) {
    throw DataError(where, "its storage '" + tensor.storage_key + "' is not in the file");
  }
  const ZipEntry& bytes = found->second;
  const auto held = static_cast<int64_t>(bytes.end - bytes.begin) / item;
  const std::optional<int64_t> needed = elements_needed(tensor);
  if (!needed || *needed > held || !count_fits(tensor.sizes, held)) {
    throw DataError(where, "it reaches beyond its storage of " + std::to_string(held) +
                               " elements; the file is cut short or broken");
  }
  const auto options = at::TensorOptions().dtype(dtype);
  if (*needed == 0) return at::empty(tensor.sizes, options);
  const std::size_t begin = bytes.begin + static_cast<std::size_t>(tensor.offset * item);
  const std::size_t end = bytes.begin + static_cast<std::size_t>(*needed * item);
  std::byte* const data = mapped->data() + begin;
  if (dtype == at::kBool) {
    const bool good =
        std::all_of(data, mapped->data() + end, [](std::byte b) { return b <= std::byte{1}; });
    if (!good) throw DataError(where, "a bool is neither 0 nor 1");
  }
  if (reinterpret_cast<uintptr_t>(data) % static_cast<uintptr_t>(item) != 0) {
    const std::size_t size = end - begin;
    at::Tensor copy = at::empty({*needed - tensor.offset}, options);
    std::memcpy(copy.data_ptr(), data, size);
    return copy.as_strided(tensor.sizes, tensor.strides);
  }
  const auto let_go = [keeper = mapped, begin, end](void*) { keeper->forget(begin, end); };
  return at::from_blob(data, tensor.sizes, tensor.strides, let_go, options);
}

struct Contents {
  std::unique_ptr<Pickle> pickle;
  Storages storages;
};

Contents read_zip(const MappedFile& mapped, const std::string& file) {
  const std::map<std::string, ZipEntry> entries = read_zip_directory(content(mapped), file);
  const auto named = [&](std::string_view ending) {
    return std::find_if(entries.begin(), entries.end(),
                        [&](const auto& entry) { return entry.first.ends_with(ending); });
  };
  const auto text = [&](const ZipEntry& e) {
    return content(mapped).substr(e.begin, e.end - e.begin);
  };
  const auto pickle = named("/data.pkl");
  if (pickle == entries.end()) {
    throw DataError(file, "a zip archive without data.pkl: not a file of torch.save");
  }
  if (const auto order = named("/byteorder"); order != entries.end()) {
    if (text(order->second) != "little") throw DataError(file, "its numbers are not little-endian");
  }
  const std::string top = pickle->first.substr(0, pickle->first.size() - std::strlen("data.pkl"));
  Contents contents{.pickle = std::make_unique<Pickle>(text(pickle->second), file), .storages = {}};
  for (const auto& [name, entry] : entries) {
    const std::string prefix = top + "data/";
    if (name.starts_with(prefix)) contents.storages.emplace(name.substr(prefix.size()), entry);
  }
  return contents;
}

// Magic number, protocol and system come as pickles before the content, the storages' keys as one
// behind it; then each storage's number of elements and its bytes.
Contents read_sequence(const MappedFile& mapped, const std::string& file) {
  std::string_view rest = content(mapped);
  const auto next = [&] {
    auto pickle = std::make_unique<Pickle>(rest, file);
    rest.remove_prefix(pickle->size());
    return pickle;
  };
  for (int i = 0; i < 3; ++i) next();
  Contents contents{.pickle = next(), .storages = {}};
  const std::unique_ptr<Pickle> keys = next();
  const auto* list = std::get_if<const PickleList*>(&keys->value());
  if (list == nullptr) throw DataError(file, "it lacks the list of its storages");
  const std::map<std::string, std::string>& types = contents.pickle->storage_types();
  for (const PickleValue& value : (*list)->items) {
    const auto* key = std::get_if<std::string>(&value);
    std::uint64_t count = 0;
    if (key == nullptr || rest.size() < sizeof count) throw DataError(file, "it is cut short");
    std::memcpy(&count, rest.data(), sizeof count);
    rest.remove_prefix(sizeof count);
    const auto type = types.find(*key);
    if (type == types.end()) throw DataError(file, "storage '" + *key + "' has no type");
    const std::size_t item_bytes = c10::elementSize(dtype_of(type->second, file));
    if (count > rest.size() / item_bytes) throw DataError(file, "it is cut short");
    const auto begin = static_cast<std::size_t>(rest.data() - content(mapped).data());
    const std::size_t bytes = count * item_bytes;
    contents.storages.emplace(*key, ZipEntry{begin, begin + bytes});
    rest.remove_prefix(bytes);
  }
  return contents;
}

bool holds_tensor(const PickleDict& dict) {
  return std::any_of(dict.items.begin(), dict.items.end(), [](const auto& item) {
    return std::holds_alternative<PickledTensor>(item.second);
  });
}

// The last entry of this name, as Python has it, where that is a dictionary with a tensor in it.
const PickleDict* tensors_under(const PickleDict& dict, const char* name) {
  const PickleDict* result = nullptr;
  for (const auto& [key, value] : dict.items) {
    const auto* text = std::get_if<std::string>(&key);
    if (text == nullptr || *text != name) continue;
    const auto* inner = std::get_if<const PickleDict*>(&value);
    result = inner != nullptr && holds_tensor(**inner) ? *inner : nullptr;
  }
  return result;
}

const PickleDict& state_in(const PickleValue& value, const std::string& file) {
  const auto* dict = std::get_if<const PickleDict*>(&value);
  if (dict == nullptr) throw DataError(file, "expected a dictionary of tensors");
  for (const char* name : {"state_dict", "model", "string_to_param"}) {
    if (const PickleDict* inner = tensors_under(**dict, name)) return *inner;
  }
  if (!(*dict)->items.empty() && !holds_tensor(**dict)) {
    throw DataError(file, "expected a dictionary of tensors, got one without a tensor in it");
  }
  return **dict;
}

}  // namespace

bool is_torch_archive(const std::filesystem::path& path) {
  const std::string start = read_start(path, kOldStart.size());
  return start.starts_with(kZipStart) || start == kOldStart;
}

std::map<std::string, at::Tensor> load_torch_archive(const std::filesystem::path& path) {
  const std::string file = path.string();
  const auto mapped = std::make_shared<const MappedFile>(path);
  const bool zip = content(*mapped).starts_with(kZipStart);
  if (!zip && !content(*mapped).starts_with(kOldStart)) {
    throw DataError(file, "not a file of torch.save");
  }
  const Contents contents = zip ? read_zip(*mapped, file) : read_sequence(*mapped, file);
  std::map<std::string, at::Tensor> tensors;
  for (const auto& [key, value] : state_in(contents.pickle->value(), file).items) {
    const auto* tensor = std::get_if<PickledTensor>(&value);
    if (tensor == nullptr) continue;
    const auto* name = std::get_if<std::string>(&key);
    if (name == nullptr) throw DataError(file, "a tensor's key is no text");
    const std::string where = file + ": tensor \"" + *name + "\"";
    tensors[*name] = tensor_from(*tensor, contents.storages, mapped, where);
  }
  return tensors;
}

}  // namespace situ
