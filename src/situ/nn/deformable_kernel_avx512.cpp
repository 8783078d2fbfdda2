// SPDX-License-Identifier: Apache-2.0
// Compiled for AVX-512; nothing here may run before deformable_kernel() has asked the processor.
#include "situ/nn/deformable_kernel_body.h"

namespace situ {

extern const DeformableKernel kDeformableFloat32Avx512;
extern const DeformableKernel kDeformableBFloat16Avx512;
const DeformableKernel kDeformableFloat32Avx512 = attend_deformably<Float32Element>;
const DeformableKernel kDeformableBFloat16Avx512 = attend_deformably<BFloat16Element>;

}  // namespace situ
