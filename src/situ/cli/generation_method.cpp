// SPDX-License-Identifier: Apache-2.0
#include "situ/cli/generation_method.h"

#include <numeric>
#include <stdexcept>

#include "situ/backends/registry.h"
#include "situ/baselines/object_stitching.h"
#include "situ/baselines/text_to_image_pasting.h"
#include "situ/cli/model_record.h"
#include "situ/generation/insertion_maker.h"

namespace situ {
namespace {

using Json = nlohmann::ordered_json;

// Where a model lies changes nothing.
Json without_folder(const ModelIdentity& model) {
  Json json = identity_to_json(model);
  json.erase("folder");
  return json;
}

class Inpainting : public GenerationMethod {
 public:
  Inpainting(Recipe& recipe, const Compute& compute, std::vector<std::string>& left_out)
      : identity_{{"inpainter", without_folder(identify_inpainter(recipe.models.inpainter))},
                  {"segmenter", without_folder(identify_segmenter(recipe.models.segmenter))}},
        inpainter_(make_inpainter(recipe.models.inpainter, compute)),
        segmenter_(make_segmenter(recipe.models.segmenter, compute, recipe.detection)),
        maker_(recipe, *inpainter_, *segmenter_) {
    left_out = drop_unknown_objects(recipe, *inpainter_, *segmenter_);
  }

  Json identity() const override { return identity_; }
  MadeSample make(const PlannedSample& planned, const SampleSource& source) override {
    return maker_.make(planned, source);
  }

 private:
  Json identity_;
  std::unique_ptr<Inpainter> inpainter_;
  std::unique_ptr<OpenVocabularySegmenter> segmenter_;
  InsertionMaker maker_;
};

class Stitching : public GenerationMethod {
 public:
  Stitching(const Recipe& recipe, const std::string& objects_root)
      : objects_(open_objects(recipe.method, objects_root)), stitcher_(recipe, objects_) {}

  Json identity() const override {
    std::vector<uint32_t> all(objects_.samples.size());
    std::iota(all.begin(), all.end(), 0U);
    return {{"objects_listing_sha256", listing_sha256(objects_, all)}};
  }
  MadeSample make(const PlannedSample& planned, const SampleSource& source) override {
    return stitcher_.make(planned, source);
  }

 private:
  static Dataset open_objects(const RecipeMethod& method, const std::string& root) {
    if (root.empty()) {
      throw std::invalid_argument("--objects-root: expected the folder of the dataset (" +
                                  method.objects + ") that objects are cut out of");
    }
    return open_dataset(method.objects, root, method.objects_split);
  }

  Dataset objects_;
  ObjectStitcher stitcher_;
};

class TextToImagePasting : public GenerationMethod {
 public:
  TextToImagePasting(const Recipe& recipe, const Compute& compute)
      : identity_{{"text_to_image",
                   without_folder(identify_text_to_image(recipe.models.text_to_image))},
                  {"segmenter", without_folder(identify_segmenter(recipe.models.segmenter))}},
        painter_(make_text_to_image(recipe.models.text_to_image, compute)),
        segmenter_(make_segmenter(recipe.models.segmenter, compute, recipe.detection)),
        paster_(recipe, *painter_, *segmenter_) {
    for (const RecipeObject& object : recipe.objects) {
      segmenter_->require_known(object.parts.front().find);
    }
  }

  Json identity() const override { return identity_; }
  MadeSample make(const PlannedSample& planned, const SampleSource& source) override {
    return paster_.make(planned, source);
  }

 private:
  Json identity_;
  std::unique_ptr<TextToImage> painter_;
  std::unique_ptr<OpenVocabularySegmenter> segmenter_;
  TextToImagePaster paster_;
};

}  // namespace

std::unique_ptr<GenerationMethod> load_generation_method(Recipe& recipe,
                                                         const std::string& objects_root,
                                                         const c10::Device& device,
                                                         std::vector<std::string>& left_out) {
  const Compute compute{device, parse_dtype(recipe.models.dtype)};
  switch (recipe.method.kind) {
    case MethodKind::kPoc:
      return std::make_unique<Inpainting>(recipe, compute, left_out);
    case MethodKind::kStitch:
      return std::make_unique<Stitching>(recipe, objects_root);
    case MethodKind::kTextToImageFull:
    case MethodKind::kTextToImageCrop:
      return std::make_unique<TextToImagePasting>(recipe, compute);
  }
  throw std::invalid_argument("load_generation_method: not a method");
}

}  // namespace situ
