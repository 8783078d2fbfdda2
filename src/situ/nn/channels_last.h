// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace torch::nn {
class Module;
}

namespace situ {

/// Stores the convolution weights of `module` channels-last, the layout in which the CPU's and
/// newer GPUs' convolutions are fastest. Values and keys stay as they are.
void use_channels_last(torch::nn::Module& module);

}  // namespace situ
