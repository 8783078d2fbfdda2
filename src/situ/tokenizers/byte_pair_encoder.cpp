// SPDX-License-Identifier: Apache-2.0
#include "situ/tokenizers/byte_pair_encoder.h"

#include <compare>
#include <functional>
#include <queue>

namespace situ {
namespace {

constexpr int64_t kNone = -1;

/// A token of the word so far, in a list linked by positions so that merging is O(1).
struct Symbol {
  int64_t id = 0;
  int64_t previous = kNone;
  int64_t next = kNone;
  bool alive = true;
};

struct Candidate {
  int64_t rank = 0;
  int64_t position = 0;  // of the left symbol
  int64_t merged = 0;
  auto operator<=>(const Candidate&) const = default;
};

uint64_t key_of(int64_t left, int64_t right) {
  return (static_cast<uint64_t>(left) << 32) | static_cast<uint64_t>(right);
}

}  // namespace

BytePairEncoder::BytePairEncoder(const ByteIds& byte_ids, const std::vector<Merge>& merges)
    : byte_ids_(byte_ids) {
  rules_.reserve(merges.size());
  int64_t rank = 0;
  for (const Merge& merge : merges) {
    rules_[key_of(merge.left, merge.right)] = {rank++, merge.merged};
  }
}

const BytePairEncoder::Rule* BytePairEncoder::rule_for(int64_t left, int64_t right) const {
  const auto found = rules_.find(key_of(left, right));
  return found == rules_.end() ? nullptr : &found->second;
}

void BytePairEncoder::append(std::string_view word, std::vector<int64_t>& ids) const {
  if (word.empty()) return;
  const auto count = static_cast<int64_t>(word.size());
  std::vector<Symbol> symbols(word.size());
  for (int64_t i = 0; i < count; ++i) {
    const auto byte = static_cast<unsigned char>(word[i]);
    const bool last = i + 1 == count;
    symbols[i] = {.id = last ? byte_ids_.last[byte] : byte_ids_.inside[byte],
                  .previous = i - 1,
                  .next = last ? kNone : i + 1};
  }
  std::priority_queue<Candidate, std::vector<Candidate>, std::greater<>> candidates;
  const auto consider = [&](int64_t left) {
    if (left == kNone || symbols[left].next == kNone) return;
    const Rule* rule = rule_for(symbols[left].id, symbols[symbols[left].next].id);
    if (rule != nullptr) candidates.push({rule->rank, left, rule->merged});
  };
  for (int64_t i = 0; i + 1 < count; ++i) consider(i);
  while (!candidates.empty()) {
    const Candidate best = candidates.top();
    candidates.pop();
    Symbol& left = symbols[best.position];
    if (!left.alive || left.next == kNone) continue;
    Symbol& right = symbols[left.next];
    // An earlier merge may have changed either side since this candidate was found.
    const Rule* rule = rule_for(left.id, right.id);
    if (rule == nullptr || rule->merged != best.merged) continue;
    left.id = best.merged;
    left.next = right.next;
    right.alive = false;
    if (left.next != kNone) symbols[left.next].previous = best.position;
    consider(left.previous);
    consider(best.position);
  }
  for (const Symbol& symbol : symbols) {
    if (symbol.alive) ids.push_back(symbol.id);
  }
}

}  // namespace situ
