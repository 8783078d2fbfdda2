// SPDX-License-Identifier: Apache-2.0
#include "situ/io/pickle.h"

#include <cstring>
#include <iterator>
#include <stdexcept>

#include "situ/core/errors.h"
#include "situ/io/pickle_calls.h"
#include "situ/io/pickle_opcodes.h"

namespace situ {
namespace {

constexpr std::size_t kMaxPickleBytes = std::size_t{256} << 20;  // far more than any model's

}  // namespace

class PickleMachine {
  using enum PickleOpcode;

 public:
  PickleMachine(std::string_view bytes, const std::string& file, Pickle& pickle)
      : bytes_(bytes.substr(0, kMaxPickleBytes)), file_(file), pickle_(pickle) {}

  void run() {
    while (true) {
      at_ = next_;
      const auto opcode = static_cast<PickleOpcode>(read<unsigned char>());
      if (opcode == kStop) break;
      if (!push_scalar(opcode) && !build_container(opcode) && !use_memo(opcode) &&
          !make_object(opcode)) {
        fail("the instruction " + std::to_string(static_cast<int>(opcode)) +
             " is none of those that tensors need");
      }
    }
    pickle_.value_ = pop();
    pickle_.size_ = next_;
  }

 private:
  [[noreturn]] void fail(const std::string& reason) const {
    throw DataError(file_, static_cast<int64_t>(at_), "not a pickle of tensors: " + reason);
  }

  std::string_view take(std::uint64_t count) {
    if (count > bytes_.size() - next_) fail("it is cut short");
    const std::string_view taken = bytes_.substr(next_, count);
    next_ += count;
    return taken;
  }

  template <class Number>
  Number read() {
    Number number;
    std::memcpy(&number, take(sizeof number).data(), sizeof number);
    return number;
  }

  std::string line() {
    const std::size_t end = bytes_.find('\n', next_);
    if (end == std::string_view::npos) fail("it is cut short");
    std::string text(take(end - next_));
    ++next_;
    return text;
  }

  // A few bytes can ask for a value again and again: what all copies take has a bound.
  void spend(const PickleValue& value) {
    constexpr std::size_t kBudget = std::size_t{1} << 30;
    spent_ += sizeof value;
    if (const auto* text = std::get_if<std::string>(&value)) spent_ += text->size();
    if (const auto* tensor = std::get_if<PickledTensor>(&value)) {
      spent_ += tensor->sizes.size() * 2 * sizeof(int64_t) + tensor->storage_key.size();
    }
    if (spent_ > kBudget) fail("it holds more than a gigabyte beside the tensors");
  }

  void push(PickleValue value) {
    spend(value);
    stack_.push_back(std::move(value));
  }

  void remember(std::uint32_t index) {
    spend(top());
    memo_[index] = top();
  }

  PickleValue pop() {
    const std::size_t floor = marks_.empty() ? 0 : marks_.back();
    if (stack_.size() <= floor) fail("it takes more values than it gives");
    PickleValue value = std::move(stack_.back());
    stack_.pop_back();
    return value;
  }

  PickleValue& top() {
    const std::size_t floor = marks_.empty() ? 0 : marks_.back();
    if (stack_.size() <= floor) fail("it takes more values than it gives");
    return stack_.back();
  }

  std::vector<PickleValue> pop_to_mark() {
    if (marks_.empty()) fail("a mark is missing");
    const auto begin = stack_.begin() + static_cast<std::ptrdiff_t>(marks_.back());
    std::vector<PickleValue> items(std::make_move_iterator(begin),
                                   std::make_move_iterator(stack_.end()));
    stack_.erase(begin, stack_.end());
    marks_.pop_back();
    return items;
  }

  void push_list(std::vector<PickleValue> items) {
    pickle_.lists_.push_back(std::make_unique<PickleList>(PickleList{std::move(items)}));
    push(pickle_.lists_.back().get());
  }

  void push_last(std::size_t count) {
    std::vector<PickleValue> items(count);
    for (std::size_t i = count; i-- > 0;) items[i] = pop();
    push_list(std::move(items));
  }

