// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <nlohmann/json.hpp>

#include <filesystem>

namespace situ {

/// A YAML file as JSON: plain scalars become null, booleans and numbers as in YAML 1.2's core
/// schema, quoted ones stay strings. Anchors and aliases are followed up to a bound. Throws
/// FileError when it cannot be read, DataError with the line when it is malformed.
nlohmann::json load_yaml(const std::filesystem::path& path);

}  // namespace situ
