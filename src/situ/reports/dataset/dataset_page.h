// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

namespace situ {

/// One page about a generated dataset: counts, acceptance of each object, reasons of rejection,
/// where objects lie and how large they are, and a sheet of `pictures` samples spread over it. It
/// needs no other file. timings: of a SampleTimeWriter, for a list of the slowest samples; may be
/// empty. Throws FileError, DataError for a dataset that was changed, and std::invalid_argument for
/// one that is not finished.
std::string dataset_page(const std::filesystem::path& dataset, int64_t pictures,
                         const std::filesystem::path& timings = {});

}  // namespace situ
