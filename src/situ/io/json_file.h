// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <nlohmann/json_fwd.hpp>
#include <string>

namespace situ {

/// Returns the content of a JSON file. Throws FileError when it cannot be read, DataError with the
/// byte at fault when it is not valid JSON, nests deeper than 500 or is larger than 1 GiB.
nlohmann::json load_json(const std::filesystem::path& path);
/// The same for text that is already read; `file` is what messages name.
nlohmann::json parse_json(const std::string& text, const std::string& file);

/// As load_json, for what Python's json module writes: the names NaN, Infinity and -Infinity, which
/// are no JSON, count as null.
nlohmann::json load_python_json(const std::filesystem::path& path);
nlohmann::json parse_python_json(std::string text, const std::string& file);

/// Writes JSON with an indent of 2 and a final newline, whole or not at all. Numbers that are not
/// finite become null, as JSON has none. Throws std::invalid_argument for text that is not UTF-8,
/// FileError when the file cannot be written.
void save_json(const std::filesystem::path& path, const nlohmann::ordered_json& value);

}  // namespace situ
