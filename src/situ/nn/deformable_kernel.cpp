// SPDX-License-Identifier: Apache-2.0
#include "situ/nn/deformable_kernel.h"

#include "situ/nn/deformable_kernel_body.h"

namespace situ {

DeformableKernel baseline_deformable_kernel(DeformableElement element) {
  return element == DeformableElement::kFloat32 ? attend_deformably<Float32Element>
                                                : attend_deformably<BFloat16Element>;
}

#ifdef SITU_HAS_AVX512_KERNELS
extern const DeformableKernel kDeformableFloat32Avx512;
extern const DeformableKernel kDeformableBFloat16Avx512;

DeformableKernel deformable_kernel(DeformableElement element) {
  __builtin_cpu_init();
  static const bool wide =
      __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
      __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512dq") &&
      __builtin_cpu_supports("avx512bf16");  // all that the file is compiled for
  if (!wide) return baseline_deformable_kernel(element);
  return element == DeformableElement::kFloat32 ? kDeformableFloat32Avx512
                                                : kDeformableBFloat16Avx512;
}
#else
DeformableKernel deformable_kernel(DeformableElement element) {
  return baseline_deformable_kernel(element);
}
#endif

}  // namespace situ
