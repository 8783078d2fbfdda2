// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <optional>

#include "situ/exports/export_sample.h"

namespace situ {

/// A finished generated dataset (docs/formats/generated_dataset.md) to export: its samples with an
/// object, in the manifest's order. source_root: of the dataset that it was made from; where it is
/// given, samples have their clean image. The files are read sample by sample. Throws FileError,
/// DataError for a manifest that is malformed or is not the one that dataset.json describes, and
/// std::invalid_argument for a dataset that is not finished. The hashes of its pictures are not
/// looked at: verify_dataset does that.
ExportSource open_generated_dataset(const std::filesystem::path& folder,
                                    const std::optional<std::filesystem::path>& source_root);

}  // namespace situ
