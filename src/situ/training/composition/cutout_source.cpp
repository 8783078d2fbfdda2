// SPDX-License-Identifier: Apache-2.0
#include "situ/training/composition/cutout_source.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <map>
#include <set>
#include <stdexcept>

#include "situ/core/errors.h"
#include "situ/core/random.h"
#include "situ/core/tensor_check.h"
#include "situ/imaging/box.h"
#include "situ/imaging/resize.h"
#include "situ/io/image_file.h"
#include "situ/io/json_file.h"

namespace situ {
namespace {

namespace fs = std::filesystem;

constexpr int64_t kMinInstanceAreaPx = 2500;
constexpr double kMinShareOfBox = 0.3;
constexpr uint64_t kHeldOutShare = 8;  // one in so many
constexpr double kMaxBagShare = 0.9;   // some bag masks cover the whole picture

std::string number_text(double value) { return std::to_string(static_cast<int64_t>(value)); }

bool aspect_fits(const Box& box, const CutoutRecipe& recipe) {
  return !recipe.min_aspect ||
         static_cast<double>(box.height()) >= *recipe.min_aspect * box.width();
}

/// Mask to cut-out, when the object is whole (away from the frame), large enough and compact.
void add_masked(const at::Tensor& image, const at::Tensor& mask, const CutoutRecipe& recipe,
                const std::string& id, std::vector<Cutout>& cutouts) {
  const std::optional<Box> box = bounding_box(mask);
  if (!box || box->x0 <= 1 || box->y0 <= 1 || box->x1 >= mask.size(1) - 1 ||
      box->y1 >= mask.size(0) - 1) {
    return;
  }
  const int64_t area = mask.sum().item<int64_t>();
  if (area <= kMinInstanceAreaPx || area <= kMinShareOfBox * static_cast<double>(box->area()))
    return;
  if (!aspect_fits(*box, recipe)) return;
  const at::Tensor cutout = make_cutout(image, soft_alpha(mask));
  if (cutout.dim() == 3) cutouts.push_back({cutout, id, false});
}

void add_emoji(const fs::path& folder, const CutoutRecipe& recipe, std::vector<Cutout>& cutouts) {
  at::Tensor rgba = load_image_rgba(folder / "webp" / (recipe.source + ".webp"));
  const double width = static_cast<double>(rgba.size(2)),
               height = static_cast<double>(rgba.size(1));
  const auto& keep = recipe.keep;
  rgba = rgba.slice(2, std::llround(keep[0] * width), std::llround(keep[2] * width))
             .slice(1, std::llround(keep[1] * height), std::llround(keep[3] * height))
             .contiguous();
  if (rgba.numel() == 0) return;
  if (recipe.symmetric) rgba = at::cat({rgba, rgba.flip(2)}, 2);
  for (const double hue : recipe.hues_deg) {
    const at::Tensor coloured = recoloured(rgba, recipe.recolour, hue);
    const at::Tensor cutout =
        make_cutout(coloured.slice(0, 0, 3).contiguous(), coloured[3].contiguous());
    if (cutout.dim() == 3) {
      cutouts.push_back({cutout, "emoji/" + recipe.source + "@" + number_text(hue), true});
    }
  }
}

void add_photos(const fs::path& folder, const CutoutRecipe& recipe, std::vector<Cutout>& cutouts) {
  const bool horses = recipe.source == "weizmann_horses";
  const fs::path images = folder / recipe.source / (horses ? "rgb" : "images");
  std::vector<fs::path> files;
  std::error_code missing;
  for (fs::directory_iterator it(images, missing), end; it != end; it.increment(missing)) {
    if (it->path().extension() == ".jpg") files.push_back(it->path());
  }
  std::sort(files.begin(), files.end());
  for (const fs::path& file : files) {
    const fs::path mask_file =
        horses ? folder / recipe.source / "figure_ground" / file.filename()
               : folder / recipe.source / "masks" / file.filename().replace_extension(".png");
    if (!fs::exists(mask_file)) continue;
    const at::Tensor image = load_image(file);
    // The horses' masks are smaller than their photos.
    const at::Tensor mask =
        resize(load_image(mask_file), image.size(1), image.size(2), Interpolation::kBilinear)[0]
            .ge(128)
            .contiguous();
    if (static_cast<double>(mask.sum().item<int64_t>()) >
        kMaxBagShare * static_cast<double>(mask.numel())) {
      continue;
    }
    add_masked(image, mask, recipe, recipe.source + "/" + file.stem().string(), cutouts);
  }
}

/// The instances of the COCO panoptic annotations by category name.
class CocoInstances {
 public:
  explicit CocoInstances(fs::path folder) : folder_(std::move(folder)) {
    for (const std::string part : {"train2017", "val2017"}) {
      const fs::path file =
          folder_ / "panoptic_segmentation" / "annotations" / ("panoptic_" + part + ".json");
      if (fs::exists(file)) index(file, part);
    }
  }

