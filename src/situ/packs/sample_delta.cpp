// SPDX-License-Identifier: Apache-2.0
#include "situ/packs/sample_delta.h"

#include <ATen/ATen.h>

#include <stdexcept>
#include <vector>

#include "situ/core/errors.h"
#include "situ/generation/finished_dataset.h"
#include "situ/io/image_file.h"
#include "situ/io/sha256.h"
#include "situ/packs/picture_delta.h"

namespace situ {
namespace {

using Json = nlohmann::ordered_json;

constexpr const char* kBox = ".box";
constexpr const char* kDelta = ".delta";
constexpr int64_t kChannels = 3;

std::filesystem::path checked_file(const Json& file, const std::filesystem::path& root) {
  const std::filesystem::path path = path_in_record(root, file.at("path"));
  if (sha256_of_file(path) != file.at("sha256").get<std::string>()) {
    throw DataError(path.string(), "is another file than the one that the dataset was made from");
  }
  return path;
}

std::vector<int64_t> ids_left_out(const Json& labels) {
  std::vector<int64_t> ids = labels.at("ignored");
  for (const Json& one : labels.at("classes")) {
    if (one.at("ignored").get<bool>()) ids.push_back(one.at("id"));
  }
  return ids;
}

}  // namespace

SampleBase::SampleBase(const Json& record, const Json& labels, const std::filesystem::path& root) {
  const Json& source = record.at("source");
  image_ = load_image(checked_file(source.at("image"), root));
  if (source.at("labels").is_null()) return;
  const std::filesystem::path label_file = checked_file(source.at("labels"), root);
  try {
    labels_ = load_labels(label_file);
  } catch (const DataError&) {
    return;  // colors or JSON: what was made of them is stored whole
  }
  if (labels_.size(0) != height() || labels_.size(1) != width()) {
    throw DataError(label_file.string(), "has another size than its image");
  }
  ignored_ = at::zeros({height(), width()}, at::kByte);
  for (const int64_t id : ids_left_out(labels)) ignored_.masked_fill_(labels_ == id, 255);
}

at::Tensor SampleBase::of(const std::string& kind, const at::Tensor& like) const {
  const auto fits = [&](const at::Tensor& base) {
    return base.defined() && base.sizes() == like.sizes();
  };
  if (kind == "image" && fits(image_)) return image_;
  if (kind == "labels" && fits(labels_)) return labels_.to(like.scalar_type());
  if (kind == "anomaly" && fits(ignored_)) return ignored_.to(like.scalar_type());
  return at::zeros_like(like);
}

std::map<std::string, at::Tensor> sample_delta(const SampleBase& base,
                                               const SamplePictureMap& pictures) {
  std::map<std::string, at::Tensor> arrays;
  for (const auto& [kind, picture] : pictures) {
    const PictureDelta delta = picture_delta(base.of(kind, picture), picture);
    const Box& box = delta.box;
    arrays[kind + kBox] = at::tensor({box.x0, box.y0, box.x1, box.y1}, at::kLong);
    arrays[kind + kDelta] = delta.values;
  }
  return arrays;
}

SamplePictureMap apply_sample_delta(const SampleBase& base,
                                    const std::map<std::string, at::Tensor>& arrays,
                                    const std::string& file) {
  SamplePictureMap pictures;
  for (const auto& [name, values] : arrays) {
    if (!name.ends_with(kDelta)) continue;
    const std::string kind = name.substr(0, name.size() - std::string(kDelta).size());
    const auto box = arrays.find(kind + kBox);
    if (box == arrays.end() || box->second.sizes() != at::IntArrayRef{4} ||
        box->second.scalar_type() != at::kLong) {
      throw DataError(file, "expected an array " + kind + kBox + " of 4 int64");
    }
    if (values.dim() != 2 && (values.dim() != 3 || values.size(0) != kChannels)) {
      throw DataError(file, name + ": expected [h, w] or [3, h, w]");
    }
    const auto* const sides = box->second.const_data_ptr<int64_t>();
    std::vector<int64_t> shape = {base.height(), base.width()};
    if (values.dim() == 3) shape.insert(shape.begin(), values.size(0));
    const PictureDelta delta{.box = {sides[0], sides[1], sides[2], sides[3]}, .values = values};
    try {
      const at::Tensor like = at::empty(shape, values.scalar_type());
      pictures[kind] = apply_delta(base.of(kind, like), delta);
    } catch (const std::invalid_argument& error) {
      throw DataError(file, kind + ": " + error.what());
    }
  }
  return pictures;
}

}  // namespace situ
