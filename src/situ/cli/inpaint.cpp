// SPDX-License-Identifier: Apache-2.0
#include <ATen/ATen.h>

#include <CLI/CLI.hpp>
#include <filesystem>
#include <memory>

#include "situ/cli/command.h"
#include "situ/cli/painting_options.h"
#include "situ/io/image_file.h"

namespace situ {
namespace {

struct InpaintArguments {
  PaintingOptions painting;
  SizeOptions size;
  std::filesystem::path image, mask;
};

// White paints; a mask with colours counts by its brightness, as Pillow's mode "L" has it.
at::Tensor mask_from(const std::filesystem::path& path) {
  const at::Tensor rgb = load_image(path).to(at::kInt);
  return (rgb[0] * 19595 + rgb[1] * 38470 + rgb[2] * 7471 + 0x8000)
      .bitwise_right_shift(16)
      .to(at::kByte);
}

void inpaint(InpaintArguments& arguments) {
  const at::Tensor image = load_image(arguments.image);
  const at::Tensor mask = mask_from(arguments.mask);
  paint(arguments.painting, [&](StableDiffusionPipeline& pipeline, const DiffusionRun& run) {
    const int64_t native = pipeline.native_size();
    return pipeline.inpaint(image, mask, arguments.size.height.value_or(native),
                            arguments.size.width.value_or(native), run);
  });
}

}  // namespace

void add_inpaint_command(CLI::App& program, int& exit_code) {
  CLI::App* command = program.add_subcommand(
      "inpaint",
      "paint what a prompt says into the hole of an image, as diffusers' inpainting pipelines do");
  const auto arguments = std::make_shared<InpaintArguments>();
  command->add_option("--image", arguments->image, "PNG, JPEG or WebP")->required();
  command->add_option("--mask", arguments->mask, "image whose white pixels are painted")
      ->required();
  add_painting_options(*command, arguments->painting);
  add_strength_option(*command, arguments->painting);
  add_size_options(*command, arguments->size, "the model's own size when not given");
  command->callback([arguments, &exit_code] {
    inpaint(*arguments);
    exit_code = kDone;
  });
}

}  // namespace situ
