// SPDX-License-Identifier: Apache-2.0
#include "situ/models/stable_diffusion/denoising.h"

#include <ATen/ATen.h>

#include <stdexcept>
#include <string>

namespace situ {
namespace {

// Over all axes but the first, which is kept: [B, 1, 1, 1].
at::Tensor spread(const at::Tensor& x) {
  return x.std({1, 2, 3}, /*correction=*/1, /*keepdim=*/true);
}

at::Tensor network_input(const Scheduler& scheduler, const DenoisingTask& task,
                         const at::Tensor& latents, std::size_t step) {
  const at::Tensor copies = latents.repeat({task.guidance.copies(), 1, 1, 1});
  const at::Tensor scaled = scheduler.scaled_input(copies, step);
  return task.extra_channels.defined() ? at::cat({scaled, task.extra_channels}, 1) : scaled;
}

// Outside the mask: what is known, as noisy as the step after `step` expects it.
at::Tensor with_known_pixels(const Scheduler& scheduler, const KnownPixels& known,
                             const at::Tensor& latents, std::size_t step) {
  const bool last = step + 1 == scheduler.timesteps().size();
  const at::Tensor outside =
      last ? known.latents : scheduler.add_noise(known.latents, known.noise, step + 1);
  return (1 - known.mask) * outside + known.mask * latents;
}

// The same task with the prompt's condition alone.
DenoisingTask unguided(DenoisingTask task) {
  const Guidance guidance = task.guidance;
  const auto prompt_part = [&](at::Tensor& x) {
    if (x.defined()) x = x.chunk(guidance.copies())[guidance.prompt_copy()];
  };
  for (at::Tensor* part : {&task.condition.text, &task.condition.pooled_text,
                           &task.condition.time_ids, &task.extra_channels}) {
    prompt_part(*part);
  }
  task.guidance.kind = Guidance::Kind::kNone;
  return task;
}

// Deep features from the step that computes them to those that use them.
class SharedFeatures {
 public:
  explicit SharedFeatures(int64_t steps) : steps_(steps) {}

  // For the next step, of a batch of this size; nullptr where steps share nothing.
  DeepFeatures* next(int64_t batch) {
    if (steps_ == 1) return nullptr;
    const at::Tensor& features = features_.features;
    const bool other_batch = features.defined() && features.size(0) != batch;
    if (users_ == steps_ || other_batch) {
      features_ = {};
      users_ = 0;
    }
    ++users_;
    return &features_;
  }

 private:
  int64_t steps_;
  int64_t users_ = 0;
  DeepFeatures features_;
};

void check_shortcuts(const Shortcuts& shortcuts) {
  if (shortcuts.feature_steps < 1) {
    throw std::invalid_argument("steps that share features: expected 1 or more, got " +
                                std::to_string(shortcuts.feature_steps));
  }
  const auto [begin, end] = shortcuts.guidance_interval;
  if (!(begin >= 0 && begin <= end && end <= 1)) {
    throw std::invalid_argument("guidance interval: expected 0 <= begin <= end <= 1, got " +
                                std::to_string(begin) + " to " + std::to_string(end));
  }
}

}  // namespace

std::size_t Guidance::prompt_copy() const { return kind == Kind::kText ? 1 : 0; }

int64_t Guidance::copies() const {
  switch (kind) {
    case Kind::kNone:
      return 1;
    case Kind::kText:
      return 2;
    case Kind::kTextAndImage:
      return 3;
  }
  throw std::invalid_argument("Guidance: not a kind");
}

at::Tensor Guidance::combined(const at::Tensor& output) const {
  if (kind == Kind::kNone) return output;
  const std::vector<at::Tensor> part = output.chunk(copies());
  if (kind == Kind::kTextAndImage) {
    return part[2] + scale * (part[0] - part[1]) + image_scale * (part[1] - part[2]);
  }
  const at::Tensor guided = part[0] + scale * (part[1] - part[0]);
  if (rescale <= 0) return guided;
  const at::Tensor respread = guided * (spread(part[1]) / spread(guided));
  return rescale * respread + (1 - rescale) * guided;
}

at::Tensor denoise(UNet& unet, Scheduler& scheduler, const DenoisingTask& task, at::Tensor latents,
                   std::size_t first_step, at::Generator& generator,
                   const std::function<void(std::size_t)>& on_step) {
  check_shortcuts(task.shortcuts);
  const std::vector<double>& timesteps = scheduler.timesteps();
  const auto [begin, end] = task.shortcuts.guidance_interval;
  const auto total = static_cast<double>(timesteps.size() - first_step);
  const auto first_guided = first_step + static_cast<std::size_t>(begin * total);
  const auto last_guided = first_step + static_cast<std::size_t>(end * total);
  const DenoisingTask without_guidance = unguided(task);
  SharedFeatures features(task.shortcuts.feature_steps);
  for (std::size_t i = first_step; i < timesteps.size(); ++i) {
    const DenoisingTask& now = i >= first_guided && i < last_guided ? task : without_guidance;
    const at::Tensor input = network_input(scheduler, now, latents, i);
    if (input.size(1) != unet->config().in_channels) {
      throw std::invalid_argument(
          "denoise: expected " + std::to_string(unet->config().in_channels) +
          " channels for the network, got " + std::to_string(input.size(1)));
    }
    const at::Tensor time =
        at::full({input.size(0)}, timesteps[i], latents.options().dtype(at::kFloat));
    const at::Tensor output =
        now.guidance.combined(unet(input, time, now.condition, features.next(input.size(0))));
    latents = scheduler.step(output, i, latents, generator).to(latents.scalar_type());
    if (task.known) latents = with_known_pixels(scheduler, *task.known, latents, i);
    if (on_step) on_step(i + 1 - first_step);
  }
  return latents;
}

}  // namespace situ
