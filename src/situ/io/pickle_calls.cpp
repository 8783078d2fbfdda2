// SPDX-License-Identifier: Apache-2.0
#include "situ/io/pickle_calls.h"

#include <algorithm>
#include <array>
#include <stdexcept>
#include <string_view>

namespace situ {
namespace {

constexpr const char* kRebuildTensor = "torch._utils _rebuild_tensor_v2";
constexpr const char* kRebuildOldTensor = "torch._utils _rebuild_tensor";
constexpr const char* kRebuildParameter = "torch._utils _rebuild_parameter";
constexpr const char* kOrderedDict = "collections OrderedDict";

// Training state in checkpoints: counters, callbacks and settings that no network needs.
constexpr std::array<std::string_view, 8> kHarmlessModules = {"pytorch_lightning.",
                                                              "lightning.",
                                                              "lightning_fabric.",
                                                              "omegaconf.",
                                                              "numpy.core.multiarray ",
                                                              "numpy._core.multiarray ",
                                                              "numpy dtype",
                                                              "argparse Namespace"};
constexpr std::array<std::string_view, 10> kHarmless = {
    "_codecs encode", "collections defaultdict", "builtins dict", "builtins list", "builtins set",
    "builtins int",   "builtins float",          "torch Size",    "torch device",  "typing Any"};

bool is_storage_type(std::string_view name) {
  return (name.starts_with("torch ") && name.ends_with("Storage")) ||
         name == "torch.storage UntypedStorage" || name == "torch.storage TypedStorage";
}

bool is_dtype(std::string_view name) {
  static constexpr std::array<std::string_view, 10> kDtypes = {
      "torch float64", "torch float32", "torch float16", "torch bfloat16", "torch int64",
      "torch int32",   "torch int16",   "torch int8",    "torch uint8",    "torch bool"};
  return std::find(kDtypes.begin(), kDtypes.end(), name) != kDtypes.end();
}

bool is_harmless(std::string_view name) {
  return std::find(kHarmless.begin(), kHarmless.end(), name) != kHarmless.end() ||
         std::any_of(kHarmlessModules.begin(), kHarmlessModules.end(),
                     [&](std::string_view module) { return name.starts_with(module); });
}

[[noreturn]] void refuse(const std::string& what) { throw std::invalid_argument(what); }

int64_t whole_number(const PickleValue& value, const char* what) {
  const auto* number = std::get_if<int64_t>(&value);
  if (number == nullptr || *number < 0) refuse(std::string(what) + " is no whole number");
  return *number;
}

std::vector<int64_t> whole_numbers(const PickleValue& value, const char* what) {
  constexpr std::size_t kMaxRank = 64;
  const auto* list = std::get_if<const PickleList*>(&value);
  if (list == nullptr || (*list)->items.size() > kMaxRank)
    refuse(std::string(what) + " is no list");
  std::vector<int64_t> numbers;
  for (const PickleValue& item : (*list)->items) numbers.push_back(whole_number(item, what));
  return numbers;
}

const PickledTensor& tensor_in(const std::vector<PickleValue>& arguments) {
  const auto* tensor = arguments.empty() ? nullptr : std::get_if<PickledTensor>(&arguments[0]);
  if (tensor == nullptr) refuse("a tensor is put together from what is no storage");
  return *tensor;
}

PickledTensor rebuilt(const std::vector<PickleValue>& arguments) {
  PickledTensor tensor = tensor_in(arguments);
  if (arguments.size() < 4) refuse("a tensor without offset, size and strides");
  tensor.offset = whole_number(arguments[1], "a tensor's offset");
  tensor.sizes = whole_numbers(arguments[2], "a tensor's size");
  tensor.strides = whole_numbers(arguments[3], "a tensor's strides");
  if (tensor.sizes.size() != tensor.strides.size())
    refuse("a tensor with a stride too many or few");
  return tensor;
}

}  // namespace

bool is_known_global(const std::string& name) {
  return is_storage_type(name) || is_dtype(name) || is_harmless(name) || name == kRebuildTensor ||
         name == kRebuildOldTensor || name == kRebuildParameter || name == kOrderedDict;
}

bool makes_dict(const PickleGlobal& global) { return global.name == kOrderedDict; }

PickleValue called(const PickleGlobal& global, const std::vector<PickleValue>& arguments) {
  if (global.name == kRebuildTensor || global.name == kRebuildOldTensor) return rebuilt(arguments);
  if (global.name == kRebuildParameter) return tensor_in(arguments);
  if (is_harmless(global.name)) return PickleOpaque{};
  refuse("a call of " + global.name);
}

PickledTensor storage_from(const PickleValue& id) {
  const auto* list = std::get_if<const PickleList*>(&id);
  if (list == nullptr || (*list)->items.size() < 5) refuse("a storage without type, key and size");
  const std::vector<PickleValue>& items = (*list)->items;
  const auto* kind = std::get_if<std::string>(&items[0]);
  const auto* type = std::get_if<PickleGlobal>(&items[1]);
  const auto* key = std::get_if<std::string>(&items[2]);
  if (kind == nullptr || *kind != "storage" || type == nullptr || key == nullptr ||
      !is_storage_type(type->name)) {
    refuse("a storage without type, key and size");
  }
  if (items.size() > 5 && !std::holds_alternative<std::monostate>(items[5])) {
    refuse("a storage that is a view of another one (before PyTorch 0.4)");
  }
  const int64_t size = whole_number(items[4], "a storage's size");
  return PickledTensor{.storage_type = type->name,
                       .storage_key = *key,
                       .storage_size = size,
                       .offset = 0,
                       .sizes = {size},
                       .strides = {1}};
}

}  // namespace situ
