// SPDX-License-Identifier: Apache-2.0
#include <CLI/CLI.hpp>
#include <filesystem>
#include <memory>

#include "situ/cli/command.h"
#include "situ/cli/painting_options.h"
#include "situ/io/image_file.h"

namespace situ {
namespace {

struct EditArguments {
  PaintingOptions painting;
  SizeOptions size;
  std::filesystem::path image;
};

void edit(EditArguments& arguments) {
  const at::Tensor image = load_image(arguments.image);
  paint(arguments.painting, [&](StableDiffusionPipeline& pipeline, const DiffusionRun& run) {
    const auto [height, width] = whole_size(image, pipeline.factor());
    return pipeline.edit(image, arguments.size.height.value_or(height),
                         arguments.size.width.value_or(width), run);
  });
}

}  // namespace

void add_edit_command(CLI::App& program, int& exit_code) {
  CLI::App* command = program.add_subcommand(
      "edit", "change an image by an instruction, as diffusers' InstructPix2Pix pipeline does");
  const auto arguments = std::make_shared<EditArguments>();
  command->add_option("--image", arguments->image, "PNG, JPEG or WebP")->required();
  add_painting_options(*command, arguments->painting);
  command
      ->add_option("--image-guidance-scale", arguments->painting.run.image_guidance_scale,
                   "how strongly the image holds; below 1: no guidance")
      ->capture_default_str();
  add_size_options(*command, arguments->size, "the image's own, cut to whole latent pixels");
  command->callback([arguments, &exit_code] {
    edit(*arguments);
    exit_code = kDone;
  });
}

}  // namespace situ
