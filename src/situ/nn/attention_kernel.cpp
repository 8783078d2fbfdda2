// SPDX-License-Identifier: Apache-2.0
#include "situ/nn/attention_kernel.h"

namespace situ {

#ifdef SITU_HAS_AVX512_KERNELS
extern const AttentionKernel kAttentionFloat32Avx512;
extern const AttentionKernel kAttentionBFloat16Avx512;

const AttentionKernel* attention_kernel(AttentionElement element) {
  __builtin_cpu_init();
  static const bool wide = __builtin_cpu_supports("avx512f") &&
                           __builtin_cpu_supports("avx512bw") &&
                           __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512dq");
  static const bool half = wide && __builtin_cpu_supports("avx512bf16");
  if (element == AttentionElement::kFloat32) return wide ? &kAttentionFloat32Avx512 : nullptr;
  return half ? &kAttentionBFloat16Avx512 : nullptr;
}
#else
const AttentionKernel* attention_kernel(AttentionElement /*element*/) { return nullptr; }
#endif

}  // namespace situ
