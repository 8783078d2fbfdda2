// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

namespace situ {

/// A page for a study with people (paper, appendix F): pairs of pictures of the same samples in two
/// generated datasets, left and right by lot, in random order; a key says which looks better, or
/// that it is unclear. It counts, gives the share of each with a 95 % interval (Wilson), and saves
/// the answers as CSV. It needs no other file and sends nothing anywhere. pairs: at most; they are
/// drawn with the seed among the samples that both have. Throws as dataset_page, and
/// std::invalid_argument where the two share no sample.
std::string pair_study_page(const std::filesystem::path& first, const std::filesystem::path& second,
                            int64_t pairs, uint64_t seed);

}  // namespace situ
