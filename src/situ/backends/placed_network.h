// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "situ/backends/diffusion_model_files.h"
#include "situ/core/device.h"

namespace torch::nn {
class Module;
}

namespace situ {

/// Makes a network ready for inference: moved to `compute`, filled with the part's weights (which
/// are let go one by one, so that file pages do not add up), channels-last, without gradients.
/// Throws DataError naming file and tensor where the weights do not fit, or are not finite in the
/// network's dtype. in_float32: names of its parts that stay in float32 whatever `compute` says.
void load_placed(torch::nn::Module& network, ModelPart& part, const Compute& compute,
                 const std::vector<std::string>& in_float32 = {});

}  // namespace situ