  void push_dict() {
    pickle_.dicts_.push_back(std::make_unique<PickleDict>());
    push(pickle_.dicts_.back().get());
  }

  void extend_list(std::vector<PickleValue> items) {
    const auto* list = std::get_if<const PickleList*>(&top());
    if (list == nullptr) {
      if (!std::holds_alternative<PickleOpaque>(top())) fail("items for what is no list");
      return;
    }
    // The pickle owns it and is being made: this is the one place that changes it.
    auto& target = const_cast<PickleList*>(*list)->items;
    for (PickleValue& item : items) target.push_back(std::move(item));
  }

  void set_items(std::vector<PickleValue> items) {
    if (items.size() % 2 != 0) fail("a key without a value");
    const auto* dict = std::get_if<const PickleDict*>(&top());
    if (dict == nullptr) {
      if (!std::holds_alternative<PickleOpaque>(top())) fail("items for what is no dictionary");
      return;
    }
    auto& target = const_cast<PickleDict*>(*dict)->items;
    for (std::size_t i = 0; i < items.size(); i += 2) {
      target.emplace_back(std::move(items[i]), std::move(items[i + 1]));
    }
  }

  // A whole number of any length; those beyond 64 bits (a magic number) are opaque.
  PickleValue long_integer(std::uint64_t count) {
    const std::string_view digits = take(count);
    if (digits.size() > 8) return PickleOpaque{};
    std::uint64_t value = 0;
    for (std::size_t i = 0; i < digits.size(); ++i) {
      value |= std::uint64_t{static_cast<unsigned char>(digits[i])} << (8 * i);
    }
    const bool negative = !digits.empty() && (digits.back() & 0x80) != 0;
    if (negative && digits.size() < 8) value |= ~std::uint64_t{0} << (8 * digits.size());
    return static_cast<int64_t>(value);
  }

  double big_endian_float() {
    auto bits = read<std::uint64_t>();
    bits = __builtin_bswap64(bits);
    double value = 0;
    std::memcpy(&value, &bits, sizeof value);
    return value;
  }

  bool push_scalar(PickleOpcode opcode) {
    switch (opcode) {
      case kNone:
        return push(std::monostate{}), true;
      case kNewTrue:
        return push(true), true;
      case kNewFalse:
        return push(false), true;
      case kBinInt:
        return push(int64_t{read<std::int32_t>()}), true;
      case kBinInt1:
        return push(int64_t{read<std::uint8_t>()}), true;
      case kBinInt2:
        return push(int64_t{read<std::uint16_t>()}), true;
      case kLong1:
        return push(long_integer(read<std::uint8_t>())), true;
      case kLong4:  // a count below 0 becomes one that no file has
        return push(long_integer(static_cast<std::uint64_t>(read<std::int32_t>()))), true;
      case kBinFloat:
        return push(big_endian_float()), true;
      case kShortBinString:
      case kShortBinUnicode:
      case kShortBinBytes:
        return push(std::string(take(read<std::uint8_t>()))), true;
      case kBinString:
      case kBinUnicode:
      case kBinBytes:
        return push(std::string(take(read<std::uint32_t>()))), true;
      case kBinUnicode8:
      case kBinBytes8:
      case kByteArray8:
        return push(std::string(take(read<std::uint64_t>()))), true;
      case kProto:
        if (read<std::uint8_t>() > 5) fail("its protocol is newer than 5");
        return true;
      case kFrame:
        read<std::uint64_t>();
        return true;
      default:
        return false;
    }
  }

