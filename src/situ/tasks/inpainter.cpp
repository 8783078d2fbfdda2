// SPDX-License-Identifier: Apache-2.0
#include "situ/tasks/inpainter.h"

namespace situ {

void InpaintingOptions::validate() const {
  // Published noise schedules have 1000 steps.
  require_option(steps >= 1 && steps <= 1000, "steps", steps, "in [1, 1000]");
  require_option(guidance_scale >= 0 && guidance_scale <= 100, "guidance_scale", guidance_scale,
                 "in [0, 100]");
  require_option(strength > 0 && strength <= 1, "strength", strength, "in (0, 1]");
}

}  // namespace situ
