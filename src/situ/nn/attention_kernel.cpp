// SPDX-License-Identifier: Apache-2.0
#include "situ/nn/attention_kernel.h"

#include <sys/syscall.h>
#include <unistd.h>

namespace situ {

#ifdef SITU_HAS_AVX512_KERNELS
extern const AttentionKernel kAttentionFloat32Avx512;
extern const AttentionKernel kAttentionBFloat16Avx512;
#ifdef SITU_HAS_AMX_KERNELS
extern const AttentionKernel kAttentionBFloat16Amx;
#endif

namespace {

#ifdef SITU_HAS_AMX_KERNELS
// Linux saves a process's tiles only once it has asked for them (arch_prctl(2), since 5.16).
bool may_use_tiles() {
  constexpr int kRequestPermission = 0x1023;  // ARCH_REQ_XCOMP_PERM
  constexpr int kTileData = 18;               // XFEATURE_XTILEDATA
  return __builtin_cpu_supports("amx-tile") && __builtin_cpu_supports("amx-bf16") &&
         syscall(SYS_arch_prctl, kRequestPermission, kTileData) == 0;
}
#endif

std::vector<const AttentionKernel*> find_kernels(AttentionElement element) {
  __builtin_cpu_init();
  const bool wide = __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
                    __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512dq");
  if (!wide) return {};
  if (element == AttentionElement::kFloat32) return {&kAttentionFloat32Avx512};
  if (!__builtin_cpu_supports("avx512bf16")) return {};
#ifdef SITU_HAS_AMX_KERNELS
  if (may_use_tiles()) return {&kAttentionBFloat16Amx, &kAttentionBFloat16Avx512};
#endif
  return {&kAttentionBFloat16Avx512};
}

}  // namespace
#else
namespace {
std::vector<const AttentionKernel*> find_kernels(AttentionElement /*element*/) { return {}; }
}  // namespace
#endif

const std::vector<const AttentionKernel*>& attention_kernels(AttentionElement element) {
  static const std::vector<const AttentionKernel*> float32 =
      find_kernels(AttentionElement::kFloat32);
  static const std::vector<const AttentionKernel*> bfloat16 =
      find_kernels(AttentionElement::kBFloat16);
  return element == AttentionElement::kFloat32 ? float32 : bfloat16;
}

const AttentionKernel* attention_kernel(AttentionElement element) {
  const auto& kernels = attention_kernels(element);
  return kernels.empty() ? nullptr : kernels.front();
}

}  // namespace situ
