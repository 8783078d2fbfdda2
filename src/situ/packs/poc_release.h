// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "situ/packs/pack_dataset.h"

namespace situ {

// The format in which the original's datasets are released: for each image an .npz file with one
// array "img", uint8 [H, W, 3], the image less the one that it was made from, modulo 256; and the
// label as a whole PNG. Nothing in it says which file an image was made from but its name.

/// image, base: uint8 [3, H, W] of one size. Throws std::invalid_argument, FileError.
void save_poc_delta(const std::filesystem::path& file, const at::Tensor& image,
                    const at::Tensor& base);

/// Returns the image, uint8 [3, H, W]. Throws FileError, DataError for a file that is no such array
/// or has another size than the base (which NumPy might stretch).
at::Tensor load_poc_delta(const std::filesystem::path& file, const at::Tensor& base);

/// The image that one was made from, by its path below the set: what stands before the first
/// "_leftImg8bit_" or "_rgb_anon_", with that word, as .png or, where there is none, .jpg. Throws
/// DataError for a name without either, FileError where there is no such image.
std::filesystem::path poc_base_image(const std::filesystem::path& root, const std::string& path);

/// Where the label of an image may lie below the set, the place that readers of the original expect
/// first. (Its packing script puts ACDC's elsewhere.)
std::vector<std::string> poc_label_paths(const std::string& image_path);

/// Writes a finished generated dataset in that format. Throws as pack_dataset does, and DataError
/// for a dataset whose names do not say what images were made from: only Cityscapes', IDD's and
/// ACDC's do.
int64_t pack_poc_release(const std::filesystem::path& dataset, const std::filesystem::path& source,
                         const std::filesystem::path& output, const PackProgress& progress = {});

/// Makes the images of a release again, every .npz file below `pack`, each with its label. What
/// cannot be made is refused with the reason.
UnpackReport unpack_poc_release(const std::filesystem::path& pack,
                                const std::filesystem::path& source,
                                const std::filesystem::path& output,
                                const PackProgress& progress = {});

}  // namespace situ
