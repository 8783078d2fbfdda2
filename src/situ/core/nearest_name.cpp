// SPDX-License-Identifier: Apache-2.0
#include "situ/core/nearest_name.h"

#include <algorithm>
#include <numeric>
#include <utility>

namespace situ {

std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> before_last, last(b.size() + 1), row(b.size() + 1);
  std::iota(last.begin(), last.end(), std::size_t{0});
  for (std::size_t i = 0; i < a.size(); ++i) {
    row[0] = i + 1;
    for (std::size_t j = 0; j < b.size(); ++j) {
      const std::size_t substituted = last[j] + (a[i] == b[j] ? 0 : 1);
      row[j + 1] = std::min({substituted, row[j] + 1, last[j + 1] + 1});
      if (i > 0 && j > 0 && a[i] == b[j - 1] && a[i - 1] == b[j]) {
        row[j + 1] = std::min(row[j + 1], before_last[j - 1] + 1);
      }
    }
    before_last = std::exchange(last, row);
  }
  return last.back();
}

std::vector<std::string> nearest_names(std::string_view name, std::span<const std::string> known,
                                       std::size_t count) {
  std::vector<std::string> names(known.begin(), known.end());
  std::stable_sort(names.begin(), names.end(), [&](const std::string& a, const std::string& b) {
    return edit_distance(name, a) < edit_distance(name, b);
  });
  names.resize(std::min(count, names.size()));
  return names;
}

std::string listed(std::span<const std::string> names) {
  std::string text;
  for (const std::string& name : names) text += (text.empty() ? "" : ", ") + name;
  return text;
}

std::string unknown_name_message(std::string_view what, std::string_view name,
                                 std::span<const std::string> known) {
  std::string message = "unknown " + std::string(what) + " '" + std::string(name) + "'";
  const std::vector<std::string> nearest = nearest_names(name, known, 3);
  if (nearest.empty()) return message;
  const bool close = edit_distance(name, nearest[0]) <= 1 + name.size() / 3;
  if (close) return message + ": did you mean '" + nearest[0] + "'?";
  const std::size_t shown = std::min<std::size_t>(known.size(), 12);
  return message + "; known: " + listed(known.first(shown)) + (shown < known.size() ? ", …" : "");
}

}  // namespace situ
