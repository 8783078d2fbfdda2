// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace situ {

/// Number of single-character insertions, deletions, substitutions and swaps of neighbours from `a`
/// to `b` (optimal string alignment).
std::size_t edit_distance(std::string_view a, std::string_view b);

/// The `count` known names nearest to `name` by edit distance, nearest first, ties in the given
/// order.
std::vector<std::string> nearest_names(std::string_view name, std::span<const std::string> known,
                                       std::size_t count);

/// "dog, cat, cow"
std::string listed(std::span<const std::string> names);

/// "unknown <what> 'goidance': did you mean 'guidance'?" (all names when there are few, else the
/// nearest).
std::string unknown_name_message(std::string_view what, std::string_view name,
                                 std::span<const std::string> known);

}  // namespace situ
