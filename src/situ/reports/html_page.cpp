// SPDX-License-Identifier: Apache-2.0
#include "situ/reports/html_page.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <stdexcept>

namespace situ {
namespace {

constexpr std::string_view kStyle = R"(
body { font: 15px/1.45 system-ui, sans-serif; margin: 2rem auto; max-width: 72rem; padding: 0 1rem;
       color: #222; background: #fff; }
h1 { font-size: 1.6rem; } h2 { font-size: 1.15rem; margin-top: 2rem; }
table { border-collapse: collapse; } td, th { padding: .15rem .8rem .15rem 0; text-align: left; }
th { border-bottom: 1px solid #888; } td.number { text-align: right; }
.sheet { display: grid; grid-template-columns: repeat(auto-fill, minmax(13rem, 1fr)); gap: .6rem; }
.sheet figure { margin: 0; } .sheet img { width: 100%; display: block; }
figcaption { font-size: .8rem; color: #555; overflow-wrap: anywhere; }
.charts { display: flex; flex-wrap: wrap; gap: 2rem; }
)";

// Of Okabe and Ito's palette, which readers with any kind of color vision tell apart.
constexpr const char* kBlue = "#0072b2";

std::string number(double value) {
  std::array<char, 32> text{};
  if (value == std::floor(value) && std::abs(value) < 1e15) {
    std::snprintf(text.data(), text.size(), "%.0f", value);
  } else {
    std::snprintf(text.data(), text.size(), "%.3g", value);
  }
  return text.data();
}

}  // namespace

std::string html_escaped(std::string_view text) {
  std::string escaped;
  for (const char c : text) {
    switch (c) {
      case '&':
        escaped += "&amp;";
        break;
      case '<':
        escaped += "&lt;";
        break;
      case '>':
        escaped += "&gt;";
        break;
      case '"':
        escaped += "&quot;";
        break;
      case '\'':
        escaped += "&#39;";
        break;
      default:
        escaped += c;
    }
  }
  return escaped;
}

std::string script_escaped(std::string_view json) {
  std::string escaped;
  for (const char c : json) escaped += c == '<' ? std::string("\\u003c") : std::string(1, c);
  return escaped;
}

std::string base64(std::string_view bytes) {
  constexpr std::string_view kDigits =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string text;
  text.reserve((bytes.size() + 2) / 3 * 4);
  for (size_t i = 0; i < bytes.size(); i += 3) {
    uint32_t group = 0;
    for (size_t k = 0; k < 3; ++k) {
      group = group << 8 | (i + k < bytes.size() ? static_cast<uint8_t>(bytes[i + k]) : 0U);
    }
    for (size_t k = 0; k < 4; ++k) {
      const bool padding = i + k > bytes.size();
      text += padding ? '=' : kDigits[group >> (18 - 6 * k) & 63U];
    }
  }
  return text;
}

std::string html_page(std::string_view title, std::string_view body) {
  return "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
         "<meta name=\"viewport\" content=\"width=device-width\">\n<title>" +
         html_escaped(title) + "</title>\n<style>" + std::string(kStyle) +
         "</style>\n</head>\n<body>\n" + std::string(body) + "\n</body>\n</html>\n";
}

std::string bar_chart(const std::vector<std::pair<std::string, double>>& bars) {
  constexpr int kRow = 20;
  constexpr int kNames = 230;
  constexpr int kLongest = 300;
  double most = 0;
  for (const auto& [name, value] : bars) most = std::max(most, value);
  std::string svg = "<svg width=\"" + std::to_string(kNames + kLongest + 70) + "\" height=\"" +
                    std::to_string(kRow * static_cast<int>(bars.size())) +
                    "\" font-size=\"13\" role=\"img\">\n";
  int y = 0;
  for (const auto& [name, value] : bars) {
    const double length = most > 0 ? kLongest * value / most : 0;
    const std::string baseline = std::to_string(y + 14);
    svg += "<text x=\"" + std::to_string(kNames - 8) + "\" y=\"" + baseline +
           "\" text-anchor=\"end\">" + html_escaped(name) + "</text><rect x=\"" +
           std::to_string(kNames) + "\" y=\"" + std::to_string(y + 3) + "\" width=\"" +
           number(length) + "\" height=\"14\" fill=\"" + kBlue + "\"/><text x=\"" +
           number(kNames + length + 6) + "\" y=\"" + baseline + "\">" + number(value) + "</text>\n";
    y += kRow;
  }
  return svg + "</svg>\n";
}

std::string heat_map(const std::vector<double>& cells, int64_t rows, int64_t columns,
                     int64_t width) {
  if (rows < 1 || columns < 1 || static_cast<int64_t>(cells.size()) != rows * columns) {
    throw std::invalid_argument("heat_map: expected " + std::to_string(rows * columns) +
                                " values, got " + std::to_string(cells.size()));
  }
  const double most = *std::max_element(cells.begin(), cells.end());
  const double side = static_cast<double>(width) / static_cast<double>(columns);
  std::string svg = "<svg width=\"" + std::to_string(width) + "\" height=\"" +
                    number(side * static_cast<double>(rows)) +
                    "\" role=\"img\" style=\"border:1px solid #888\">\n";
  for (int64_t row = 0; row < rows; ++row) {
    for (int64_t column = 0; column < columns; ++column) {
      const double value = cells[static_cast<size_t>(row * columns + column)];
      if (value <= 0) continue;
      svg += "<rect x=\"" + number(side * static_cast<double>(column)) + "\" y=\"" +
             number(side * static_cast<double>(row)) + "\" width=\"" + number(side) +
             "\" height=\"" + number(side) + "\" fill=\"" + kBlue + "\" fill-opacity=\"" +
             number(value / most) + "\"/>\n";
    }
  }
  return svg + "</svg>\n";
}

std::string html_table(const std::vector<std::vector<std::string>>& rows) {
  std::string table = "<table>\n";
  for (size_t i = 0; i < rows.size(); ++i) {
    table += "<tr>";
    for (const std::string& cell : rows[i]) {
      const bool numeric =
          i > 0 && !cell.empty() && cell.find_first_not_of("0123456789.% ") == std::string::npos;
      const std::string open = i == 0 ? "<th>" : numeric ? "<td class=\"number\">" : "<td>";
      table += open + html_escaped(cell) + (i == 0 ? "</th>" : "</td>");
    }
    table += "</tr>\n";
  }
  return table + "</table>\n";
}

}  // namespace situ