  void add(const CutoutRecipe& recipe, std::vector<Cutout>& cutouts) const {
    const auto [first, last] = by_category_.equal_range(recipe.source);
    for (auto it = first; it != last; ++it) {
      const Instance& instance = it->second;
      const std::string id = instance.image.stem().string() + "/" + std::to_string(instance.id);
      if (!recipe.only.empty() &&
          std::find(recipe.only.begin(), recipe.only.end(), id) == recipe.only.end()) {
        continue;
      }
      const at::Tensor image = load_image(instance.image);
      const at::Tensor ids = load_image(instance.segments).to(at::kInt);
      if (ids.size(1) != image.size(1) || ids.size(2) != image.size(2)) {
        throw DataError(
            instance.segments.string(),
            "expected the size of the image " + shape_text(image) + ", got " + shape_text(ids));
      }
      const at::Tensor mask = (ids[0] + ids[1] * 256 + ids[2] * 65536).eq(instance.id).contiguous();
      add_masked(image, mask, recipe, "coco/" + id, cutouts);
    }
  }

 private:
  struct Instance {
    fs::path image;
    fs::path segments;
    int64_t id = 0;
  };

  void index(const fs::path& file, const std::string& part) {
    try {
      const nlohmann::json json = load_json(file);
      std::map<int64_t, std::string> categories;
      for (const auto& one : json.at("categories")) {
        categories[one.at("id").get<int64_t>()] = one.at("name").get<std::string>();
      }
      for (const auto& annotation : json.at("annotations")) {
        const std::string name =
            fs::path(annotation.at("file_name").get<std::string>()).filename().string();
        const fs::path segments = file.parent_path() / ("panoptic_" + part) / name;
        const fs::path image = folder_ / "images" / part / fs::path(name).replace_extension(".jpg");
        for (const auto& segment : annotation.at("segments_info")) {
          if (segment.at("iscrowd").get<int>() != 0 ||
              segment.at("area").get<int64_t>() <= kMinInstanceAreaPx) {
            continue;
          }
          by_category_.emplace(categories[segment.at("category_id").get<int64_t>()],
                               Instance{image, segments, segment.at("id").get<int64_t>()});
        }
      }
    } catch (const nlohmann::json::exception& error) {
      throw DataError(file.string(), error.what());
    }
  }

  fs::path folder_;
  std::multimap<std::string, Instance> by_category_;
};

bool held_out(const Cutout& cutout) { return derive_seed(0, cutout.id, 0, 0) % kHeldOutShare == 0; }

/// Rendered objects are too few to hold any out.
void keep_split(std::vector<Cutout>& cutouts, CutoutSplit split) {
  const auto photos =
      std::count_if(cutouts.begin(), cutouts.end(), [](const Cutout& c) { return !c.rendered; });
  if (photos < kMinPhotosToHoldOut) return;
  std::erase_if(cutouts, [&](const Cutout& cutout) {
    return !cutout.rendered && held_out(cutout) != (split == CutoutSplit::kHeldOut);
  });
}

}  // namespace

CutoutSource::CutoutSource(Vocabulary vocabulary, std::vector<std::vector<Cutout>> of_name)
    : vocabulary_(std::move(vocabulary)) {
  if (of_name.size() != vocabulary_.names.size()) {
    throw std::invalid_argument("CutoutSource: expected cut-outs for " +
                                std::to_string(vocabulary_.names.size()) + " names, got " +
                                std::to_string(of_name.size()));
  }
  for (std::size_t i = 0; i < of_name.size(); ++i) {
    if (of_name[i].empty()) {
      throw std::invalid_argument("CutoutSource: expected a cut-out of '" +
                                  vocabulary_.names[i].name + "', got none");
    }
    auto& rendered = rendered_.emplace_back();
    auto& photos = photos_.emplace_back();
    for (Cutout& cutout : of_name[i]) {
      check_shape(cutout.premultiplied, {"4", "H", "W"}, "CutoutSource: " + cutout.id);
      check_dtype(cutout.premultiplied, at::kByte, "CutoutSource: " + cutout.id);
      cutout.premultiplied = cutout.premultiplied.contiguous();
      (cutout.rendered ? rendered : photos).push_back(std::move(cutout));
    }
  }
}

CutoutSource CutoutSource::load(const fs::path& data_folder, const Vocabulary& vocabulary,
                                CutoutSplit split) {
  const CocoInstances coco(data_folder / "coco128_panoptic");
  std::vector<std::vector<Cutout>> of_name;
  for (const VocabularyName& name : vocabulary.names) {
    std::vector<Cutout> cutouts;
    for (const CutoutRecipe& recipe : name.sources) {
      switch (recipe.kind) {
        case CutoutKind::kEmoji:
          add_emoji(data_folder / "emoji_3d", recipe, cutouts);
          break;
        case CutoutKind::kCoco:
          coco.add(recipe, cutouts);
          break;
        case CutoutKind::kMaskedPhotos:
          add_photos(data_folder, recipe, cutouts);
          break;
      }
    }
    keep_split(cutouts, split);
    if (cutouts.empty()) throw DataError(data_folder.string(), "no cut-out of '" + name.name + "'");
    of_name.push_back(std::move(cutouts));
  }
  return CutoutSource(vocabulary, std::move(of_name));
}

const std::vector<Cutout>& CutoutSource::rendered(int64_t name) const {
  return rendered_.at(static_cast<std::size_t>(name));
}

const std::vector<Cutout>& CutoutSource::photos(int64_t name) const {
  return photos_.at(static_cast<std::size_t>(name));
}

}  // namespace situ
