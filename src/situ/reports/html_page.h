// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace situ {

/// Text as it may stand in HTML, also inside quotes.
std::string html_escaped(std::string_view text);

/// JSON as it may stand inside <script>: no end of the element in it.
std::string script_escaped(std::string_view json);

std::string base64(std::string_view bytes);

/// A whole page that needs no other file: title, style sheet, body. body: HTML.
std::string html_page(std::string_view title, std::string_view body);

/// A bar for each value, with its name and number, as an SVG drawing. Values are not negative.
std::string bar_chart(const std::vector<std::pair<std::string, double>>& bars);

/// A grid of cells, row by row from the top, darker for more, as an SVG drawing of `width` pixels.
/// Throws std::invalid_argument unless there are rows * columns values.
std::string heat_map(const std::vector<double>& cells, int64_t rows, int64_t columns,
                     int64_t width);

/// A table. The first row is its head; cells are text.
std::string html_table(const std::vector<std::vector<std::string>>& rows);

}  // namespace situ
