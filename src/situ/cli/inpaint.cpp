// SPDX-License-Identifier: Apache-2.0
#include <ATen/ATen.h>

#include <CLI/CLI.hpp>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>

#include "situ/backends/stable_diffusion_pipeline.h"
#include "situ/cli/command.h"
#include "situ/core/device.h"
#include "situ/core/logging.h"
#include "situ/core/progress.h"
#include "situ/core/tensor_check.h"
#include "situ/io/image_file.h"
#include "situ/io/npy.h"

namespace situ {
namespace {

struct InpaintArguments {
  std::filesystem::path model, image, mask, latents, output;
  InpaintingRun run;
  std::optional<int64_t> width, height;
  std::string device = "cpu";
  std::string dtype = "float32";
  int threads = 0;
};

// White paints; a mask with colours counts by its brightness, as Pillow's mode "L" has it.
at::Tensor mask_from(const std::filesystem::path& path) {
  const at::Tensor rgb = load_image(path).to(at::kInt);
  return (rgb[0] * 19595 + rgb[1] * 38470 + rgb[2] * 7471 + 0x8000)
      .bitwise_right_shift(16)
      .to(at::kByte);
}

void inpaint(InpaintArguments& arguments) {
  set_thread_count(arguments.threads);
  const at::Tensor image = load_image(arguments.image);
  const at::Tensor mask = mask_from(arguments.mask);
  if (!arguments.latents.empty()) arguments.run.latents = load_npy(arguments.latents);
  StableDiffusionPipeline pipeline(arguments.model, {.device = parse_device(arguments.device),
                                                     .dtype = parse_dtype(arguments.dtype)});
  Progress progress("step", static_cast<int64_t>(arguments.run.steps));
  arguments.run.on_step = [&](std::size_t done, std::size_t total) {
    progress.update(static_cast<int64_t>(done * arguments.run.steps / total));
  };
  const at::Tensor painted =
      pipeline.inpaint(image, mask, arguments.height.value_or(pipeline.native_size()),
                       arguments.width.value_or(pipeline.native_size()), arguments.run);
  save_png(arguments.output, painted);
}

}  // namespace

void add_inpaint_command(CLI::App& program, int& exit_code) {
  CLI::App* command = program.add_subcommand(
      "inpaint",
      "paint what a prompt says into the hole of an image, as diffusers' inpainting pipeline does");
  const auto arguments = std::make_shared<InpaintArguments>();
  command->add_option("--model", arguments->model, "diffusers folder of an inpainting model")
      ->required();
  command->add_option("--image", arguments->image, "PNG, JPEG or WebP")->required();
  command->add_option("--mask", arguments->mask, "image whose white pixels are painted")
      ->required();
  command->add_option("--prompt", arguments->run.prompt, "what to paint")->required();
  command->add_option("--negative-prompt", arguments->run.negative_prompt, "what not to paint");
  command->add_option("--steps", arguments->run.steps, "denoising steps")->capture_default_str();
  command->add_option("--guidance-scale", arguments->run.guidance_scale, "1 or less: no guidance")
      ->capture_default_str();
  command
      ->add_option("--scheduler", arguments->run.scheduler, "auto (the model's own), ddim or pndm")
      ->capture_default_str();
  command
      ->add_option("--strength", arguments->run.strength,
                   "share of the noise schedule that is run (0, 1]")
      ->capture_default_str();
  command->add_option("--seed", arguments->run.seed, "of all noise")->capture_default_str();
  command->add_option("--latents", arguments->latents,
                      "start from these instead of noise (.npy, [1, C, h, w])");
  command->add_option("--width", arguments->width,
                      "of the result [px]; the model's own size when not given");
  command->add_option("--height", arguments->height,
                      "of the result [px]; the model's own size when not given");
  command->add_option("--device", arguments->device, "cpu, cuda, cuda:N or auto")
      ->capture_default_str();
  command->add_option("--dtype", arguments->dtype, "float32, float16 or bfloat16")
      ->capture_default_str();
  command->add_option("--threads", arguments->threads, "0: one a core")->capture_default_str();
  command->add_option("--output", arguments->output, "PNG file to write")->required();
  command->callback([arguments, &exit_code] {
    inpaint(*arguments);
    exit_code = kDone;
  });
}

}  // namespace situ
