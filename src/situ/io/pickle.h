// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace situ {

struct PickleList;
struct PickleDict;

/// The name of something that a pickle wants to import, "torch FloatStorage". Only a name: nothing
/// is looked up.
struct PickleGlobal {
  std::string name;
};

/// A stretch of a tensor's storage, as torch's rebuild functions describe it.
struct PickledTensor {
  std::string storage_type;  // "torch FloatStorage"
  std::string storage_key;
  int64_t storage_size = 0;  // elements
  int64_t offset = 0;        // elements
  std::vector<int64_t> sizes;
  std::vector<int64_t> strides;
};

/// An object that means nothing to situ: it cannot become anything else.
struct PickleOpaque {};

/// What pickles of tensors consist of. Lists and dicts belong to the Pickle.
using PickleValue = std::variant<std::monostate, bool, int64_t, double, std::string, PickleGlobal,
                                 PickledTensor, PickleOpaque, const PickleList*, const PickleDict*>;

struct PickleList {  // or a tuple
  std::vector<PickleValue> items;
};

struct PickleDict {
  std::vector<std::pair<PickleValue, PickleValue>> items;
};

/// A Python pickle, protocols 2 to 5, read by a machine that knows the instructions for data and
/// runs nothing: an import is a name, and a call is understood only where it is one of torch's
/// functions that put a tensor together, of which it keeps the description. Objects of a short list
/// of harmless packages (training state in checkpoints) count as opaque; any other import or call
/// is refused by its name.
class Pickle {
 public:
  /// Reads one pickle from the front of `bytes`. Throws DataError naming `file`, the place and what
  /// is wrong.
  Pickle(std::string_view bytes, const std::string& file);
  Pickle(const Pickle&) = delete;
  Pickle& operator=(const Pickle&) = delete;
  ~Pickle();

  const PickleValue& value() const { return value_; }
  /// The type of every storage that the pickle names, by key.
  const std::map<std::string, std::string>& storage_types() const { return storage_types_; }
  /// Bytes that the pickle takes.
  std::size_t size() const { return size_; }

 private:
  friend class PickleMachine;
  PickleValue value_;
  std::size_t size_ = 0;
  std::map<std::string, std::string> storage_types_;
  // One owner for all containers: nesting, of whatever depth, and cycles cost no recursion.
  std::deque<std::unique_ptr<PickleList>> lists_;
  std::deque<std::unique_ptr<PickleDict>> dicts_;
};

}  // namespace situ
