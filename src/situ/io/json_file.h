// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <nlohmann/json_fwd.hpp>

namespace situ {

/// Returns the content of a JSON file. Throws FileError when it cannot be read, DataError with the
/// byte at fault when it is not valid JSON, nests deeper than 500 or is larger than 1 GiB.
nlohmann::json load_json(const std::filesystem::path& path);

/// Writes JSON with an indent of 2 and a final newline, whole or not at all. Numbers that are not
/// finite become null, as JSON has none. Throws std::invalid_argument for text that is not UTF-8,
/// FileError when the file cannot be written.
void save_json(const std::filesystem::path& path, const nlohmann::ordered_json& value);

}  // namespace situ
