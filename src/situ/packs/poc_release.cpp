// SPDX-License-Identifier: Apache-2.0
#include "situ/packs/poc_release.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <stdexcept>

#include "situ/core/errors.h"
#include "situ/core/interrupt.h"
#include "situ/core/tensor_check.h"
#include "situ/generation/finished_dataset.h"
#include "situ/io/image_file.h"
#include "situ/io/npy.h"
#include "situ/io/output_folder.h"
#include "situ/packs/sample_delta.h"

namespace situ {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

constexpr const char* kArray = "img";
/// The last words of the names of Cityscapes', IDD's and ACDC's images.
constexpr const char* kBaseEndings[] = {"_leftImg8bit", "_rgb_anon"};

std::string with(std::string path, const std::string& from, const std::string& to) {
  // Whole folders only, the first one too.
  path.insert(0, "/");
  for (size_t at = path.find("/" + from + "/"); at != std::string::npos;
       at = path.find("/" + from + "/", at + to.size())) {
    path.replace(at + 1, from.size(), to);
  }
  return path.substr(1);
}

std::vector<std::string> delta_files(const fs::path& pack) {
  std::vector<std::string> files;
  std::error_code error;
  for (fs::recursive_directory_iterator at(pack, error), end; !error && at != end;
       at.increment(error)) {
    if (at->path().extension() == ".npz") files.push_back(fs::relative(at->path(), pack).string());
  }
  if (error) throw FileError("cannot list the folder " + pack.string() + ": " + error.message());
  if (files.empty()) throw DataError(pack.string(), "holds neither pack.json nor .npz files");
  std::sort(files.begin(), files.end());
  return files;
}

std::string first_existing(const fs::path& root, const std::vector<std::string>& files) {
  std::error_code ignored;
  for (const std::string& file : files) {
    if (fs::is_regular_file(root / file, ignored)) return file;
  }
  throw FileError("there is no label " + (root / files.front()).string());
}

void pack_one(const FinishedDataset& finished, const Json& record, const fs::path& source,
              const OutputFolder& output) {
  const std::string image = record.at("files").at("image").at("path");
  const std::string base = record.at("source").at("image").at("path");
  if (poc_base_image(source, image) != path_in_record(source, base)) {
    throw DataError(image, "its name says that it was made from another image than " + base);
  }
  const SampleBase checked(record, finished.description().at("identity").at("labels"), source);
  const at::Tensor made = load_image(path_in_record(finished.folder(), image));
  save_poc_delta(output.at(fs::path(image).replace_extension(".npz")), made,
                 checked.of("image", made));
  copy_file_to(path_in_record(finished.folder(), record.at("files").at("labels").at("path")),
               output.at(poc_label_paths(image).front()));
}

void unpack_one(const fs::path& pack, const std::string& delta, const fs::path& source,
                const OutputFolder& output) {
  const std::string image = fs::path(delta).replace_extension(".png").string();
  const std::vector<std::string> labels = poc_label_paths(image);
  const std::string label = first_existing(pack, labels);
  const at::Tensor base = load_image(poc_base_image(source, image));
  const at::Tensor made = load_poc_delta(pack / delta, base);
  copy_file_to(pack / label, output.at(labels.front()));
  save_png(output.at(image), made);
}

}  // namespace

void save_poc_delta(const fs::path& file, const at::Tensor& image, const at::Tensor& base) {
  check_image(image, "save_poc_delta: image");
  check_image(base, "save_poc_delta: base");
  if (image.sizes() != base.sizes()) {
    throw std::invalid_argument("save_poc_delta: expected images of one size, got " +
                                shape_text(image) + " and " + shape_text(base));
  }
  save_npz(file, {{kArray, (image - base).permute({1, 2, 0}).contiguous()}});
}

at::Tensor load_poc_delta(const fs::path& file, const at::Tensor& base) {
  check_image(base, "load_poc_delta: base");
  const auto arrays = load_npz(file);
  const auto delta = arrays.find(kArray);
  if (arrays.size() != 1 || delta == arrays.end() || delta->second.scalar_type() != at::kByte) {
    throw DataError(file.string(), "expected one array, \"img\" of uint8");
  }
  if (delta->second.sizes() != at::IntArrayRef({base.size(1), base.size(2), 3})) {
    throw DataError(file.string(), "expected [" + std::to_string(base.size(1)) + ", " +
                                       std::to_string(base.size(2)) + ", 3] as its base has, got " +
                                       shape_text(delta->second));
  }
  return (delta->second.permute({2, 0, 1}) + base).contiguous();
}

fs::path poc_base_image(const fs::path& root, const std::string& path) {
  for (const std::string ending : kBaseEndings) {
    const size_t at = path.find(ending + "_");
    if (at == std::string::npos) continue;
    const std::string stem = path.substr(0, at) + ending;
    std::error_code ignored;
    for (const char* const extension : {".png", ".jpg"}) {
      const fs::path image = path_in_record(root, stem + extension);
      if (fs::is_regular_file(image, ignored)) return image;
    }
    throw FileError("there is no image " + (root / stem).string() + ".png or .jpg");
  }
  throw DataError(path,
                  "its name does not say which image it was made from: expected "
                  "_leftImg8bit_ or _rgb_anon_ in it");
}

std::vector<std::string> poc_label_paths(const std::string& image_path) {
  if (with(image_path, "rgb_anon", "gt") == image_path) {
    return {with(image_path, "leftImg8bit", "gtFine")};
  }
  const std::string packed = with(image_path, "rgb_anon", "gt");
  return {with(packed, "rgb_anon_trainvaltest", "gt_trainval"), packed};
}

int64_t pack_poc_release(const fs::path& dataset, const fs::path& source, const fs::path& output,
                         const PackProgress& progress) {
  const FinishedDataset finished(dataset);
  const OutputFolder folder(output);
  const auto count = static_cast<int64_t>(finished.size());
  for (int64_t place = 0; place < count; ++place) {
    throw_if_interrupted();
    try {
      pack_one(finished, finished.record(static_cast<std::size_t>(place)), source, folder);
    } catch (const Json::exception& error) {  // a record without labels, or without what all have
      throw DataError(dataset.string(), error.what());
    }
    if (progress) progress(place + 1, count);
  }
  return count;
}

UnpackReport unpack_poc_release(const fs::path& pack, const fs::path& source,
                                const fs::path& output, const PackProgress& progress) {
  const std::vector<std::string> deltas = delta_files(pack);
  const OutputFolder folder(output);
  UnpackReport report;
  for (std::size_t place = 0; place < deltas.size(); ++place) {
    throw_if_interrupted();
    try {
      unpack_one(pack, deltas[place], source, folder);
      ++report.samples;
    } catch (const DataError& error) {
      report.refused.push_back(deltas[place] + ": " + error.what());
    } catch (const FileError& error) {
      report.refused.push_back(deltas[place] + ": " + error.what());
    }
    if (progress) progress(static_cast<int64_t>(place) + 1, static_cast<int64_t>(deltas.size()));
  }
  return report;
}

}  // namespace situ
