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
constexpr const char* kRebuildParameterWithState = "torch._utils _rebuild_parameter_with_state";
constexpr const char* kRebuildFromType = "torch._tensor _rebuild_from_type_v2";
constexpr const char* kOrderedDict = "collections OrderedDict";

// Types that a tensor with attributes of its own may have; other subclasses may mean other numbers.
constexpr std::array<std::string_view, 2> kTensorTypes = {"torch Tensor",
                                                          "torch.nn.parameter Parameter"};

// Training state in checkpoints: counters, callbacks and settings that no network needs.
constexpr std::array<std::string_view, 4> kHarmlessPackages = {"pytorch_lightning.", "lightning.",
                                                               "lightning_fabric.", "omegaconf."};
constexpr std::array<std::string_view, 14> kHarmless = {"argparse Namespace",
                                                        "_codecs encode",
                                                        "collections defaultdict",
                                                        "numpy dtype",
                                                        "numpy ndarray",
                                                        "numpy.core.multiarray scalar",
                                                        "numpy.core.multiarray _reconstruct",
                                                        "numpy._core.multiarray scalar",
                                                        "numpy._core.multiarray _reconstruct",
                                                        "numpy.core.numeric _frombuffer",
                                                        "numpy._core.numeric _frombuffer",
                                                        "torch Size",
                                                        "torch device",
                                                        "typing Any"};
// Of the module builtins, which pickles of protocol 2 call by its name in Python 2.
constexpr std::array<std::string_view, 8> kHarmlessBuiltins = {
    "dict", "list", "set", "frozenset", "int", "float", "bytes", "bytearray"};

template <std::size_t size>
bool is_among(const std::array<std::string_view, size>& names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

bool is_storage_type(std::string_view name) {
  return (name.starts_with("torch ") && name.ends_with("Storage")) ||
         name == "torch.storage UntypedStorage" || name == "torch.storage TypedStorage";
}

bool is_dtype(std::string_view name) {
  static constexpr std::array<std::string_view, 10> kDtypes = {
      "torch float64", "torch float32", "torch float16", "torch bfloat16", "torch int64",
      "torch int32",   "torch int16",   "torch int8",    "torch uint8",    "torch bool"};
  return is_among(kDtypes, name);
}

bool is_harmless(std::string_view name) {
  for (const std::string_view module : {"builtins ", "__builtin__ "}) {
    if (name.starts_with(module)) return is_among(kHarmlessBuiltins, name.substr(module.size()));
  }
  return is_among(kHarmless, name) ||
         std::any_of(kHarmlessPackages.begin(), kHarmlessPackages.end(),
                     [&](std::string_view package) { return name.starts_with(package); });
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
  // Its seventh argument says that the numbers are to be negated or conjugated.
  const auto* marks =
      arguments.size() > 6 ? std::get_if<const PickleDict*>(&arguments[6]) : nullptr;
  if (marks != nullptr && !(*marks)->items.empty()) refuse("a tensor with marks of its own");
  return tensor;
}

bool rebuilds_tensor(std::string_view name) {
  return name == kRebuildTensor || name == kRebuildOldTensor;
}

bool rebuilds_parameter(std::string_view name) {
  return name == kRebuildParameter || name == kRebuildParameterWithState;
}

// The arguments are (function, type, its arguments, attributes); the attributes mean nothing here.
PickledTensor rebuilt_from_type(const std::vector<PickleValue>& arguments) {
  if (arguments.size() < 3) refuse("a tensor without function, type and arguments");
  const auto* function = std::get_if<PickleGlobal>(&arguments[0]);
  const auto* type = std::get_if<PickleGlobal>(&arguments[1]);
  const auto* inner = std::get_if<const PickleList*>(&arguments[2]);
  if (function == nullptr || type == nullptr || inner == nullptr) {
    refuse("a tensor without function, type and arguments");
  }
  if (!is_among(kTensorTypes, type->name)) refuse("a tensor of the type " + type->name);
  if (rebuilds_tensor(function->name)) return rebuilt((*inner)->items);
  if (rebuilds_parameter(function->name)) return tensor_in((*inner)->items);
  refuse("a tensor made by " + function->name);
}

}  // namespace

bool is_known_global(const std::string& name) {
  return is_storage_type(name) || is_dtype(name) || is_harmless(name) || rebuilds_tensor(name) ||
         rebuilds_parameter(name) || name == kRebuildFromType || is_among(kTensorTypes, name) ||
         name == kOrderedDict;
}

bool makes_dict(const PickleGlobal& global) { return global.name == kOrderedDict; }

PickleValue called(const PickleGlobal& global, const std::vector<PickleValue>& arguments) {
  if (rebuilds_tensor(global.name)) return rebuilt(arguments);
  if (rebuilds_parameter(global.name)) return tensor_in(arguments);
  if (global.name == kRebuildFromType) return rebuilt_from_type(arguments);
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