  bool build_container(PickleOpcode opcode) {
    switch (opcode) {
      case kMark:
        return marks_.push_back(stack_.size()), true;
      case kPop:
        return pop(), true;
      case kPopMark:
        return pop_to_mark(), true;
      case kDup:
        return push(PickleValue(top())), true;
      case kEmptyTuple:
      case kEmptyList:
      case kEmptySet:
        return push_list({}), true;
      case kTuple:
      case kFrozenSet:
        return push_list(pop_to_mark()), true;
      case kTuple1:
        return push_last(1), true;
      case kTuple2:
        return push_last(2), true;
      case kTuple3:
        return push_last(3), true;
      case kAppend: {
        PickleValue item = pop();
        return extend_list({std::move(item)}), true;
      }
      case kAppends:
      case kAddItems:
        return extend_list(pop_to_mark()), true;
      case kEmptyDict:
        return push_dict(), true;
      case kSetItem: {
        PickleValue value = pop();
        PickleValue key = pop();
        return set_items({std::move(key), std::move(value)}), true;
      }
      case kSetItems:
        return set_items(pop_to_mark()), true;
      default:
        return false;
    }
  }

  bool use_memo(PickleOpcode opcode) {
    switch (opcode) {
      case kBinPut:
        return remember(read<std::uint8_t>()), true;
      case kLongBinPut:
        return remember(read<std::uint32_t>()), true;
      case kMemoize:
        return remember(static_cast<std::uint32_t>(memo_.size())), true;
      case kBinGet:
        return push(remembered(read<std::uint8_t>())), true;
      case kLongBinGet:
        return push(remembered(read<std::uint32_t>())), true;
      default:
        return false;
    }
  }

  const PickleValue& remembered(std::uint32_t index) const {
    const auto found = memo_.find(index);
    if (found == memo_.end()) fail("it recalls what was never kept");
    return found->second;
  }

  bool make_object(PickleOpcode opcode) {
    switch (opcode) {
      case kGlobal: {
        const std::string module = line();
        return push(known_global(module + " " + line())), true;
      }
      case kStackGlobal: {
        const PickleValue name = pop(), module = pop();
        if (!std::holds_alternative<std::string>(name) ||
            !std::holds_alternative<std::string>(module)) {
          fail("an import without a name");
        }
        return push(
                   known_global(std::get<std::string>(module) + " " + std::get<std::string>(name))),
               true;
      }
      case kReduce:
      case kNewObject: {
        const PickleValue arguments = pop(), callable = pop();
        return push_call(callable, arguments), true;
      }
      case kBuild:
        // Attributes, which no tensor needs; the object stays on the stack.
        return pop(), top(), true;
      case kPersistentId:
        return push(persistent(pop())), true;
      default:
        return false;
    }
  }

  PickleGlobal known_global(std::string name) const {
    if (!is_known_global(name)) {
      for (char& c : name) c = c == ' ' ? '.' : c;
      fail("it imports " + name + ", which no model needs; it is not read, and nothing was run");
    }
    return {std::move(name)};
  }

  void push_call(const PickleValue& callable, const PickleValue& arguments) {
    const auto* global = std::get_if<PickleGlobal>(&callable);
    const auto* list = std::get_if<const PickleList*>(&arguments);
    if (std::holds_alternative<PickleOpaque>(callable)) return push(PickleOpaque{});
    if (global == nullptr || list == nullptr) fail("a call of what is no function");
    if (makes_dict(*global)) return push_dict();
    try {
      push(called(*global, (*list)->items));
    } catch (const std::invalid_argument& error) {
      fail(error.what());
    }
  }

  // Torch's stand-in for a storage's content: ("storage", type, key, location, size).
  PickleValue persistent(const PickleValue& id) {
    try {
      PickledTensor storage = storage_from(id);
      pickle_.storage_types_[storage.storage_key] = storage.storage_type;
      return storage;
    } catch (const std::invalid_argument& error) {
      fail(error.what());
    }
  }

  std::string_view bytes_;
  const std::string& file_;
  Pickle& pickle_;
  std::size_t at_ = 0;    // of the instruction
  std::size_t next_ = 0;  // of what is read next
  std::size_t spent_ = 0;
  std::vector<PickleValue> stack_;
  std::vector<std::size_t> marks_;
  std::map<std::uint32_t, PickleValue> memo_;
};

Pickle::Pickle(std::string_view bytes, const std::string& file) {
  PickleMachine(bytes, file, *this).run();
}

Pickle::~Pickle() = default;

}  // namespace situ
