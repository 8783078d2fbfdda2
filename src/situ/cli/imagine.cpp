// SPDX-License-Identifier: Apache-2.0
#include <CLI/CLI.hpp>
#include <filesystem>
#include <memory>

#include "situ/cli/command.h"
#include "situ/cli/painting_options.h"
#include "situ/io/image_file.h"

namespace situ {
namespace {

struct ImagineArguments {
  PaintingOptions painting;
  SizeOptions size;
  std::filesystem::path image;
};

void imagine(ImagineArguments& arguments) {
  const SizeOptions& size = arguments.size;
  if (arguments.image.empty()) {
    paint(arguments.painting, [&](StableDiffusionPipeline& pipeline, const DiffusionRun& run) {
      const int64_t native = pipeline.native_size();
      return pipeline.imagine(size.height.value_or(native), size.width.value_or(native), run);
    });
    return;
  }
  const at::Tensor image = load_image(arguments.image);
  paint(arguments.painting, [&](StableDiffusionPipeline& pipeline, const DiffusionRun& run) {
    const auto [height, width] = whole_size(image, pipeline.factor());
    return pipeline.vary(image, size.height.value_or(height), size.width.value_or(width), run);
  });
}

}  // namespace

void add_imagine_command(CLI::App& program, int& exit_code) {
  CLI::App* command = program.add_subcommand(
      "imagine",
      "make a picture from a prompt, or from a prompt and an image (--image, --strength), as "
      "diffusers' text-to-image and image-to-image pipelines do");
  const auto arguments = std::make_shared<ImagineArguments>();
  CLI::Option* image = command->add_option("--image", arguments->image,
                                           "start from this picture: PNG, JPEG or WebP");
  add_painting_options(*command, arguments->painting);
  add_strength_option(*command, arguments->painting);
  command->get_option("--strength")->needs(image);
  add_size_options(*command, arguments->size, "the model's own size, or the image's");
  command->callback([arguments, strength = command->get_option("--strength"), &exit_code] {
    constexpr double kImageToImageStrength = 0.8;  // diffusers' default; 1 would forget the image
    const bool from_image = !arguments->image.empty();
    if (from_image && strength->empty()) arguments->painting.run.strength = kImageToImageStrength;
    imagine(*arguments);
    exit_code = kDone;
  });
}

}  // namespace situ
